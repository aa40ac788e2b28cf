"""The rows that squashed revisions leave in an empty database, and the statements that bring them there again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ..live import dialect as adapter_of
from ..live.row_sql import identifier, insert_statement
from ..live.rows.contents import Contents, contents
from ..live.shapes import TableShape
from .schema import pieces
from .spelling import text_literal
from .tables import Table
from .writing import INDENT, Line, call, execute

MOST = 200  # rows of a table that people would still read in a migration
_SEQUENCES = "SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL ORDER BY 1, 2"
Value = bool | int | str | None


@dataclass(frozen=True)
class Rows:
    """The rows of one database, and the last values of its sequences."""

    shapes: Mapping[str, TableShape]
    contents: Contents
    sequences: Mapping[str, int] = field(default_factory=dict)

    @property
    def filled(self) -> dict[str, int]:
        """How many rows each table has, of those with any."""
        return {name: each.count for name, each in sorted(self.contents.tables.items()) if each.count}


def rows_of(connection: Connection, version_table: str) -> Rows:
    """All rows but those of Alembic's own table."""
    shapes = [
        shape for shape in adapter_of(connection.dialect.name).shapes(connection) if shape.full_name != version_table
    ]
    sequences: dict[str, int] = {}
    if connection.dialect.name == "postgresql":
        for schema, name, value in connection.exec_driver_sql(_SEQUENCES):
            sequences[name if schema == "public" else f"{schema}.{name}"] = value
    return Rows({shape.full_name: shape for shape in shapes}, contents(connection, shapes), sequences)


def made_anew(first: Rows, second: Rows) -> set[tuple[str, str]]:
    """The columns whose values are other ones at each run, such as times and random keys, as (table, column)."""
    found = set()
    for name, one in first.contents.tables.items():
        other = second.contents.tables.get(name)
        if other is None or one.rows == other.rows:
            continue
        for at, column in enumerate(one.columns):
            if sorted(row[at] for row in one.rows) != sorted(row[at] for row in other.rows):
                found.add((name, column))
    return found


