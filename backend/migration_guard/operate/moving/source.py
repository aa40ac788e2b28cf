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
from .forms import Form, escape, escaped, form
from .parsing import Parser, Spelled
from .spelling import canonical, quick, sent

_MOST = 8192  # rows read at a time, and
_BYTES = 1 << 19  # as many bytes
_LARGEST = 1 << 23  # or less than these, where a single row may have many


class Refused(Exception):
    """A value that the column does not take, found late: whoever reads has to name the rows."""

    def __init__(self, column: Column) -> None:
        super().__init__(column.name)
        self.column = column


class Unclean(Exception):
    """Text holds one of the characters that stand for ends of cells and rows."""


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
        if self.form is None:
            return parser.spelled(self.shape.type, values)
        convert = converter(self.shape.type, self.shape.labels)
        spell = canonical(self.shape.type, self.form.digits) if as_kept else sent(self.form.digits)
        found: list[Spelled] = []
        for value in values:
            try:
                found.append(None if value is None else spell(convert(value)))
            except CannotBe as reason:  # noqa: PERF203 - each by itself
                found.append(reason)
        return found

    def cells(self, values: Sequence[Any], parser: Parser, *, as_kept: bool, null: bytes) -> list[bytes]:
        """Values as bytes. Raises Refused for one that cannot go."""
        if self.ready and (spell := quick(self.shape.type, self.form.digits if self.form else None, as_kept=as_kept)):
            try:
                return [null if value is None else spell(value) for value in values]
            except CannotBe:
                raise Refused(self) from None
        found = self.spelled(values, parser, as_kept=as_kept)
        if any(isinstance(text, CannotBe) for text in found):
            raise Refused(self)
        return [null if text is None else str(text).encode() for text in found]


@dataclass
class Table:
    """A table of both sides, with the columns that are copied."""

    shape: TableShape
    columns: list[Column]
    rows: int = 0
    longest: int = 0  # at most as many characters or bytes has a row
    rowid: str | None = None  # a name of SQLite's row number that no column has taken
    clean: bool = True  # no text holds a character that stands for the end of a cell or row
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
        if table.rowid and columns and all(column.fast(as_kept=as_kept) for column in columns) and table.clean:
            return self._chunks(table, columns, table.rowid, as_kept=as_kept)
        return self._rows(table, columns, parser, as_kept=as_kept)

    def _chunks(
        self, table: Table, columns: Sequence[Column], rowid: str, *, as_kept: bool
    ) -> Iterator[tuple[int, bytes]]:
        """Thousands of rows as one value of SQLite: it makes the whole text."""
        what = identifier(table.shape.name)
        most = max(1, min(_MOST, _LARGEST // max(table.longest, 1)))
        number, last = min(256, most), -(1 << 63) - 1
        while True:
            after = f"WHERE {rowid} > {last}" if last >= -(1 << 63) else ""
            ends, lines, rows, nulls, text = self.execute(
                f"SELECT max(r), count(l), count(*), sum(n), CAST(group_concat(l, {_ROW}) AS BLOB)",
                f"FROM (SELECT {rowid} r, {_nulls(columns)} n, {_line(columns, as_kept=as_kept)} l FROM {what}",
                f"{after} ORDER BY {rowid} LIMIT {number})",
            ).fetchone()
            if not rows:
                return
            if lines != rows:
                raise CannotFinish(f"a row of {table.name} cannot be read", "report it with this message")
            yield rows, _copied(text, rows, len(columns), nulls)
            last, number = ends, max(1, min(most, rows * _BYTES // (len(text) + 1)))

    def _rows(
        self, table: Table, columns: Sequence[Column], parser: Parser, *, as_kept: bool
    ) -> Iterator[tuple[int, bytes]]:
        """Rows whose columns SQLite spells as far as it can; the others go through Python."""
        parts: list[Column | list[Column]] = []  # one for Python, or neighbours that SQLite spells
        for column in columns:
            if not column.fast(as_kept=as_kept):
                parts.append(column)
            elif parts and isinstance(parts[-1], list):
                parts[-1].append(column)
            else:
                parts.append([column])
        fast = [column for column in columns if column.fast(as_kept=as_kept)]
        null = b"\x1d" if table.clean else b"\0"  # neither is in a text
        shown = [
            f"CAST({_line(part, as_kept=as_kept, clean=table.clean)} AS BLOB)"
            if isinstance(part, list)
            else identifier(part.name)
            for part in parts
        ]
        cursor = self.execute(
            "SELECT", ", ".join([_nulls(fast), *shown]), "FROM", identifier(table.shape.name), _order(table)
        )
        number = max(1, min(2000, _LARGEST // max(table.longest, 1)))
        while rows := cursor.fetchmany(number):
            if not columns:
                yield len(rows), b"\n" * len(rows)
                continue
            counts, *found = zip(*rows, strict=True)
            cells: list[Sequence[Any]] = list(found)
            nulls = sum(counts)
            for place, part in enumerate(parts):
                if isinstance(part, Column):
                    nulls += sum(value is None for value in cells[place])
                    made = part.cells(cells[place], parser, as_kept=as_kept, null=null)
                    cells[place] = made if table.clean else [b"\\N" if cell == null else escape(cell) for cell in made]
            if table.clean:
                text = b"\x1e".join(map(b"\x1f".join, zip(*cells, strict=True)))
                yield len(rows), _copied(text, len(rows), len(columns), nulls)
            else:
                yield len(rows), b"\n".join(map(b"\t".join, zip(*cells, strict=True))) + b"\n"


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


_NULL, _ROW, _CELL = (f"char({code})" for code in (0x1D, 0x1E, 0x1F))  # characters that no text has, as a rule
_ENDS = bytes.maketrans(b"\x1e\x1f", b"\n\t")


def _copied(text: bytes, rows: int, columns: int, nulls: int) -> bytes:
    """The text with ends of cells and rows, and what stands in it, as COPY has them. Raises Unclean."""
    if (text.count(b"\x1e"), text.count(b"\x1f"), text.count(b"\x1d")) != (rows - 1, rows * (columns - 1), nulls):
        raise Unclean
    return escape(text).translate(_ENDS).replace(b"\x1d", b"\\N") + b"\n"


def _line(columns: Sequence[Column], *, as_kept: bool, clean: bool = True) -> str:
    """An expression of SQLite for these columns of a row."""
    cells = []
    for column in columns:
        part = "sent" if column.form and column.form.sent and not as_kept else "text"
        text = column.form.says(part, identifier(column.name)) if column.form else "NULL"
        cells.append(f"coalesce({text}, {_NULL})" if clean else f"coalesce({escaped(text)}, '\\N')")
    return f" || {_CELL if clean else 'char(9)'} || ".join(cells)


def _nulls(columns: Sequence[Column]) -> str:
    """An expression of SQLite: how many of these columns are NULL in a row."""
    return " + ".join(f"({identifier(column.name)} IS NULL)" for column in columns) or "0"


_NAMES = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
)
