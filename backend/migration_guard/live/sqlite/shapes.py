"""What rows of SQLite tables must satisfy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..shapes import CheckShape, ColumnShape, ForeignKeyShape, TableShape, UniqueShape, parents_first
from .catalogue import Column, Master, columns, objects, parent_columns
from .tables import Constraint, table_text
from .words import columns_named, index_parts

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DECLARED = re.compile(r"([^()]*)(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?")
# What SQLAlchemy and people declare, by the first word that fits; then SQLite's own affinity rules decide.
_KINDS = (
    (("BOOL",), "bool"),
    (("DATETIME", "TIMESTAMP"), "timestamp"),
    (("DATE",), "date"),
    (("TIME",), "time"),
    (("JSON",), "json"),
    (("UUID", "GUID"), "uuid"),
    (("BIGINT", "INT8"), "int8"),
    (("SMALLINT", "TINYINT"), "int2"),
    (("INT",), "int4"),
    (("CHAR", "CLOB", "TEXT", "STRING"), "text"),
    (("BLOB", "BINARY", "BYTEA"), "bytea"),
    (("REAL", "FLOA", "DOUB"), "float8"),
)


def shapes(connection: Connection) -> tuple[TableShape, ...]:
    """The tables that rows can be put into, parents before children where keys allow an order."""
    return parents_first(shapes_of(objects(connection), columns(connection)))


def shapes_of(master: Sequence[Master], columns_of: Mapping[str, list[Column]]) -> list[TableShape]:
    """The shapes of the tables among these objects; `columns_of` every table there is, as keys point at others."""
    found = {}
    indexes: dict[str, list[UniqueShape]] = {}
    spelled = {name.lower(): name for name in columns_of}
    for each in master:
        if each.type == "index":
            unique, words, where = index_parts(each.sql)
            if unique:
                named = columns_named(words, [column.name for column in columns_of[spelled[each.table.lower()]]])
                indexes.setdefault(each.table.lower(), []).append(UniqueShape(each.name, named, where or None))
    for each in master:
        if each.type != "table" or (text := table_text(each.sql)).virtual:
            continue
        own = [column for column in columns_of[each.name] if column.hidden != 1]
        exact = {column.name.lower(): column.name for column in own}

        def spell(names: tuple[str, ...], exact: dict[str, str] = exact) -> tuple[str, ...]:
            return tuple(exact.get(name.lower(), name) for name in names)

        by_kind: dict[str, list[Constraint]] = {}
        for constraint in text.constraints:
            by_kind.setdefault(constraint.kind, []).append(constraint)
        key = sorted((column for column in own if column.key), key=lambda column: column.key)
        found[each.name] = TableShape(
            name=each.name,
            schema=None,
            columns=tuple(_column(column, each.name) for column in own),
            primary_key=tuple(column.name for column in key),
            uniques=(
                *(UniqueShape(c.name or c.text, spell(c.columns)) for c in by_kind.get("unique", ())),
                *indexes.get(each.name.lower(), ()),
            ),
            foreign_keys=tuple(
                ForeignKeyShape(
                    c.name or f"of {', '.join(c.columns)}",
                    spell(c.columns),
                    spelled.get(c.parent.lower(), c.parent),
                    parent_columns(c.parent, c.parent_columns, columns_of),
                    deferrable=True,  # PRAGMA defer_foreign_keys defers every key
                )
                for c in by_kind.get("foreign key", ())
            ),
            checks=tuple(CheckShape(c.name or c.text, c.text, spell(c.columns)) for c in by_kind.get("check", ())),
        )
    return list(found.values())


def _column(column: Column, table: str) -> ColumnShape:
    match = _DECLARED.match(column.type)
    words, first, second = match.groups() if match else (column.type, None, None)
    upper = words.strip().upper()
    kind = next((kind for fragments, kind in _KINDS if any(part in upper for part in fragments)), "numeric")
    length = int(first) if first else None
    if kind == "text" and "CHAR" in upper and length is not None:
        kind = "uuid" if upper == "CHAR" and length == 32 else "varchar"
    return ColumnShape(
        name=column.name,
        type=column.type,
        kind=kind if column.type else "text",
        nullable=not column.not_null and not (column.key and column.type.upper() == "INTEGER"),
        has_default=column.default is not None,
        generated=column.hidden in (2, 3),
        max_length=length if kind in ("varchar", "text", "uuid") else None,
        precision=length if kind == "numeric" else None,
        scale=int(second) if second else (0 if length and kind == "numeric" else None),
        table=table,
    )