def refused(rows: Rows, anew: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The tables whose rows cannot be carried over, each with why, a sentence."""
    found = [
        (name, f"{name} is filled with {count:,} rows, more than anybody reads in a revision ({MOST})")
        for name, count in rows.filled.items()
        if count > MOST
    ]
    by_table: dict[str, list[str]] = {}
    for table, column in sorted(anew):
        shape = next(each for each in rows.shapes[table].columns if each.name == column)
        if not shape.has_default:
            by_table.setdefault(table, []).append(column)
    for table, columns in by_table.items():
        gets = "gets another value" if len(columns) == 1 else "get other values"
        found.append((table, f"{table}.{', '.join(columns)} {gets} at each run (a time, a random key)"))
    return found


def differing(wanted: Rows, got: Rows, anew: set[tuple[str, str]]) -> list[str]:
    """What the rows of two databases differ in, but for values that are made anew each time."""
    found = []
    for name in sorted(wanted.contents.tables.keys() | got.contents.tables.keys()):
        one, other = wanted.contents.tables.get(name), got.contents.tables.get(name)
        if one is None or other is None:
            continue  # the schema says so
        keep = [column for column in one.columns if column in other.columns and (name, column) not in anew]
        sides = [
            sorted(tuple(dict(zip(side.columns, row, strict=True))[column] for column in keep) for row in side.rows)
            for side in (one, other)
        ]
        if one.count != other.count or sides[0] != sides[1]:
            found.append(f"{name} has {other.count} rows and should have {one.count}, or other values in them")
    for name in sorted(wanted.sequences.keys() | got.sequences.keys()):
        values = wanted.sequences.get(name), got.sequences.get(name)
        if values[0] != values[1]:
            found.append(f"sequence {name} stands at {values[1]} and should stand at {values[0]}")
    return found


def lines_of(
    rows: Mapping[str, Rows], tables: Mapping[str, Table], anew: Mapping[str, set[tuple[str, str]]]
) -> dict[str, list[Line]]:
    """The statements that fill each table, by its name. `tables` have the types of the columns."""
    found: dict[str, list[Line]] = {}
    several = len(rows) > 1
    names = dict.fromkeys(name for each in rows.values() for name in each.filled)
    for name in names:
        simple = {dialect: _simple(each, name, anew[dialect]) for dialect, each in rows.items()}
        values = list(simple.values())
        if values[0] is not None and all(one == values[0] for one in values) and name in tables:
            found[name] = [Line(_bulk_insert(tables[name], values[0]))]
            continue
        found[name] = [
            Line(execute(_insert(each, name, anew[dialect])), dialect if several else None)
            for dialect, each in rows.items()
            if each.contents.tables.get(name) is not None and each.contents.tables[name].count
        ]
    return found


def sequence_lines(rows: Rows, *, several: bool) -> list[Line]:
    """The statements that set sequences to where the rows leave them."""
    dialect = "postgresql" if several else None
    return [
        Line(execute(f"SELECT setval('{'.'.join(map(_plain, name.split('.')))}', {value})"), dialect)
        for name, value in rows.sequences.items()
    ]


def _plain(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else identifier(name)


def _insert(rows: Rows, name: str, anew: set[tuple[str, str]]) -> str:
    statement = insert_statement(rows.shapes[name], _literals(rows, name, anew))
    head, _, values = statement.partition(" VALUES ")
    head = re.sub(r'"([a-z_][a-z0-9_]*)"', r"\1", head) if not _RESERVED.search(head) else head
    each = pieces(values)
    return f"{head} VALUES {values}" if len(each) == 1 else f"{head} VALUES\n    " + ",\n    ".join(each)


_RESERVED = re.compile(
    r'"(?:user|order|group|table|column|default|check|key|values|end|to|from|references|select|index|type)"'
)


def _literals(rows: Rows, name: str, anew: set[tuple[str, str]]) -> list[dict[str, str]]:
    table = rows.contents.tables[name]
    return [
        {column: value for column, value in zip(table.columns, row, strict=True) if (name, column) not in anew}
        for row in table.rows
    ]


def _simple(rows: Rows, name: str, anew: set[tuple[str, str]]) -> list[dict[str, Value]] | None:
    """The rows as Python values that every driver takes alike; None where there are others."""
    table = rows.contents.tables.get(name)
    if table is None:
        return None
    kinds = {column.name: (column.kind, column.type, column.identity) for column in rows.shapes[name].columns}
    found: list[dict[str, Value]] = []
    for row in _literals(rows, name, anew):
        values: dict[str, Value] = {}
        for column, literal in row.items():
            kind, declared, identity = kinds[column]
            value = _value(literal, kind, declared)
            if value is _UNKNOWN or identity:
                return None
            values[column] = value  # type: ignore[assignment]
        found.append(values)
    return found


_UNKNOWN = object()


def _value(literal: str, kind: str, declared: str) -> object:
    """A Python value of an SQL literal, for numbers, booleans and text; _UNKNOWN for others."""
    if literal == "NULL":
        return None
    text = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    if kind in ("bool", "boolean") or declared.upper() == "BOOLEAN":
        return {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}.get(text, _UNKNOWN)
    if kind in ("int2", "int4", "int8") or declared.upper() in ("INTEGER", "BIGINT", "SMALLINT"):
        return int(text) if re.fullmatch(r"-?\d+", text) else _UNKNOWN
    if kind in ("text", "varchar", "bpchar") and literal.startswith("'"):
        return text
    return _UNKNOWN


def _python(value: Value) -> str:
    return text_literal(value) if isinstance(value, str) else repr(value)


def _bulk_insert(table: Table, rows: Sequence[Mapping[str, Value]]) -> str:
    types = {column.name: column.types[0] for column in table.columns}
    columns = [call("sa.column", [text_literal(name), types[name]]) for name in rows[0]]
    schema = [f"schema={text_literal(table.schema)}"] if table.schema else []
    lines = ["op.bulk_insert(", f"{INDENT}sa.table("]
    lines += [f"{INDENT * 2}{part}," for part in (text_literal(table.name), *columns, *schema)]
    lines += [f"{INDENT}),", f"{INDENT}["]
    for row in rows:
        pairs = [f"{text_literal(name)}: {_python(value)}" for name, value in row.items()]
        line = f"{INDENT * 2}{{{', '.join(pairs)}}},"
        if len(line) + 8 <= 88:
            lines.append(line)
        else:
            lines += [f"{INDENT * 2}{{", *(f"{INDENT * 3}{pair}," for pair in pairs), f"{INDENT * 2}}},"]
    return "\n".join([*lines, f"{INDENT}],", ")"])
