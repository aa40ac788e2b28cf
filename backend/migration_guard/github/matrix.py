"""The jobs of the reusable workflow: one for each database and each part of the history."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..errors import UsageError
from ..facts import DIALECTS, SCHEMES, dialect_named
from ..live.urls import hidden

EMBEDDED = ("16", "18")  # versions in the wheel that the extra `postgresql` installs; the others come as a container
SERVICE = "postgresql://postgres@localhost:5432/postgres"
_MOST = 256  # GitHub refuses a larger matrix
_NAMED = re.compile(rf"(?P<dialect>{'|'.join(DIALECTS)})(?:-(?P<major>\d{{1,2}}))?")
_URL = re.compile(rf"(?:{'|'.join(SCHEMES)})(?:\+\w+)?:.+")

Entry = dict[str, str]


def matrix(databases: Sequence[str], shards: int, *, compared: bool) -> list[Entry]:
    """The entries of the matrix. With `compared` one more has the schemas of both dialects side by side.

    Raises UsageError for a database that means nothing, and for more jobs than GitHub takes.
    """
    entries = [
        {
            "name": f"{_title(name)} {number}/{shards}" if shards > 1 else _title(name),
            "databases": _spec(name),
            "image": _image(name),
            "shard": f"{number}/{shards}" if shards > 1 else "",
            "since": "",
        }
        for name in dict.fromkeys(databases)
        for number in range(1, shards + 1)
    ]
    if compared and (pair := _pair(databases)):
        entries.append({
            "name": " and ".join(map(_title, pair)),
            "databases": ", ".join(map(_spec, pair)),
            "image": "".join(map(_image, pair)),
            "shard": "",
            "since": "heads",
        })  # fmt: skip
    if len(entries) > _MOST:
        raise UsageError(
            f"{len(databases)} databases in {shards} parts are {len(entries)} jobs, and GitHub takes {_MOST}",
            "give fewer shards",
        )
    return list(_numbered(entries))


def _numbered(entries: Sequence[Entry]) -> Iterator[Entry]:
    for number, entry in enumerate(entries, start=1):
        yield {**entry, "report": f"verify-{number}"}


def _pair(databases: Sequence[str]) -> list[str]:
    """A database of each dialect, without what stands for the newest of one."""
    found: dict[str, str] = {}
    for name in databases:
        found.setdefault(dialect_named(name), name)
    return list(found.values()) if len(found) > 1 else []


def _title(name: str) -> str:
    return hidden(name) if _URL.fullmatch(name) else name.replace("-", " ")


def _spec(name: str) -> str:
    """The database as `verify --database` takes it."""
    return SERVICE if _image(name) else name


def _image(name: str) -> str:
    """The image of a service container; empty for what needs none, and GitHub then starts none."""
    if _URL.fullmatch(name):
        return ""
    found = _NAMED.fullmatch(name)
    if found is None or (found["major"] and found["dialect"] == "sqlite"):
        raise UsageError(
            f"the input databases names {name!r}",
            f"name {', '.join(DIALECTS)}, a version as in postgresql-16, or the URL of a server",
        )
    major = found["major"]
    return f"postgres:{major}" if major and major not in EMBEDDED else ""
