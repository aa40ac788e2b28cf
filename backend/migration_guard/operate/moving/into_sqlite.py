"""Values of PostgreSQL as SQLAlchemy's dialect for SQLite reads them, and what SQLite cannot hold."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from ...live.row_sql import identifier, table_name
from ...live.shapes import ColumnShape
from .columns import Table
from .loading import Moved, last_numbers
from .obstacles import MOST, Obstacle, named
from .session import Connection

_MOMENT = "to_char({x}, 'YYYY-MM-DD HH24:MI:SS.US')"  # sqlalchemy.dialects.sqlite.DATETIME
_FINITE = "NOT isfinite({x}) OR extract(year FROM {x}) NOT BETWEEN 1 AND 9999"
_MONTHS = (
    "NOT coalesce(extract(year FROM {x}) = 0 AND extract(month FROM {x}) = 0, false) OR NOT {since} BETWEEN "
    "'0001-01-01' AND '9999-12-31 23:59:59.999999'"
)
_NO_SPAN = "SQLite holds days and seconds, in which its months or its end are not counted"
_NO_TIME = "it is no time that SQLite's text form can say"


@dataclass(frozen=True)
class Back:
    """How a column goes back; `{x}` stands for it."""

    text: str  # an expression of PostgreSQL
    never: str | None = None  # a condition of PostgreSQL: SQLite cannot hold the value
    reason: str = ""
    number: bool = False  # text that becomes a number of SQLite


def back(column: ColumnShape, declared: str) -> Back:
    """The way of a column to one that SQLite has declared so."""
    kind, declared = re.sub(r"\(.*?\)", "", column.type), declared.upper()
    if column.array:
        if "JSON" in declared:
            return Back("array_to_json({x})::text", "array_lower({x}, 1) <> 1", "its first index is not 1")
        return Back("{x}::text", "true", f"it is an array, and SQLite's {declared or 'column'} holds none")
    if kind in ("timestamp with time zone", "timestamp without time zone"):
        text = _MOMENT.replace("{x}", "{x} AT TIME ZONE 'UTC'") if "with time" in kind else _MOMENT
        return Back(text, _FINITE, _NO_TIME)
    if kind == "date":
        return Back("{x}::text", _FINITE, _NO_TIME)
    if kind == "interval" and "DATE" in declared:
        since = "(timestamp 'epoch' + {x})"  # as SQLAlchemy keeps an Interval
        return Back(_MOMENT.replace("{x}", since), _MONTHS.replace("{since}", since), _NO_SPAN)
    if kind == "uuid":
        if "32" in declared:
            return Back("replace({x}::text, '-', '')")
        return Back("uuid_send({x})" if "BLOB" in declared or "BINARY" in declared else "{x}::text")
    if kind == "numeric" and not any(word in declared for word in ("CHAR", "TEXT", "CLOB")):
        return Back("{x}::text", number=True)
    return _OTHERS.get(kind, Back("CASE WHEN {x} IS NOT NULL THEN concat({x}) END"))


_OTHERS = {
    "boolean": Back("{x}::int"),
    **dict.fromkeys(("smallint", "integer", "bigint", "bytea", "text"), Back("{x}")),
    **dict.fromkeys(("real", "double precision"), Back("{x}::float8", "{x}::float8 = 'NaN'", "SQLite has no NaN")),
    "time without time zone": Back(
        "to_char({x}, 'HH24:MI:SS.US')", "{x} = '24:00'", "a day of SQLite ends before 24:00"
    ),
    **dict.fromkeys(("json", "jsonb", "character varying", "character"), Back("{x}::text")),
}


def number(text: str) -> int | float | None:
    """A decimal number as SQLite holds it; None where it would lose digits."""
    exact = Decimal(text)
    if exact.is_finite() and exact == exact.to_integral_value() and abs(exact) < 1 << 63:
        return int(exact)
    near = float(exact)
    return near if exact.is_finite() and Decimal(repr(near)) == exact else None


def obstacles(session: Connection, table: Table, ways: Sequence[Back]) -> Iterator[Obstacle]:
    """The rows that SQLite cannot hold, or not whole."""
    key = ", ".join(f"{identifier(name)}::text" for name in table.key)
    source = table_name(table.shape)
    for column, way in zip(table.columns, ways, strict=True):
        name = identifier(column.name)
        if way.never:
            never = way.never.replace("{x}", name)
            sql = f"SELECT {key} FROM {source} WHERE {name} IS NOT NULL AND ({never}) LIMIT {MOST}"
            for row in session.execute(sql.encode()).fetchall():
                yield Obstacle(table.name, named(table, row), column.name, way.reason)
        if way.number:
            sql = f"SELECT {key}, {name}::text FROM {source} WHERE {name} IS NOT NULL"
            with session.cursor("guard_numbers") as cursor:
                cursor.itersize = 2000
                cursor.execute(sql.encode())
                for row in islice((row for row in cursor if number(row[-1]) is None), MOST):
                    finite = Decimal(row[-1]).is_finite()
                    reason = "has more digits than a number of SQLite keeps" if finite else "is no number to SQLite"
                    yield Obstacle(table.name, named(table, row), column.name, f"{row[-1]} {reason}")


def fill(session: Connection, writing: sqlite3.Connection, table: Table, ways: Sequence[Back], moved: Moved) -> None:
    """Put a table's rows in the place of those that SQLite has, in the transaction that is open there."""
    name = identifier(table.shape.name)
    later = writing.execute(_MADE_LATER, (table.shape.name,)).fetchall()
    for kind, made, _ in later:
        writing.execute(f"DROP {kind} {identifier(made)}")
    writing.execute(f"DELETE FROM {name}")
    if table.columns:
        shown = [
            way.text.replace("{x}", identifier(column.name)) for column, way in zip(table.columns, ways, strict=True)
        ]
        names = ", ".join(identifier(column.name) for column in table.columns)
        insert = f"INSERT INTO {name} ({names}) VALUES ({', '.join('?' * len(shown))})"
        numbers = [place for place, way in enumerate(ways) if way.number]
        with session.cursor("guard_rows") as cursor:
            cursor.execute(f"SELECT {', '.join(shown)} FROM {table_name(table.shape)}".encode())
            while rows := cursor.fetchmany(2000):
                writing.executemany(insert, [_with_numbers(row, numbers) for row in rows] if numbers else rows)
                moved(len(rows))
    for _, _, sql in later:
        writing.execute(sql)


def _with_numbers(row: Sequence[Any], places: Sequence[int]) -> list[Any]:
    values = list(row)
    for place in places:
        if values[place] is not None:
            values[place] = number(values[place])
    return values


def numbers_kept(session: Connection, writing: sqlite3.Connection, tables: Sequence[Table]) -> None:
    """Where SQLite counts for itself (AUTOINCREMENT), go on behind what the sequence gave out."""
    if not writing.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        return
    given = last_numbers(session, tables)
    for table in tables:
        if number := given.get(table.name):
            sql = "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?"
            if not writing.execute(sql, (number, table.shape.name)).rowcount and _counts(writing, table):
                writing.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table.shape.name, number))


def _counts(writing: sqlite3.Connection, table: Table) -> bool:
    made = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    (sql,) = writing.execute(made, (table.shape.name,)).fetchone()
    return "AUTOINCREMENT" in sql.upper()


_MADE_LATER = (
    "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
)
