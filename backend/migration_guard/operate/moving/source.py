"""The SQLite file as of one moment, read on one connection or on several."""

from __future__ import annotations

import sqlite3
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from ...errors import CannotFinish
from ...live.row_sql import identifier
from ...live.shapes import ColumnShape, TableShape
from .columns import Column, Table
from .parsing import Parser

TRIES = 100  # to open connections that see the same moment


class Source:
    """A SQLite file that is read as of the moment when it was opened."""

    def __init__(self, connection: sqlite3.Connection, parser: Parser) -> None:
        self.connection = connection
        self.parser = parser
        (encoding,) = connection.execute("PRAGMA encoding").fetchone()
        self.spells = encoding == "UTF-8"  # else what SQLite makes of text is not what COPY reads

    def execute(self, *words: str) -> sqlite3.Cursor:
        """Run the words as one statement."""
        return self.connection.execute(" ".join(words))

    def names(self) -> dict[str, str]:
        """The tables with the statements that made them, less SQLite's own."""
        return {name: sql or "" for name, sql in self.connection.execute(_NAMES)}

    def columns(self, table: str) -> list[str]:
        """The names of a table's columns."""
        return [str(row[1]) for row in self.execute(f"PRAGMA table_xinfo({identifier(table)})")]

    def rowid(self, table: str, columns: Sequence[str]) -> str | None:
        """A name for the row number that no column has; None for a table without row numbers."""
        taken = {column.lower() for column in columns}
        for name in ("rowid", "_rowid_", "oid"):
            if name not in taken:
                try:
                    self.execute("SELECT", name, "FROM", identifier(table), "LIMIT 1")
                except sqlite3.OperationalError:
                    return None
                return name
        return None

    def table(self, shape: TableShape, columns: Sequence[ColumnShape]) -> Table:
        """A table with the forms of its columns."""
        made = Table(shape, [Column.of(each, spells=self.spells) for each in columns])
        made.rowid = self.rowid(shape.name, self.columns(shape.name))
        return made

    def values(self, table: Table, names: Sequence[str], where: str = "") -> Iterator[tuple[Any, ...]]:
        """The rows' values as Python has them; text that is no UTF-8 with surrogates."""
        cursor = self.execute(
            "SELECT", ", ".join(map(identifier, names)), "FROM", identifier(table.shape.name), where, in_order(table)
        )
        while rows := cursor.fetchmany(500):
            yield from rows


@contextmanager
def opened(file: Path, connect: Callable[[], psycopg.Connection[Any]]) -> Iterator[Source]:
    """The file, in a transaction that sees it as of now. It must exist. `connect` is for values that only PostgreSQL
    can read."""
    with several(file, connect, 1) as (source,):
        yield source


@contextmanager
def several(file: Path, connect: Callable[[], psycopg.Connection[Any]], number: int) -> Iterator[list[Source]]:
    """So many sources that see the same moment. Raises CannotFinish where somebody writes without a pause."""
    with closing(connection(file)) as watching:
        for _ in range(TRIES):
            with ExitStack() as stack:
                before = data_version(watching)
                found = [stack.enter_context(_opened(file, connect)) for _ in range(number)]
                if number > 1 and data_version(watching) != before:
                    continue
                yield found
                return
    raise CannotFinish(f"{file.name} is written to all the time", "stop what writes there and run it again")


@contextmanager
def _opened(file: Path, connect: Callable[[], psycopg.Connection[Any]]) -> Iterator[Source]:
    with closing(connection(file)) as reading, closing(Parser(connect)) as parser:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield Source(reading, parser)


def connection(file: Path) -> sqlite3.Connection:
    """A connection that cannot write, for any thread; text that is no UTF-8 has surrogates."""
    address = f"file:{urllib.parse.quote(str(file.absolute()))}?mode=ro"
    made = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=30)
    made.text_factory = lambda value: value.decode("utf-8", "surrogateescape")
    return made


def data_version(watching: sqlite3.Connection) -> int:
    """A number that changes where another connection commits (sqlite.org/pragma.html#pragma_data_version)."""
    return int(watching.execute("PRAGMA data_version").fetchone()[0])


def in_order(table: Table) -> str:
    """Rows in the order of their numbers, or of their keys; that is how they lie."""
    if table.rowid:
        return f"ORDER BY {table.rowid}"
    return f"ORDER BY {', '.join(map(identifier, table.key))}"


_NAMES = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
)
