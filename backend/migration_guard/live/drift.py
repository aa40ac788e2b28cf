"""The schema that the models describe against the one that the migrations built, table by table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Column, Connection, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import NullType

from .schema import Difference, Snapshot, differences, tables

# What models describe; triggers, views and functions are made by migrations alone.
_KINDS = {"table", "column", "primary key", "foreign key", "unique", "check", "exclusion", "index", "enum"}
_NAMELESS = {"primary key", "foreign key", "check"}  # nothing depends on what the database calls them
_DROPPED = ("view", "materialized view", "table", "sequence", "enum")  # in this order
_TYPES = {"column": "column", "index": "index", "unique": "unique_constraint", "foreign key": "foreign_key_constraint"}


def metadatas(options: dict[str, Any]) -> tuple[MetaData, ...]:
    """The `target_metadata` that env.py passes, always as a tuple, without those that hold no table."""
    given = options.get("target_metadata")
    every = (given,) if isinstance(given, MetaData) else tuple(given or ())
    return tuple(each for each in every if each.tables)


def rebuild(connection: Connection, migrated: Snapshot, models: Sequence[MetaData]) -> None:
    """Replace all tables of a migrated scratch database by those of the models.

    In the same database, as models may use extensions, functions and schemas that only migrations make.
    """
    quote = connection.dialect.identifier_preparer.quote
    postgresql = connection.dialect.name == "postgresql"
    if not postgresql:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    for kind in _DROPPED:
        for found, name in migrated.objects:
            if found == kind:
                what = "TYPE" if kind == "enum" else kind.upper()
                spelled = ".".join(quote(part) for part in name.split("."))
                connection.exec_driver_sql(f"DROP {what} IF EXISTS {spelled}{' CASCADE' if postgresql else ''}")
    for metadata in models:
        metadata.create_all(connection)
    connection.commit()


def disagreements(
    migrated: Snapshot, modelled: Snapshot, options: dict[str, Any], models: Sequence[MetaData]
) -> Iterator[tuple[str, tuple[Difference, ...]]]:
    """The tables on which both differ, in order, as far as env.py lets autogenerate look at them."""
    scope = _Scope(options, models, frozenset(tables(migrated)), frozenset(tables(modelled)))
    found = [
        each
        for each in differences(migrated, modelled)
        if each.kind in _KINDS and not (each.property == "name" and scope.is_nameless(each)) and scope.holds(each)
    ]
    found.sort(key=_table)
    for table, group in groupby(found, _table):
        yield table, tuple(group)


def _table(difference: Difference) -> str:
    return difference.table or difference.name


class _Scope:
    """What `include_schemas`, `include_name` and `include_object` of env.py leave to compare."""

    def __init__(
        self, options: dict[str, Any], models: Sequence[MetaData], migrated: frozenset[str], modelled: frozenset[str]
    ) -> None:
        self.include_name: Callable[..., bool] | None = options.get("include_name")
        self.include_object: Callable[..., bool] | None = options.get("include_object")
        self.include_schemas = bool(options.get("include_schemas"))
        self.models = {key: table for metadata in models for key, table in metadata.tables.items()}
        self.migrated = migrated
        self.modelled = modelled

    def holds(self, difference: Difference) -> bool:
        if difference.table is None:
            return True
        table = self._model(difference.table)
        if table is None and "." in difference.table and not self.include_schemas:
            return False
        return self._takes_table(difference.table, table) and self._takes_part(difference, table)

    def is_nameless(self, difference: Difference) -> bool:
        """Whether a constraint has its name from the database on one side, and on the other not against it."""
        if difference.kind in _NAMELESS:
            return True
        model = self._model(difference.table or "")
        if difference.kind != "unique" or model is None:
            return False
        named = {
            str(item.name): item
            for item in model.constraints
            if isinstance(item, UniqueConstraint) and isinstance(item.name, str)
        }
        if difference.after not in named:  # SQLite keeps none, PostgreSQL makes one up
            return True
        item = named[difference.after]
        if not isinstance(item.name, conv):
            return False
        made_up = "_".join((model.name, *(column.name for column in item.columns), "key"))
        return difference.before in ("", made_up)

    def _model(self, name: str) -> Table | None:
        if name in self.models:
            return self.models[name]
        return next((table for table in self.models.values() if table.name == name), None)

    def _takes_table(self, name: str, model: Table | None) -> bool:
        if name in self.migrated and not self._takes_name(name, "table", {"schema_name": _schema(name)}):
            return False
        stub = _stub(name) if name in self.migrated else None
        if model is not None:
            return self._takes_object(model, model.name, "table", False, stub)
        return stub is None or self._takes_object(stub, stub.name, "table", True, None)

    def _takes_part(self, difference: Difference, model: Table | None) -> bool:
        kind = _TYPES.get(difference.kind)
        if kind is None or difference.table is None:
            return True
        name = difference.name.removeprefix(f"{difference.table}.").removeprefix(f"{difference.table} ")
        parents = {"table_name": difference.table.rpartition(".")[2], "schema_name": _schema(difference.table)}
        parents["schema_qualified_table_name"] = difference.table
        if difference.what != "added" and not self._takes_name(name, kind, parents):
            return False
        item = _part(model, kind, name) if model is not None else None
        if item is not None:
            return self._takes_object(item, name, kind, False, None)
        return self._takes_object(_stub_part(difference.table, kind, name), name, kind, True, None)

    def _takes_name(self, name: str, kind: str, parents: dict[str, str | None]) -> bool:
        if self.include_name is None:
            return True
        short = name.rpartition(".")[2] if kind == "table" else name
        if kind == "table":
            parents = {**parents, "schema_qualified_table_name": name}
        return bool(self.include_name(short, kind, parents))

    def _takes_object(self, item: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
        return self.include_object is None or bool(self.include_object(item, name, kind, reflected, compare_to))


def _schema(table: str) -> str | None:
    return table.rpartition(".")[0] or None


def _stub(table: str) -> Table:
    """A table of that name, for a callback that looks at names and schemas."""
    return Table(table.rpartition(".")[2], MetaData(), schema=_schema(table))


def _part(model: Table, kind: str, name: str) -> Any:
    if kind == "column":
        return model.columns.get(name)
    items = model.indexes if kind == "index" else model.constraints
    return next((item for item in items if item.name == name), None)


def _stub_part(table: str, kind: str, name: str) -> Any:
    column: Column[Any] = Column(name if kind == "column" else "id", NullType())
    parent = _stub(table)
    parent.append_column(column)
    if kind == "column":
        return column
    if kind == "index":
        return Index(name, column)
    constraint = UniqueConstraint(column, name=name)
    parent.append_constraint(constraint)
    return constraint
