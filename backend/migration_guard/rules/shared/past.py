"""What earlier revisions say about a table or column, so that a dropped one can be written down again."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts import (
    AddColumn,
    AlterColumn,
    Column,
    Context,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    CreateType,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
    RenameTable,
    Text,
)
from ...replay.names import bare, same
from .ancestry import earlier_revisions


def _history_of(context: Context, table: Text) -> Iterator[Operation]:
    """The upgrade operations on a table in earlier revisions, last first."""
    name = bare(table)
    if context.migration is None or name is None:
        return
    for migration in earlier_revisions(context.history, context.migration, name):
        for operation in reversed(migration.upgrade.operations if migration.upgrade else ()):
            names = [getattr(operation, "table", None)]
            if isinstance(operation, RenameTable):
                names.append(operation.new_name)
            if any(one is not None and same(one, table) for one in names):
                yield operation


def column_before(context: Context, table: Text, name: Text) -> Column | None:
    """The column as an earlier revision made it, None where none did or a later one may have changed it."""
    for operation in _history_of(context, table):
        if isinstance(operation, AddColumn) and same(operation.column.name, name):
            return operation.column
        if isinstance(operation, CreateTable):
            return next((column for column in operation.columns if bare(column.name) == bare(name)), None)
        if isinstance(operation, (DropTable, RenameTable)):
            return None
        if isinstance(operation, (AlterColumn, DropColumn)) and (
            same(operation.name, name) or (isinstance(operation, AlterColumn) and operation.new_name is not None)
        ):
            return None
    return None


def lines_before(context: Context, op: DropTable | DropIndex | DropConstraint) -> list[str]:
    """The calls that made what is dropped here, as they stand in earlier revisions; empty where none is certain."""
    if op.table is None or (not isinstance(op, DropTable) and bare(op.name) is None):
        return []
    after: list[str] = []  # indexes made on the table since
    for operation in _history_of(context, op.table):
        if operation.by_sql or operation.in_batch or operation.conditional:
            return []
        if isinstance(op, DropTable):
            if isinstance(operation, CreateTable):
                return [operation.source, *after]
            if not isinstance(operation, CreateIndex):
                return []  # changed since: no longer what its create_table says
            after.insert(0, operation.source)
        elif isinstance(operation, (DropTable, RenameTable, CreateTable)):
            return []
        elif isinstance(operation, _maker(op)) and bare(operation.name) == bare(op.name):
            return [operation.source]
    return []


def perhaps_there(context: Context, op: DropTable | DropColumn) -> bool:
    """Whether what is dropped may stand after the earlier revisions: one makes it, or makes its table out of sight."""
    for one in _history_of(context, op.table):
        if isinstance(one, DropTable):
            return False
        if isinstance(op, DropTable):
            if isinstance(one, (CreateTable, RenameTable)):
                return isinstance(one, CreateTable) or same(one.new_name, op.table)
        elif isinstance(one, (CreateTable, RenameTable)):
            return isinstance(one, RenameTable) or any(same(column.name, op.name) for column in one.columns)
        elif isinstance(one, DropColumn) and bare(one.name) == bare(op.name):
            return False
        elif (isinstance(one, AddColumn) and same(one.column.name, op.name)) or (
            isinstance(one, AlterColumn) and one.new_name is not None and same(one.new_name, op.name)
        ):
            return True
    return isinstance(op, DropColumn)


def _maker(op: DropIndex | DropConstraint) -> type[CreateIndex | CreateConstraint]:
    return CreateIndex if isinstance(op, DropIndex) else CreateConstraint


def makes_type(operation: Operation) -> set[str]:
    """The names of the enum types that exist on PostgreSQL once the operation has run, small and bare.

    `add_column` makes none: there the type must exist already (Alembic up to 1.20 at least).
    """
    if isinstance(operation, CreateType):
        names = {bare(operation.name)}
    elif isinstance(operation, CreateTable) and (operation.dialects is None or "postgresql" in operation.dialects):
        enums = [column.enum for column in operation.columns if column.enum]
        names = {bare(enum.name) for enum in enums if enum.native is True and enum.create_type is True}
    else:
        names = set()
    return {name for name in names if name is not None}


def type_made_before(context: Context, name: str) -> bool:
    """Whether an earlier revision made the enum type, so that this one only uses it."""
    if context.migration is None:
        return False
    return any(
        name in makes_type(operation)
        for migration in earlier_revisions(context.history, context.migration, name)
        for operation in (migration.upgrade.operations if migration.upgrade else ())
    )
