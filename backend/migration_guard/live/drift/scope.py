"""What env.py lets autogenerate look at, and where in the models a thing of the catalogue stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Dialect,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.schema import ColumnCollectionConstraint
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import NullType

from ..schema import Difference, Snapshot, tables
from .reflected import reflected_column

_DEFAULT = (None, "public")  # schemas whose tables a snapshot names without one
_NAMELESS = {"primary key", "foreign key", "check"}  # nothing depends on what the database calls them
_TYPES = {"column": "column", "index": "index", "unique": "unique_constraint", "foreign key": "foreign_key_constraint"}
_CONSTRAINTS: dict[str, type[ColumnCollectionConstraint]] = {
    "primary key": PrimaryKeyConstraint,
    "foreign key": ForeignKeyConstraint,
    "unique": UniqueConstraint,
    "check": CheckConstraint,
}


class Models:
    """The tables of all metadata that env.py passes."""

    def __init__(self, metadatas: Sequence[MetaData]) -> None:
        self._tables = {key: table for metadata in metadatas for key, table in metadata.tables.items()}

    def table(self, name: str) -> Table | None:
        """The model of a table, by its name in a snapshot."""
        if name in self._tables:
            return self._tables[name]
        return next((each for each in self._tables.values() if each.name == name and each.schema in _DEFAULT), None)

    def part(self, difference: Difference, name: str = "") -> Any:
        """The column, index or constraint that a difference is about, under its name or the one given."""
        table = self.table(difference.table or "")
        if table is None:
            return None
        name = name or own_name(difference)
        if difference.kind == "column":
            return next((column for column in table.columns if column.name == name), None)
        if difference.kind == "index":
            return next((index for index in table.indexes if index.name == name), None)
        kind = _CONSTRAINTS.get(difference.kind)
        items = [item for item in table.constraints if kind is not None and isinstance(item, kind)]
        return next((item for item in items if item.name == name), None)

    def constraint(self, difference: Difference, columns: Sequence[str]) -> Any:
        """The constraint of the difference's kind that has these columns, whatever it is called."""
        table, kind = self.table(difference.table or ""), _CONSTRAINTS.get(difference.kind)
        if table is None or kind is None or difference.kind == "check":
            return None
        wanted = {name.lower() for name in columns}
        items = (item for item in table.constraints if isinstance(item, kind))
        return next((item for item in items if {each.name.lower() for each in item.columns} == wanted), None)


class Scope:
    """What `include_schemas`, `include_name` and `include_object` of env.py leave to compare."""

    def __init__(self, options: dict[str, Any], models: Models, migrated: Snapshot, dialect: Dialect) -> None:
        self.include_name: Callable[..., bool] | None = options.get("include_name")
        self.include_object: Callable[..., bool] | None = options.get("include_object")
        self.include_schemas = bool(options.get("include_schemas"))
        self.models = models
        self.migrated = migrated
        self.dialect = dialect
        self._tables = frozenset(tables(migrated))

    def holds(self, difference: Difference) -> bool:
        """Whether autogenerate would look at this."""
        if difference.table is None:
            return True
        table = self.models.table(difference.table)
        if table is None and "." in difference.table and not self.include_schemas:
            return False
        return self._takes_table(difference.table, table) and self._takes_part(difference, table)

    def is_nameless(self, difference: Difference) -> bool:
        """Whether a constraint has its name from the database on one side, and on the other not against it."""
        if difference.kind in _NAMELESS:
            return True
        model = self.models.table(difference.table or "")
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

    def _takes_table(self, name: str, model: Table | None) -> bool:
        if name in self._tables and not self._takes_name(name, "table", {"schema_name": _schema(name)}):
            return False
        stub = _stub(name) if name in self._tables else None
        if model is not None:
            return self._takes_object(model, model.name, "table", False, stub)
        return stub is None or self._takes_object(stub, stub.name, "table", True, None)

    def _takes_part(self, difference: Difference, model: Table | None) -> bool:
        kind = _TYPES.get(difference.kind)
        if kind is None or difference.table is None:
            return True
        name = own_name(difference)
        parents = {"table_name": difference.table.rpartition(".")[2], "schema_name": _schema(difference.table)}
        parents["schema_qualified_table_name"] = difference.table
        if difference.what != "added" and not self._takes_name(name, kind, parents):
            return False
        item = self.models.part(difference) if model is not None else None
        if item is not None:
            return self._takes_object(item, name, kind, False, self._reflected(difference, kind, name))
        return self._takes_object(_stub_part(difference.table, kind, name), name, kind, True, None)

    def _reflected(self, difference: Difference, kind: str, name: str) -> Any:
        """What the migrations made of something that the models have otherwise; None where they did not make it."""
        properties = self.migrated.objects.get((difference.kind, difference.name))
        if properties is None or difference.table is None:
            return None
        if kind != "column":
            return _stub_part(difference.table, kind, name)
        column = reflected_column(name, properties, self.dialect)
        _stub(difference.table).append_column(column)
        return column

    def _takes_name(self, name: str, kind: str, parents: dict[str, str | None]) -> bool:
        if self.include_name is None:
            return True
        short = name.rpartition(".")[2] if kind == "table" else name
        if kind == "table":
            parents = {**parents, "schema_qualified_table_name": name}
        return bool(self.include_name(short, kind, parents))

    def _takes_object(self, item: Any, name: str, kind: str, reflected: bool, compare_to: Any) -> bool:
        return self.include_object is None or bool(self.include_object(item, name, kind, reflected, compare_to))


def looked_at(metadata: MetaData, options: dict[str, Any]) -> list[Table]:
    """The tables that `include_object` of env.py does not leave out, and those that they refer to."""
    include: Callable[..., bool] | None = options.get("include_object")
    tables = metadata.tables
    found = {
        name: table
        for name, table in tables.items()
        if include is None or include(table, table.name, "table", False, None)
    }
    waiting = list(found.values())
    while waiting:
        for key in waiting.pop().foreign_keys:
            name = key.target_fullname.rpartition(".")[0]
            if name in tables and name not in found:
                found[name] = tables[name]
                waiting.append(tables[name])
    return list(found.values())


def own_name(difference: Difference) -> str:
    """The name of a table's part without that of the table and the schema."""
    name, table = difference.name, difference.table or ""
    if difference.kind == "index":  # it lives in the table's schema, not in the table
        return name.removeprefix(f"{table.rpartition('.')[0]}.")
    return name.removeprefix(f"{table}.") if name.startswith(f"{table}.") else name


def _schema(table: str) -> str | None:
    return table.rpartition(".")[0] or None


def _stub(table: str) -> Table:
    """A table of that name, for a callback that looks at names and schemas."""
    return Table(table.rpartition(".")[2], MetaData(), schema=_schema(table))


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
