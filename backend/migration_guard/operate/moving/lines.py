"""The rows of a table as text that COPY reads: SQLite makes thousands of them at a time, Python what SQLite cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...errors import CannotFinish
from ...live.row_sql import identifier
from .columns import Column, Table
from .forms import escape, escaped
from .source import Source, in_order

Lines = tuple[int, bytes, bytes]  # how many, as they are sent, and as PostgreSQL prints them later (comparing.py)

_MOST = 8192  # rows read at a time, and
_BYTES = 1 << 19  # as many bytes
LARGEST = 1 << 23  # or less than these, where a single row may have many


class Unclean(Exception):
    """Text holds one of the characters that stand for ends of cells and rows."""


def lines(source: Source, table: Table, of: Sequence[str] | None = None) -> Iterator[Lines]:
    """All rows, with all columns or those named, in the order of the table. Raises Unclean, and Refused."""
    columns = [column for column in table.columns if of is None or column.name in of]
    return _lines(source, table, columns, [column for column in columns if column.fast])


def sent_lines(source: Source, table: Table, of: Sequence[str] | None = None) -> Iterator[tuple[int, bytes]]:
    """The same as they are sent only, which takes less."""
    columns = [column for column in table.columns if of is None or column.name in of]
    found = _lines(source, table, columns, [column for column in columns if column.fast or column.raw])
    return ((rows, sent) for rows, sent, _ in found)


def _lines(source: Source, table: Table, columns: Sequence[Column], fast: Sequence[Column]) -> Iterator[Lines]:
    """`fast`: those that SQLite spells."""
    if table.rowid and columns and table.clean and len(fast) == len(columns):
        return _chunks(source, table, columns, table.rowid)
    return _rows(source, table, columns, fast)


def _chunks(source: Source, table: Table, columns: Sequence[Column], rowid: str) -> Iterator[Lines]:
    """Thousands of rows as one value of SQLite: it makes the whole text."""
    what = identifier(table.shape.name)
    most = max(1, min(_MOST, LARGEST // max(table.longest, 1)))
    number, last = min(256, most), -(1 << 63) - 1
    while True:
        after = f"WHERE {rowid} > {last}" if last >= -(1 << 63) else ""
        ends, found, rows, nulls, text = source.execute(
            f"SELECT max(r), count(l), count(*), sum(n), CAST(group_concat(l, {_ROW}) AS BLOB)",
            f"FROM (SELECT {rowid} r, {_nulls(columns)} n, {_line(columns)} l FROM {what}",
            f"{after} ORDER BY {rowid} LIMIT {number})",
        ).fetchone()
        if not rows:
            return
        if found != rows:
            raise CannotFinish(f"a row of {table.name} cannot be read", "report it with this message")
        yield rows, *_copied(text, rows, len(columns), nulls)
        last, number = ends, max(1, min(most, rows * _BYTES // (len(text) + 1)))


def _rows(source: Source, table: Table, columns: Sequence[Column], fast: Sequence[Column]) -> Iterator[Lines]:
    """Rows whose columns SQLite spells as far as it can; the others go through Python."""
    parts = _parts(columns, fast)
    null = b"\x1d" if table.clean else b"\0"  # neither is in a text
    shown = [
        f"CAST({_line(part, clean=table.clean)} AS BLOB)"
        if isinstance(part, list)
        else f"CAST({identifier(part.name)} AS BLOB)"
        if part.raw
        else identifier(part.name)
        for part in parts
    ]
    cursor = source.execute(
        "SELECT", ", ".join([_nulls(fast), *shown]), "FROM", identifier(table.shape.name), in_order(table)
    )
    number = max(1, min(2000, LARGEST // max(table.longest, 1)))
    while rows := cursor.fetchmany(number):
        if not columns:
            yield len(rows), b"\n" * len(rows), b"\n" * len(rows)
            continue
        counts, *found = zip(*rows, strict=True)
        sent: list[Sequence[bytes]] = []
        kept: list[Sequence[bytes]] = []
        nulls = sum(counts)
        for part, values in zip(parts, found, strict=True):
            if isinstance(part, Column):
                nulls += values.count(None)
                first, second = part.cells(values, source.parser, null)
                sent.append(first if table.clean else _escaped(first, null))
                kept.append(second if table.clean else _escaped(second, null))
            else:
                sent.append(values)
                kept.append(values)
        text, same = _joined(table, sent, len(columns), nulls)
        alike = all(column.alike for column in columns)
        yield len(rows), text, same if alike else _joined(table, kept, len(columns), nulls)[1]


def _parts(columns: Sequence[Column], fast: Sequence[Column]) -> list[Column | list[Column]]:
    """One column for Python, or neighbours that SQLite spells."""
    parts: list[Column | list[Column]] = []
    for column in columns:
        if column not in fast:
            parts.append(column)
        elif parts and isinstance(parts[-1], list):
            parts[-1].append(column)
        else:
            parts.append([column])
    return parts


def _escaped(cells: Sequence[bytes], null: bytes) -> list[bytes]:
    return [b"\\N" if cell == null else escape(cell) for cell in cells]


def _joined(table: Table, cells: Sequence[Sequence[bytes]], columns: int, nulls: int) -> tuple[bytes, bytes]:
    """Rows of cells as COPY has them, and as they are compared. Raises Unclean."""
    if table.clean:
        text = b"\x1e".join(map(b"\x1f".join, zip(*cells, strict=True)))
        return _copied(text, len(cells[0]), columns, nulls)
    text = b"\n".join(map(b"\t".join, zip(*cells, strict=True))) + b"\n"
    return text, text


def _copied(text: bytes, rows: int, columns: int, nulls: int) -> tuple[bytes, bytes]:
    """The text with ends of cells and rows, and what stands in it, as COPY has them; and the text with its last end.
    Raises Unclean."""
    if (text.count(b"\x1e"), text.count(b"\x1f"), text.count(b"\x1d")) != (rows - 1, rows * (columns - 1), nulls):
        raise Unclean
    return escape(text).translate(_ENDS).replace(b"\x1d", b"\\N") + b"\n", text + b"\x1e"


_NULL, _ROW, _CELL = "'\x1d'", "'\x1e'", "'\x1f'"  # characters that no text has, as a rule
_ENDS = bytes.maketrans(b"\x1e\x1f", b"\n\t")


def _line(columns: Sequence[Column], *, clean: bool = True) -> str:
    """An expression of SQLite for these columns of a row."""
    cells: list[Any] = []
    for column in columns:
        text = column.form.says("text", identifier(column.name)) if column.form else "NULL"
        cells.append(f"coalesce({text}, {_NULL})" if clean else f"coalesce({escaped(text)}, '\\N')")
    return f" || {_CELL if clean else 'char(9)'} || ".join(cells)


def _nulls(columns: Sequence[Column]) -> str:
    """An expression of SQLite: how many of these columns are NULL in a row."""
    return " + ".join(f"({identifier(column.name)} IS NULL)" for column in columns) or "0"
