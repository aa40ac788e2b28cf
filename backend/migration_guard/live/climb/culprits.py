"""The rows that made a step fail, as far as the database's words tell which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from ..rows.contents import Contents, Row, TableContents
from ..steps import Failure

_NUMBER = re.compile(r"'(-?\d+(?:\.\d+)?)'")
_ROWS = 2  # that are named; the others are counted
_COLUMNS = 4  # of a row that are shown
_LETTERS = 40  # of a value
_NAME = r'"?([^"\s.]+)"?'
# The words of PostgreSQL (src/backend/utils/errcodes.txt lists the kinds) and of SQLite (sqlite.org/rescode.html).
_NULLS = (
    re.compile(rf"column {_NAME} of relation {_NAME} contains null values"),
    re.compile(rf"null value in column {_NAME} of relation {_NAME} violates not-null"),
)
_NULLS_SQLITE = re.compile(r"NOT NULL constraint failed: (?:_alembic_tmp_)?([^.]+)\.(.+)")
_TWICE_SQLITE = re.compile(r"UNIQUE constraint failed: (.+)")
_KEY = re.compile(r"Key \((.+?)\)=\((.*)\) (is duplicated|already exists|is not present)")
_VALUE = re.compile(r'invalid (?:input syntax for|input value for)[^:]*: "(.*)"')
_LONG = re.compile(r"value too long for type character(?: varying)?\((\d+)\)")
_TABLE = re.compile(
    rf"\b(?:ALTER\s+TABLE(?:\s+IF\s+EXISTS)?(?:\s+ONLY)?|INDEX\b.*?\bON(?:\s+ONLY)?|UPDATE|INTO)\s+(?:{_NAME}\.)?{_NAME}",
    re.IGNORECASE | re.DOTALL,
)
_COLUMN = re.compile(rf"\bALTER\s+(?:COLUMN\s+)?{_NAME}\s+(?:SET\s+DATA\s+)?TYPE\b", re.IGNORECASE)


def culprits(failure: Failure, before: Contents) -> tuple[str, ...]:
    """Words on the rows that stood in the way, such as `person (id 1, nickname NULL)`: the first two, and how many
    more. `before` is what the tables held when the step began. Empty where the error does not tell."""
    told = _told(failure)
    if told is None:
        return ()
    name, columns, guilty = told
    found = _table(name, before)
    if found is None:
        return ()
    full_name, table = found
    names = list(table.columns)
    missing = [column for column in columns if column not in names]
    if missing:  # this step made the column, so what it holds is not known from before
        return (f"all {table.count} of {full_name}",) if table.count else ()
    places = [names.index(column) for column in columns]
    picked = guilty([tuple(_bare(row[place]) for place in places) for row in table.rows])
    rows = [table.rows[number] for number in picked]
    shown = [f"{full_name} ({_shown(table, row, columns)})" for row in rows[:_ROWS]]
    return (*shown, *([f"{len(rows) - _ROWS} more"] if len(rows) > _ROWS else ()))


_Guilty = Callable[[Sequence[tuple[str | None, ...]]], list[int]]


def _told(failure: Failure) -> tuple[str, tuple[str, ...], _Guilty] | None:
    """The table, the columns to look at, and what picks the rows by their values there."""
    says, detail, statement = failure.says, failure.detail, failure.statement
    for pattern in _NULLS:
        if found := pattern.search(says):
            return found[2], (found[1],), _where(lambda values: values[0] is None)
    if found := _NULLS_SQLITE.search(says):
        return found[1], (found[2],), _where(lambda values: values[0] is None)
    if found := _TWICE_SQLITE.search(says):
        parts = [part.strip().removeprefix("_alembic_tmp_").partition(".") for part in found[1].split(",")]
        return parts[0][0], tuple(part[2] for part in parts), _twice
    table = _TABLE.search(statement)
    if table is None:
        return None
    if found := _KEY.search(detail):
        columns = tuple(part.strip().strip('"') for part in found[1].split(","))
        values = tuple(found[2].split(", "))
        return table[2], columns, _where(lambda row: row == values)
    column = _COLUMN.search(statement)
    if column is None:
        return None
    if found := _VALUE.search(says):
        value = found[1]
        return table[2], (column[1],), _where(lambda row: row[0] == value)
    if found := _LONG.search(says):
        most = int(found[1])
        return table[2], (column[1],), _where(lambda row: len(row[0] or "") > most)
    return None


def _where(guilty: Callable[[tuple[str | None, ...]], bool]) -> _Guilty:
    return lambda rows: [number for number, values in enumerate(rows) if guilty(values)]


def _twice(rows: Sequence[tuple[str | None, ...]]) -> list[int]:
    counts = Counter(rows)
    return [number for number, values in enumerate(rows) if counts[values] > 1 and None not in values]


def _table(name: str, before: Contents) -> tuple[str, TableContents] | None:
    return next(
        ((full, table) for full, table in before.tables.items() if full.rpartition(".")[2].lower() == name.lower()),
        None,
    )


def _shown(table: TableContents, row: Row, columns: Sequence[str]) -> str:
    """The key and the guilty columns first, then others as far as there is room."""
    names = list(table.columns)
    order = list(dict.fromkeys([*table.key, *columns, *names]))[: max(_COLUMNS, len(table.key) + len(columns))]
    parts = [f"{name} {_value(row[names.index(name)])}" for name in order if name in names]
    return ", ".join([*parts, *(["..."] if len(order) < len(names) else [])])


def _value(literal: str) -> str:
    number = _NUMBER.fullmatch(literal)  # PostgreSQL quotes numbers, too
    text = number[1] if number else " ".join(literal.split())
    return text if len(text) <= _LETTERS else f"{text[:_LETTERS]}..."


def _bare(literal: str) -> str | None:
    """The value of an SQL literal as text, None for NULL."""
    if literal == "NULL":
        return None
    return literal[1:-1].replace("''", "'") if literal[:1] == "'" and literal[-1:] == "'" else literal
