"""SQLite as a scratch database: files in the scratch folder, whatever file a URL names."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from ...errors import CannotFinish
from ..bounds import bound_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..schema import Snapshot
    from ..scratch.folder import Scratch
    from ..shapes import TableShape
    from ..sight import Reader


@dataclass
class SqliteServer:
    """A folder in which each scratch database is a file: an env.py may open several connections to it."""

    folder: Path
    label: str = f"SQLite {sqlite3.sqlite_version}"
    dialect: str = "sqlite"
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_database(self) -> str:
        """URL of a file that does not exist yet; SQLite makes it at the first write."""
        return f"sqlite:///{self.folder / f'database-{next(self._numbers)}.sqlite'}"


def spec_matches(spec: str) -> bool:
    """Whether this names SQLite: the word, the word with a bound (">=3.35"), or any URL of it."""
    bound = bound_of(spec)
    return spec == "sqlite" or bool(re.match(r"sqlite(\+\w+)?://", spec) or (bound and bound.name == "sqlite"))


@contextmanager
def servers(spec: str, scratch: Scratch) -> Iterator[SqliteServer]:
    """A server in the scratch folder. Only the dialect of a URL counts: the file that it names is never opened.

    Raises CannotFinish where a bound leaves out the one version there is: Python's.
    """
    if (bound := bound_of(spec)) and not bound.admits(sqlite3.sqlite_version):
        raise CannotFinish(
            f"no SQLite {bound} found: this Python has {sqlite3.sqlite_version}",
            "run the guard on a Python with another SQLite, or change `databases` under [tool.migration-guard]",
        )
    yield SqliteServer(Path(mkdtemp(prefix="sqlite-", dir=scratch.folder)))


def snapshot(connection: Connection) -> Snapshot:
    """The catalogue of the connected database."""
    from . import catalogue as sqlite_catalogue

    return sqlite_catalogue.snapshot(connection)


def reader(*, rows: bool = True) -> Reader:  # noqa: ARG001 - what tells of rows takes no time here
    """Reads such databases after each step."""
    from .reader import SqliteReader

    return SqliteReader()


def shapes(connection: Connection) -> tuple[TableShape, ...]:
    """The tables of the connected database, with what rows must satisfy."""
    from . import shapes as sqlite_shapes

    return sqlite_shapes.shapes(connection)


def sync_driver() -> str:
    """The drivername for any other engine."""
    return "sqlite"


def async_driver() -> str:
    """The drivername for an async engine."""
    return "sqlite+aiosqlite"
