"""What a dump of pg_dump's custom format says of itself, and what it holds, read without a server."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property

from ..errors import CannotFinish
from ..live import Server
from ..live import dialect as adapter_of
from ..live.postgresql.binaries import installs
from ..live.project.redirect import own_engine
from ..live.scratch.folder import Scratch
from .holding import Held

_COPY = re.compile(
    r"COPY (?P<schema>\"(?:[^\"]|\"\")+\"|[^\s.\"]+)\.(?P<table>\"(?:[^\"]|\"\")+\"|[^\s.\"]+) .*FROM stdin;"
)


class NoExtension(CannotFinish):
    """No PostgreSQL of this machine has what a database needs."""


class Contents:
    """The table of contents of a dump, as `pg_restore --list` prints it."""

    def __init__(self, listed: str) -> None:
        self._listed = listed

    @cached_property
    def server(self) -> int:
        """The major version of the server that the dump is of; 0 where it does not say."""
        return self._version("Dumped from database version")

    @cached_property
    def client(self) -> int:
        """The major version of the pg_dump that wrote it; 0 where it does not say."""
        return self._version("Dumped by pg_dump version")

    @cached_property
    def extensions(self) -> frozenset[str]:
        """The extensions that a server must have to take it."""
        return frozenset(re.findall(r" EXTENSION - (\S+)", self._listed))

    def _version(self, what: str) -> int:
        found = re.search(rf"{what}: (\d+)", self._listed)
        return int(found[1]) if found else 0


@contextmanager
def server_with(major: int, extensions: Collection[str]) -> Iterator[Server]:
    """A scratch server of a version, or the next newer one of this machine, that has these extensions. Raises
    NoExtension where none is here."""
    adapter = adapter_of("postgresql")
    majors = sorted({int(each.major) for each in installs() if int(each.major) >= major})
    for spec in [f"postgresql-{each}" for each in majors] or [f"postgresql>={major}"]:
        with Scratch() as scratch, adapter.servers(spec, scratch) as server:
            if not extensions or not (missing := set(extensions) - _available(server)):
                yield server
                return
    raise NoExtension(
        f"no PostgreSQL of this machine has the extension {', '.join(sorted(missing))}, which the database needs",
        f"install it: postgresql-contrib, or the package of its name for PostgreSQL {major or 'here'}",
    )


def _available(server: Server) -> set[str]:
    with own_engine(server.new_database()).connect() as connection:
        return set(connection.exec_driver_sql("SELECT name FROM pg_available_extensions").scalars())


def counted(lines: Iterable[str], version_table: str) -> Held:
    """What a dump holds, from the SQL that pg_restore makes of it: rows stand between COPY and `\\.`."""
    rows: dict[str, int] = {}
    revisions: list[str] = []
    at: str | None = None
    own = version_table if "." in version_table else f"public.{version_table}"
    for line in lines:
        if at is None:
            if line.startswith("COPY ") and (found := _COPY.match(line)):
                schema, table = (_plain(found[part]) for part in ("schema", "table"))
                at = f"{schema}.{table}"
                rows[at] = 0
        elif line.rstrip("\n") == "\\.":
            at = None
        else:
            rows[at] += 1
            if at == own:
                revisions.append(line.rstrip("\n"))
    rows.pop(own, None)
    return Held(tuple(sorted(revisions)), {name.removeprefix("public."): number for name, number in rows.items()})


def _plain(name: str) -> str:
    """A name without its quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
