"""What rows of PostgreSQL tables must satisfy, from one catalogue query."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from .postgresql_asked import query
from .shapes import CheckShape, ColumnShape, ForeignKeyShape, TableShape, UniqueShape, parents_first

if TYPE_CHECKING:
    from sqlalchemy import Connection

_UNION = "\n\nunion all\n\n"
_WORD = re.compile(r'"((?:[^"]|"")+)"|\b([a-z_][\w$]*)', re.IGNORECASE)


@dataclass
class _Table:
    schema: str | None
    name: str
    insertable: bool
    columns: dict[int, ColumnShape] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    uniques: list[UniqueShape] = field(default_factory=list)
    foreign_keys: list[ForeignKeyShape] = field(default_factory=list)
    checks: list[CheckShape] = field(default_factory=list)

    def names(self, numbers: list[int]) -> tuple[str, ...]:
        return tuple(self.columns[number].name for number in numbers if number in self.columns)

    def named_in(self, sql: str) -> tuple[str, ...]:
        """The columns that an expression names."""
        words = {quoted.replace('""', '"') or plain for quoted, plain in _WORD.findall(sql)}
        return tuple(column.name for column in self.columns.values() if column.name in words)


def shapes(connection: Connection) -> tuple[TableShape, ...]:
    """The tables that rows can be put into, parents before children where keys allow an order.

    A partition is filled through the table it is part of; foreign tables and what extensions own are left out.
    """
    return parents_first(shapes_of(connection))


def shapes_of(connection: Connection) -> list[TableShape]:
    """All of these tables."""
    return shapes_in(connection.exec_driver_sql(query("shapes"), execution_options={"no_parameters": True}))


def shapes_in(rows: Iterable[Any]) -> list[TableShape]:
    """The tables that the rows of the query tell of. A key whose parent is not among them is left out."""
    parts: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for part, owner, told in rows:
        parts.setdefault(part, []).append((int(owner), json.loads(told)))
    for found in parts.values():
        found.sort(key=lambda each: (each[1].get("number", 0), each[1].get("name") or ""))
    types = dict(parts.get("type", ()))
    tables = {
        oid: _Table(None if row["schema"] == "public" else row["schema"], row["name"], row["insertable"])
        for oid, row in parts.get("table", ())
    }
    for oid, row in parts.get("column", ()):
        table = tables[oid]
        table.columns[row["number"]] = _column(row, types, table.name)
        table.checks += _domain_checks(row, types)
    for oid, row in parts.get("index", ()):
        _add_index(tables[oid], row)
    for oid, row in parts.get("constraint", ()):
        _add_constraint(tables, oid, row)
    for oid, row in parts.get("bounds", ()):
        text = row["text"]
        tables[oid].checks.append(CheckShape("the partitions' bounds", text, tables[oid].named_in(text)))
    return [
        TableShape(
            *(table.name, table.schema, tuple(table.columns.values()), table.primary_key),
            *(tuple(table.uniques), tuple(table.foreign_keys), tuple(table.checks), table.insertable),
        )
        for table in tables.values()
    ]


@cache
def restricted(name: str) -> str:
    """A query of this folder, less what it asks of no relation. It is given relations, and types besides those of their
    columns, and sees no others, nor any function."""
    parts = (part for part in query(name).split(_UNION) if not part.startswith("-- of no relation"))
    return _UNION.join(parts).replace("with ", query("only"), 1)


def _column(row: dict[str, Any], types: dict[int, dict[str, Any]], table: str) -> ColumnShape:
    kind, modifier, of = row["kind"], row["modifier"], types.get(row["type"])
    nullable, has_default = row["nullable"], row["has_default"]
    while of is not None and of["class"] == "d":
        nullable, has_default = nullable and of["nullable"], has_default or of["has_default"]
        kind, modifier, of = of["base_kind"], of["base_modifier"], types.get(of["base"])
    array = kind.startswith("_") and (of is None or of["class"] == "b")
    if array:
        of = types.get(of["element"]) if of else None
        kind = of["kind"] if of else kind[1:]
    kind = {"d": "domain", "e": "enum", "c": "composite", "r": "range", "m": "multirange"}.get(
        of["class"] if of else "", kind
    )
    numeric = kind == "numeric" and modifier >= 4
    return ColumnShape(
        *(row["name"], row["shown"], kind, nullable, has_default),
        generated=row["generated"],
        identity=row["identity"],
        max_length=_length(kind, modifier),
        precision=(modifier - 4) >> 16 & 0xFFFF if numeric else None,
        # 11 bits with a sign since PostgreSQL 15, never negative before.
        scale=((modifier - 4 & 0x7FF) ^ 1024) - 1024 if numeric else None,
        labels=tuple(of["labels"] or ()) if of else (),
        array=array,
        fields=of["fields"] if of else 0,
        table=table,
    )


def _length(kind: str, modifier: int) -> int | None:
    if modifier < 0:
        return 1 if kind == "bit" else None
    if kind in ("varchar", "bpchar"):
        return modifier - 4
    return modifier if kind in ("bit", "varbit", "vector", "halfvec", "sparsevec") else None


def _domain_checks(row: dict[str, Any], types: dict[int, dict[str, Any]]) -> list[CheckShape]:
    """The checks of a column's domain, said of the column."""
    found, of = [], types.get(row["type"])
    quoted = '"' + row["name"].replace('"', '""') + '"'
    while of is not None and of["class"] == "d":
        for name, text in of["checks"] or ():
            found.append(CheckShape(name, re.sub(r"\bVALUE\b", lambda _: quoted, text), (row["name"],)))
        of = types.get(of["base"])
    return found


def _add_index(table: _Table, row: dict[str, Any]) -> None:
    columns = table.names(row["columns"])
    if row["primary"]:
        table.primary_key = columns
    else:
        expressions = table.named_in(row["expressions"]) if row["expressions"] else ()
        table.uniques.append(UniqueShape(row["name"], (*columns, *expressions), row["where"]))


def _add_constraint(tables: dict[int, _Table], oid: int, row: dict[str, Any]) -> None:
    table, columns = tables[oid], tables[oid].names(row["columns"] or [])
    if row["text"] is not None:
        table.checks.append(CheckShape(row["name"], row["text"], columns))
    elif row["parent"] in tables:
        parent = tables[row["parent"]]
        full_name = f"{parent.schema}.{parent.name}" if parent.schema else parent.name
        key = ForeignKeyShape(row["name"], columns, full_name, parent.names(row["parent_columns"]), row["deferrable"])
        table.foreign_keys.append(key)
