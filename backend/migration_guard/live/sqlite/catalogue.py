"""What a SQLite database holds besides rows, from one pragma query and the text of its CREATE statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..schema import Key, Snapshot
from .tables import TableText, table_text
from .words import after_name, expression, index_parts

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import Connection

OBJECTS = """
select type, name, tbl_name, sql from main.sqlite_master
where sql is not null and name not like 'sqlite\\_%' escape '\\'"""
# `hidden` is 1 for a virtual table's hidden column, 2 and 3 for generated ones.
_COLUMNS = """
select m.name, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
from main.sqlite_master m join pragma_table_xinfo(m.name) x
where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\' order by m.name, x.cid"""
_COLUMNS_OF = """
select ?, name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?, 'main') order by cid"""
# Tables that virtual tables keep for themselves; SQLite lists them like any other.
_SHADOWS = ("content", "data", "idx", "docsize", "config", "segments", "segdir", "stat", "node", "parent", "rowid")


class Column(NamedTuple):
    """A column as the pragma shows it."""

    table: str
    name: str
    type: str
    not_null: int
    default: str | None
    key: int  # its place in the primary key, from 1; 0 outside
    hidden: int


class Master(NamedTuple):
    """A line of sqlite_master."""

    type: str
    name: str
    table: str
    sql: str


def objects(connection: Connection) -> list[Master]:
    """What the file holds, less SQLite's own tables and those behind virtual tables."""
    return list(map(Master._make, apart_from_shadows(connection.exec_driver_sql(OBJECTS).fetchall())))


def apart_from_shadows(lines: Sequence[Any]) -> list[Any]:
    """The lines of sqlite_master that are not behind virtual tables."""
    virtual = [name for _, name, _, sql, *_ in lines if sql.startswith("CREATE VIRTUAL TABLE")]
    shadows = {f"{name}_{part}" for name in virtual for part in _SHADOWS}
    return [each for each in lines if each[2] not in shadows] if shadows else [*lines]


def columns(connection: Connection) -> dict[str, list[Column]]:
    """The columns of every table, in order."""
    found: dict[str, list[Column]] = {}
    for row in connection.exec_driver_sql(_COLUMNS):
        column = Column(*row)
        found.setdefault(column.table, []).append(column)
    return found


def columns_of(raw: sqlite3.Connection, names: Iterable[str]) -> dict[str, list[Column]]:
    """The columns of these tables, in order."""
    return {name: list(map(Column._make, raw.execute(_COLUMNS_OF, (name, name)))) for name in names}


def snapshot(connection: Connection) -> Snapshot:
    """The catalogue of the connected database. Formatting, quoting and the order of columns leave no trace in it."""
    return Snapshot(described(objects(connection), columns(connection)))


def described(found_objects: Iterable[Master], columns_of: Mapping[str, list[Column]]) -> dict[Key, dict[str, str]]:
    """What these objects add to a snapshot; `columns_of` every table of the database, as keys point at others."""
    found: dict[Key, dict[str, str]] = {}
    spelled = {each.lower(): each for each in columns_of}
    for kind, name, named_table, sql in found_objects:
        # A trigger's table is noted as its CREATE TRIGGER spells it.
        table = spelled.get(named_table.lower(), named_table)
        if kind == "table":
            _add_table(found, name, table_text(sql), columns_of)
        elif kind == "index":
            unique, parts, where = index_parts(sql)
            definition = f"{parts} where {where}" if where else parts
            found[kind, name] = {"definition": definition, "table": table, **({"unique": "yes"} if unique else {})}
        elif kind == "trigger":
            found[kind, f"{table}.{name}"] = {"definition": after_name(sql, kind), "table": table}
        else:
            found[kind, name] = {"definition": after_name(sql, kind).removeprefix("as ")}
    return found


def _add_table(
    found: dict[Key, dict[str, str]], table: str, text: TableText, columns_of: Mapping[str, list[Column]]
) -> None:
    found["table", table] = dict.fromkeys(sorted(text.options), "yes")
    if text.virtual:
        found["table", table]["virtual"] = text.virtual
    own = columns_of.get(table, [])
    key = [column for column in own if column.key]
    for column in own:
        if column.hidden == 1:
            continue
        properties = {"type": shown_type(column.type), "nullable": "no" if never_null(column, key, text) else "yes"}
        if column.default is not None:
            properties["default"] = expression(column.default)
        if column.name in text.collations:
            properties["collation"] = text.collations[column.name]
        if column.name in text.on_null:
            properties["on null"] = text.on_null[column.name]
        if column.hidden:
            properties["generated"] = text.generated.get(column.name, "yes")
        found["column", f"{table}.{column.name}"] = {**properties, "table": table}
    for constraint in text.constraints:
        definition = constraint.text
        if constraint.kind == "foreign key":
            parent = ", ".join(parent_columns(constraint.parent, constraint.parent_columns, columns_of)).lower()
            own_names = ", ".join(constraint.columns).lower()
            definition = f"({own_names}) references {constraint.parent.lower()}({parent}){constraint.text}"
        what = definition if constraint.kind == "check" else ", ".join(constraint.columns)
        name = f"{table}.{constraint.name}" if constraint.name else f"{table}({what})"
        while (constraint.kind, name) in found and found[constraint.kind, name]["definition"] != definition:
            name += "'"
        found[constraint.kind, name] = {"definition": definition, "table": table}


def parent_columns(parent: str, named: tuple[str, ...], columns_of: Mapping[str, list[Column]]) -> tuple[str, ...]:
    """The columns that a foreign key points at: those it names, else the parent's primary key."""
    if named:
        return named
    of = next((found for table, found in columns_of.items() if table.lower() == parent.lower()), [])
    return tuple(column.name for column in sorted(of, key=lambda each: each.key) if column.key)


def never_null(column: Column, key: list[Column], text: TableText) -> bool:
    """Whether NULL cannot stand there. A primary key alone does not forbid it, but for the rowid and WITHOUT ROWID."""
    if column.not_null or not column.key:
        return bool(column.not_null)
    return "without rowid" in text.options or (len(key) == 1 and column.type.upper() == "INTEGER")


def shown_type(declared: str) -> str:
    """A declared type in one spelling: "NUMERIC(10, 2)"."""
    spelled = re.sub(r"\s*,\s*", ", ", re.sub(r"\s*([()])\s*", r"\1", " ".join(declared.upper().split())))
    # A table that Alembic rebuilds gets REAL for the others, which SQLAlchemy does not know; nothing else changes.
    return "REAL" if spelled in ("DOUBLE", "DOUBLE PRECISION") else spelled
