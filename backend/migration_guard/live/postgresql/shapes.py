"""What rows of PostgreSQL tables must satisfy, from one catalogue query."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..shapes import CheckShape, ColumnShape, ForeignKeyShape, TableShape, UniqueShape, parents_first
from .questions import in_one, query

if TYPE_CHECKING:
    from sqlalchemy import Connection

_UNION = "\n\nunion all\n\n"
_RARE = re.compile(r"-- only with (\w+)\n")
_WORD = re.compile(r'"((?:[^"]|"")+)"|\b([a-z_][\w$]*)', re.IGNORECASE)


@dataclass
class Table:
    """A table as the catalogues number its columns, which keys of other tables name by these numbers."""

    schema: str | None
    name: str
    insertable: bool
    columns: dict[int, ColumnShape] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    uniques: list[UniqueShape] = field(default_factory=list)
    foreign_keys: list[ForeignKeyShape] = field(default_factory=list)
    checks: list[CheckShape] = field(default_factory=list)

    @cached_property
    def full_name(self) -> str:
        """As shapes have it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def shape(self) -> TableShape:
        """What its rows must satisfy."""
        return TableShape(
            *(self.name, self.schema, tuple(self.columns.values()), self.primary_key),
            *(tuple(self.uniques), tuple(self.foreign_keys), tuple(self.checks), self.insertable),
        )

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
    return parents_first(table.shape for table in tables_of(connection).values())


def tables_of(connection: Connection) -> dict[int, Table]:
    """All of these tables, by object identifier."""
    rows = connection.exec_driver_sql(query("shapes"), execution_options={"no_parameters": True})
    return tables_in((part, owner, json.loads(told)) for part, owner, told in rows)


def as_document(shapes: str) -> str:
    """What the query asks of a few relations, with all rows in one JSON document."""
    return in_one(shapes, "part, owner")


def tables_in(rows: Iterable[Sequence[Any]], known: Mapping[int, Table] = MappingProxyType({})) -> dict[int, Table]:
    """The tables that the rows of the query tell of, their JSON read, by object identifier. A key whose parent is
    neither among them nor `known` is left out."""
    parts: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for part, owner, told in rows:
        parts.setdefault(part, []).append((int(owner), told))
    for found in parts.values():
        found.sort(key=lambda each: (each[1].get("number", 0), each[1].get("name") or ""))
    types = dict(parts.get("type", ()))
    tables = {
        oid: Table(None if row["schema"] == "public" else row["schema"], row["name"], row["insertable"])
        for oid, row in parts.get("table", ())
    }
    for oid, row in parts.get("column", ()):
        table = tables[oid]
        table.columns[row["number"]] = _column(row, types, table.name)
        if row["type"] in types:
            table.checks += _domain_checks(row, types)
    for oid, row in parts.get("index", ()):
        _add_index(tables[oid], row)
    for oid, row in parts.get("constraint", ()):
        _add_constraint(tables[oid], tables.get(row["parent"]) or known.get(row["parent"]), row)
    for oid, row in parts.get("bounds", ()):
        text = row["text"]
        tables[oid].checks.append(CheckShape("the partitions' bounds", text, tables[oid].named_in(text)))
    return tables


@cache
def restricted(name: str, kinds: frozenset[str] = frozenset()) -> str:
    """A query of this folder, less what it asks of no relation, and of kinds of objects that are rare and not among
    these. It is given relations, and types besides those of their columns, and sees no others, nor any function."""
    parts = [part for part in query(name).split(_UNION) if not part.startswith("-- of no relation")]
    asked = [part for part in parts if (rare := _RARE.match(part)) is None or rare[1] in kinds]
    return _UNION.join(asked).replace("with ", query(f"only_{name}"), 1)


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


def _add_index(table: Table, row: dict[str, Any]) -> None:
    columns = table.names(row["columns"])
    if row["primary"]:
        table.primary_key = columns
    else:
        expressions = table.named_in(row["expressions"]) if row["expressions"] else ()
        table.uniques.append(UniqueShape(row["name"], (*columns, *expressions), row["where"]))


def _add_constraint(table: Table, parent: Table | None, row: dict[str, Any]) -> None:
    columns = table.names(row["columns"] or [])
    if row["text"] is not None:
        table.checks.append(CheckShape(row["name"], row["text"], columns))
    elif parent is not None:
        named = parent.names(row["parent_columns"])
        table.foreign_keys.append(ForeignKeyShape(row["name"], columns, parent.full_name, named, row["deferrable"]))
