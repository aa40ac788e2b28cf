"""The SQLite file as of one moment, and its tables as text that COPY reads."""

from __future__ import annotations

import sqlite3
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CannotFinish
from ...live.row_sql import identifier
from ...live.shapes import ColumnShape, TableShape
from ..converting import CannotBe, converter
from .forms import NULL, Form, escape, escaped, form
from .parsing import Parser, Spelled
from .spelling import canonical, sent

_MOST = 8192  # rows read at a time, and
_BYTES = 1 << 19  # as many bytes
_LARGEST = 1 << 23  # or less than these, where a single row may have many


@dataclass
class Column:
    """A column of both sides. `ready`: all its values are what its form says, so SQLite can spell them."""

    shape: ColumnShape
    form: Form | None
    ready: bool = True

    @property
    def name(self) -> str:
        return self.shape.name

    def fast(self, *, as_kept: bool) -> bool:
        """Whether SQLite spells the column: to be sent, or as PostgreSQL keeps it."""
        return self.form is not None and self.ready and self.form.text != "" and (self.form.kept or not as_kept)

    def spelled(self, values: Sequence[Any], parser: Parser, *, as_kept: bool) -> list[Spelled]:
        """Values as text, or why they cannot go."""
        kind = self.shape.type
        if self.form is None:
            return parser.spelled(kind, values)
        convert = converter(kind, self.shape.labels)
        spell = (canonical if as_kept else sent)(kind, self.form.digits)
        found: list[Spelled] = []
        for value in values:
            try:
                found.append(None if value is None else spell(convert(value)))
            except CannotBe as reason:
                found.append(reason)
        return found


@dataclass
class Table:
    """A table of both sides, with the columns that are copied."""

    shape: TableShape
    columns: list[Column]
    rows: int = 0
    longest: int = 0  # at most as many characters or bytes has a row
    rowid: str | None = None  # a name of SQLite's row number that no column has taken
    digest: str = ""  # of its rows, in the order in which they are read, as PostgreSQL keeps them

    @property
    def name(self) -> str:
        return self.shape.full_name

    @property
    def mark(self) -> str:
        """Its contents, in few words."""
        return f"{self.rows} {self.digest}"

    @property
    def key(self) -> list[str]:
        """The columns by which a row is named to people."""
        names = [column.name for column in self.columns]
        return [name for name in self.shape.primary_key if name in names] or names[:1]


