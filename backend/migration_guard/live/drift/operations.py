"""Operations that give a migrated table what its model says, as text to paste, written by Alembic itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from textwrap import dedent
from typing import Any

from alembic.autogenerate import render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from ..schema import Difference, Snapshot
from .columns import alone, altered, merged, with_casts
from .scope import Models, own_name

_SHORT = {"unique": "uq", "check": "ck", "foreign key": "fk", "primary key": "pk"}
_TYPES = {"unique": "unique", "check": "check", "foreign key": "foreignkey", "primary key": "primary"}
_MODULES = re.compile(r"(?<![\w.\"'])([a-z_]\w*(?:\.[a-z_]\w*)*)\.[A-Z]\w*\(")  # of types: "pgvector.sqlalchemy"
_LABEL = re.compile(r"E?'(?:[^']|'')*'")


class Writer:
    """Writes operations for one database, types rendered as env.py asks for."""

    def __init__(self, connection: Connection, options: dict[str, Any], models: Models, modelled: Snapshot) -> None:
        self.models = models
        self.modelled = modelled
        self.batch = connection.dialect.name == "sqlite"
        self._context = MigrationContext.configure(connection)
        self._render_item = options.get("render_item")
        self._prefix = options.get("user_module_prefix")

    def operations(self, table: str, differences: Sequence[Difference]) -> str:
        """For one table, in an order that can be run. A line of comment stands for what no operation can decide."""
        schema, _, plain = table.rpartition(".")
        found = [each for difference in sorted(differences, key=_order) for each in self._written(difference)]
        real = merged(each for each in found if not isinstance(each, str))
        words = [each for each in found if isinstance(each, str)]
        model = self.models.table(table)
        if model is not None and any(each.kind == "table" and each.what == "added" for each in differences):
            real = [ops.CreateTableOp.from_table(model), *map(ops.CreateIndexOp.from_index, _by_name(model.indexes))]
            code = self._code(real)
        else:
            code = self._code([ops.ModifyTableOps(plain, real, schema=schema or None)]) if real else ""
            code = code if self.batch else with_casts(code, plain, differences)
        comments = [each for each in words if each.startswith("#")]
        if "postgresql." in code:
            comments.append("from sqlalchemy.dialects import postgresql")
        comments += [
            f"import {name}" for name in sorted({*_MODULES.findall(code)} & sys.modules.keys() - {"sqlalchemy"})
        ]
        return "\n".join([*comments, *([code] if code else []), *(each for each in words if not each.startswith("#"))])

    def _code(self, operations: list[Any]) -> str:
        text = render_python_code(
            ops.UpgradeOps(operations),
            render_as_batch=self.batch,
            migration_context=self._context,
            render_item=self._render_item,
            user_module_prefix=self._prefix,
        )
        lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("# ###")]
        return dedent("\n".join(lines))

    def _written(self, difference: Difference) -> Iterator[Any]:
        """Alembic's operations, and comments as text."""
        write = _WRITERS.get(difference.kind)
        if write is not None:
            yield from write(self, difference)

    def _column(self, difference: Difference) -> Iterator[Any]:
        schema, _, table = (difference.table or "").rpartition(".")
        name, column = own_name(difference), self.models.part(difference)
        if difference.what == "missing":
            yield (
                f"# {name} has no place in the model, and its values would go with it: "
                f'op.drop_column("{table}", "{name}"{_schema_argument(schema)})'
            )
        elif column is None:
            return
        elif difference.what == "added":
            if not column.nullable and column.server_default is None:
                yield f"# {name} is NOT NULL: give it a server_default, or add it nullable, fill it, then tighten it"
            yield ops.AddColumnOp(table, alone(column), schema=schema or None)
        else:
            yield from altered(difference, table, schema, name, column)

    def _table(self, difference: Difference) -> Iterator[Any]:
        schema, _, table = difference.name.rpartition(".")
        if difference.property == "comment":
            yield ops.CreateTableCommentOp(table, difference.after or None, schema=schema or None)
        elif difference.what == "changed":
            yield f"# {difference.property} of {table} cannot be changed by one operation: {difference.sides()[2]}"

    def _exclusion(self, difference: Difference) -> Iterator[Any]:
        name = own_name(difference)
        if difference.what != "added":
            yield ops.ExecuteSQLOp(f"ALTER TABLE {difference.table} DROP CONSTRAINT {name}")
        if difference.what != "missing":
            definition = self.modelled.objects[difference.kind, difference.name]["definition"]
            yield ops.ExecuteSQLOp(f"ALTER TABLE {difference.table} ADD CONSTRAINT {name} {definition}")

    def _index(self, difference: Difference) -> Iterator[Any]:
        schema, _, table = (difference.table or "").rpartition(".")
        name, index = own_name(difference), self.models.part(difference)
        if difference.property == "name":
            index = self.models.part(difference, difference.after)
            if not self.batch:
                old = f'"{schema}"."{name}"' if schema else f'"{name}"'
                yield ops.ExecuteSQLOp(f'ALTER INDEX {old} RENAME TO "{difference.after}"')
                return
        if difference.what != "added":
            yield ops.DropIndexOp(name, table, schema=schema or None)
        if difference.what != "missing" and index is not None:
            yield ops.CreateIndexOp.from_index(index)

    def _constraint(self, difference: Difference) -> Iterator[Any]:
        schema, _, table = (difference.table or "").rpartition(".")
        name = own_name(difference)
        if difference.property == "kept by":
            yield f"# both keep {difference.name} unique; declare in the model what the database has"
            return
        if difference.property == "name":
            item = self.models.part(difference, difference.after)
            if difference.before and not self.batch:
                of = f'"{schema}"."{table}"' if schema else f'"{table}"'
                yield ops.ExecuteSQLOp(f'ALTER TABLE {of} RENAME CONSTRAINT "{name}" TO "{difference.after}"')
                return
        else:
            item = self.models.part(difference)
        nameless = name.startswith(f"{table}(")
        if nameless and difference.what != "added":
            yield (
                f"# {difference.kind} {name} has no name to be dropped by; give it one: "
                f'op.batch_alter_table("{table}", naming_convention={{...}})'
            )
        elif difference.what != "added":
            yield ops.DropConstraintOp(name, table, type_=_TYPES[difference.kind], schema=schema or None)
        if difference.what != "missing":
            yield from self._made(difference, item, "" if nameless else name)

    def _made(self, difference: Difference, item: Any, name: str) -> Iterator[Any]:
        """The operation for a constraint of the models: for one without a name, with that of the database or a new one.
        Keys and checks are in our own words, as not every Alembic can write them."""
        schema, _, table = (difference.table or "").rpartition(".")
        key = difference.kind, difference.name
        definition = self.modelled.objects.get(key, {}).get("definition", "")
        columns = [_bare(each) for each in re.split(r", ", definition[definition.find("(") + 1 : definition.find(")")])]
        item = item if item is not None else self.models.constraint(difference, columns)
        name = str(item.name) if item is not None and item.name else name
        name = name or "_".join(
            (_SHORT[difference.kind], table, *(columns if difference.kind != "check" else ("rule",)))
        )
        if difference.kind in ("check", "primary key"):
            given = repr(columns) if difference.kind != "check" else f'"{self._condition(item, definition)}"'
            what = f"create_{difference.kind.replace('check', 'check_constraint').replace(' ', '_')}"
            if self.batch:
                yield f"with op.batch_alter_table({table!r}) as batch_op:\n    batch_op.{what}({name!r}, {given})"
            else:
                yield f"op.{what}({name!r}, {table!r}, {given}{_schema_argument(schema)})"
        elif item is not None:
            operation: Any = ops.AddConstraintOp.from_constraint(item)
            operation.constraint_name = name
            yield operation

    def _condition(self, item: Any, definition: str) -> str:
        if item is None:
            return re.sub(r"^CHECK \(\((.*)\)\)", r"\1", definition)
        return str(item.sqltext.compile(dialect=self._context.dialect, compile_kwargs={"literal_binds": True}))

    def _enum(self, difference: Difference) -> Iterator[Any]:
        if difference.property == "name":
            yield ops.ExecuteSQLOp(f"ALTER TYPE {difference.before} RENAME TO {difference.after}")
            return
        has, wants = (_LABEL.findall(text) for text in (difference.before, difference.after))
        for label in wants:
            if label not in has:
                yield ops.ExecuteSQLOp(f"ALTER TYPE {difference.name} ADD VALUE IF NOT EXISTS {label}")
        if gone := [label for label in has if label not in wants]:
            yield f"# PostgreSQL cannot take {', '.join(gone)} out of an enum type; leave it, or make the type anew"


_WRITERS: dict[str, Callable[[Writer, Difference], Iterator[Any]]] = {
    "table": Writer._table,
    "column": Writer._column,
    "exclusion": Writer._exclusion,
    "index": Writer._index,
    "enum": Writer._enum,
    **dict.fromkeys(_TYPES, Writer._constraint),
}
_FIRST = ("enum", "column", "primary key", "unique", "check", "index", "foreign key")


def _order(difference: Difference) -> tuple[int, str]:
    kind = difference.kind
    return (_FIRST.index(kind) if kind in _FIRST else len(_FIRST)), difference.name


def _bare(column: str) -> str:
    """A column of a key, without quotes and order."""
    return column.partition(" ")[0].strip('"')


def _by_name(items: Any) -> list[Any]:
    return sorted(items, key=lambda item: str(item.name))


def _schema_argument(schema: str) -> str:
    return f', schema="{schema}"' if schema else ""
