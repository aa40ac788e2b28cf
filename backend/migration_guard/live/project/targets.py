"""What a URL, a DSN or the arguments of a connection name: a SQLite file, or databases of PostgreSQL servers."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

Database = tuple[str, str, str]  # PostgreSQL: host, or folder of the socket; port; name

VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "service": "PGSERVICE",
}
ALIASES = {"database": "dbname"}


@dataclass(frozen=True)
class Targets:
    """What some URLs name, in every form in which a connection may name it."""

    files: frozenset[str]  # SQLite, real paths
    databases: frozenset[Database]  # each host by its name and by all its addresses
    addresses: frozenset[tuple[str, int] | str]  # what a socket connects to

    @classmethod
    def of(cls, urls: Iterable[str]) -> Targets:
        """The targets of URLs as SQLAlchemy writes them."""
        files: set[str] = set()
        databases: set[Database] = set()
        addresses: set[tuple[str, int] | str] = set()
        for url in urls:
            if url.startswith("sqlite"):
                file = sqlite_file(url.partition("://")[2][1:].partition("?")[0])
                files |= {file} if file else set()
                continue
            options = _options_of_url(url)
            host, port = options.get("host", "localhost"), options.get("port", "5432")
            hosts = {host}
            if host.startswith("/"):
                addresses.add(f"{host}/.s.PGSQL.{port}")
            else:
                hosts |= {str(found[4][0]) for found in socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)}
                addresses |= {(each, int(port)) for each in hosts}
            databases |= {(each, port, options.get("dbname", "")) for each in hosts}
        return cls(frozenset(files), frozenset(databases), frozenset(addresses))


def sqlite_file(name: str) -> str | None:
    """The real path of the file that SQLite would open for a name or `file:` URI; None for one in memory."""
    if name.startswith("file:"):
        parts = urlsplit(name)
        query = parse_qs(parts.query)
        if "memory" in query.get("mode", ()) or "memdb" in query.get("vfs", ()):
            return None
        name = unquote(parts.path)
    return None if name in ("", ":memory:") else os.path.realpath(name)


def postgresql_databases(dsn: str | None, given: Mapping[str, Any]) -> tuple[str, list[Database]]:
    """The user, and each database that a connection may come to, from DSN, keywords and PG* variables together.

    A service file may hold anything, so a database of a service has the service's name as its host.
    """
    options = {name: os.environ[variable] for name, variable in VARIABLES.items() if os.environ.get(variable)}
    options |= _options(dsn or "")
    options |= {ALIASES.get(name, name): str(value) for name, value in given.items() if value is not None}
    user = options.get("user", "")
    name = options.get("dbname") or user
    if "service" in options:
        return user, [(f"service={options['service']}", "", name)]
    hosts = [host for key in ("host", "hostaddr") for host in options.get(key, "").split(",") if host]
    ports = options.get("port", "5432").split(",")
    return user, [(host, ports[min(i, len(ports) - 1)], name) for i, host in enumerate(hosts or ["localhost"])]


def _options(dsn: str) -> dict[str, str]:
    """A libpq DSN, of either kind, by keyword."""
    if "://" in dsn:
        return _options_of_url(dsn)
    found = re.findall(r"(\w+)\s*=\s*(?:'((?:\\.|[^'\\])*)'|(\S*))", dsn)
    return {ALIASES.get(name, name): re.sub(r"\\(.)", r"\1", quoted or plain) for name, quoted, plain in found}


def _options_of_url(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    user, _, places = parts.netloc.rpartition("@")
    found = [
        cast("re.Match[str]", re.fullmatch(r"\[?(.*?)\]?(?::(\d*))?", place)) for place in places.split(",") if place
    ]
    options = {
        "user": unquote(user.partition(":")[0]),
        "host": ",".join(unquote(place[1]) for place in found),
        "port": ",".join(place[2] or "5432" for place in found),
        "dbname": unquote(parts.path[1:]),
    }
    given = {ALIASES.get(name, name): ",".join(values) for name, values in parse_qs(parts.query).items()}
    return {name: value for name, value in {**options, **given}.items() if value}