class Source:
    """A SQLite file that is read as of the moment when it was opened."""

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self.connection = connection
        self.file = file
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
        made = Table(shape, [Column(each, form(each), ready=self.spells) for each in columns])
        made.rowid = self.rowid(shape.name, self.columns(shape.name))
        return made

    def values(self, table: Table, names: Sequence[str], where: str = "") -> Iterator[tuple[Any, ...]]:
        """The rows' values as Python has them; text that is no UTF-8 with surrogates."""
        cursor = self.execute(
            "SELECT", ", ".join(map(identifier, names)), "FROM", identifier(table.shape.name), where, _order(table)
        )
        while rows := cursor.fetchmany(500):
            yield from rows

    def lines(
        self, table: Table, parser: Parser, *, as_kept: bool, of: Sequence[str] | None = None
    ) -> Iterator[tuple[int, bytes]]:
        """How many rows, and these as COPY's text format; `as_kept`: as PostgreSQL prints them later. All columns, or
        those named, in the order of the table."""
        columns = [column for column in table.columns if of is None or column.name in of]
        if table.rowid and columns and all(column.fast(as_kept=as_kept) for column in columns):
            return self._chunks(table, columns, table.rowid)
        return self._rows(table, columns, parser, as_kept=as_kept)

    def _chunks(self, table: Table, columns: Sequence[Column], rowid: str) -> Iterator[tuple[int, bytes]]:
        """Thousands of rows as one value of SQLite: it makes the whole text."""
        plain, safe = (_line(columns, escapes=escapes) for escapes in (False, True))
        expected = " + ".join(_backslashes(column) for column in columns)
        tabs, free = len(columns) - 1, any(column.form and column.form.free for column in columns)
        most = max(1, min(_MOST, _LARGEST // max(table.longest, 1)))
        number, last = min(256, most), -(1 << 63) - 1
        while True:
            what = (table, rowid, last, number)
            ends, rows, backslashes, text = self._chunk(*what, plain, expected)
            if not rows:
                return
            if free and not _is_clean(text, rows, tabs, backslashes):
                ends, rows, _, text = self._chunk(*what, safe, "0")
            yield rows, text + b"\n"
            last, number = ends, max(1, min(most, rows * _BYTES // (len(text) + 1)))

    def _chunk(
        self, table: Table, rowid: str, last: int, number: int, line: str, backslashes: str
    ) -> tuple[int, int, int, bytes]:
        after = f"WHERE {rowid} > {last}" if last >= -(1 << 63) else ""
        found = self.execute(
            "SELECT max(r), count(l), count(*), sum(b), CAST(group_concat(l, char(10)) AS BLOB)",
            f"FROM (SELECT {rowid} r, {backslashes} b, {line} l FROM {identifier(table.shape.name)}",
            f"{after} ORDER BY {rowid} LIMIT {number})",
        ).fetchone()
        ends, lines, rows, escapes, text = found
        if lines != rows:
            raise CannotFinish(f"a row of {table.name} cannot be read", "report it with this message")
        return ends, rows, escapes, text

    def _rows(
        self, table: Table, columns: Sequence[Column], parser: Parser, *, as_kept: bool
    ) -> Iterator[tuple[int, bytes]]:
        """Rows whose columns SQLite spells as far as it can; the others go through Python."""
        fast = [column for column in columns if column.fast(as_kept=as_kept)]
        slow = [column for column in columns if not column.fast(as_kept=as_kept)]
        order = [column.name for column in (*fast, *slow)]
        places = [order.index(column.name) for column in columns]
        shown = [f"CAST({_cell(column, escapes=True)} AS BLOB)" for column in fast]
        shown += [identifier(column.name) for column in slow]
        cursor = self.execute("SELECT", ", ".join(shown) or "1", "FROM", identifier(table.shape.name), _order(table))
        number = max(1, min(2000, _LARGEST // max(table.longest, 1)))
        while rows := cursor.fetchmany(number):
            if not columns:  # a table without columns that both have
                yield len(rows), b"\n" * len(rows)
                continue
            cells: list[Sequence[bytes]] = list(zip(*rows, strict=True))
            for place, column in enumerate(slow, len(fast)):
                cells[place] = _encoded(column, cells[place], parser, as_kept=as_kept)
            yield len(rows), b"\n".join(map(b"\t".join, zip(*(cells[place] for place in places), strict=True))) + b"\n"


@contextmanager
def opened(file: Path) -> Iterator[Source]:
    """The file, in a transaction that sees it as of now. It must exist."""
    with closing(connection(file)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield Source(reading, file)


def connection(file: Path) -> sqlite3.Connection:
    """A connection that cannot write, for any thread; text that is no UTF-8 has surrogates."""
    address = f"file:{urllib.parse.quote(str(file.absolute()))}?mode=ro"
    made = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=30)
    made.text_factory = lambda value: value.decode("utf-8", "surrogateescape")
    return made


def _order(table: Table) -> str:
    """Rows in the order of their numbers, or of their keys; that is how they lie."""
    if table.rowid:
        return f"ORDER BY {table.rowid}"
    return f"ORDER BY {', '.join(map(identifier, table.key))}"


def _cell(column: Column, *, escapes: bool) -> str:
    if column.form is None:
        raise ValueError(column.name)
    text = column.form.says("text", identifier(column.name))
    return f"coalesce({escaped(text) if escapes and column.form.free else text}, {NULL})"


def _line(columns: Sequence[Column], *, escapes: bool) -> str:
    return " || char(9) || ".join(_cell(column, escapes=escapes) for column in columns)


def _backslashes(column: Column) -> str:
    """How many backslashes the line has for a column when its text has none."""
    name = identifier(column.name)
    return f"CASE WHEN {name} IS NULL THEN 1 ELSE 2 END" if column.shape.type == "bytea" else f"({name} IS NULL)"


def _is_clean(text: bytes, rows: int, tabs: int, backslashes: int) -> bool:
    """Whether the text of so many rows holds nothing that had to be escaped."""
    return (
        text.count(b"\n") == rows - 1
        and text.count(b"\t") == rows * tabs
        and text.count(b"\\") == backslashes
        and not any(byte in text for byte in (b"\r", b"\b", b"\v", b"\f"))
    )


def _encoded(column: Column, values: Sequence[Any], parser: Parser, *, as_kept: bool) -> list[bytes]:
    found = []
    for text in column.spelled(values, parser, as_kept=as_kept):
        if isinstance(text, CannotBe):
            raise CannotFinish(f"a value of {column.name} cannot go: {text}", "db transfer --check names it")
        found.append(b"\\N" if text is None else escape(text).encode())
    return found


_NAMES = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
)
