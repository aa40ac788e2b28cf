"""The lines that undo an operation, where that is certain."""

from __future__ import annotations

from collections.abc import Iterable

from ...facts import (
    AddColumn,
    AlterColumn,
    Context,
    CreateConstraint,
    CreateIndex,
    CreateObject,
    CreateTable,
    CreateType,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    DropType,
    Operation,
    RenameTable,
    Unread,
)
from .names import bare
from .past import column_before, lines_before
from .paste import call, column, dedented, execute, literal, op_name, sql_name, sql_table
from .things import lasting

PLAIN = ("view", "materialized view", "sequence", "statistics", "domain")  # dropped by their name alone
KINDS = {"unique": "unique", "foreign key": "foreignkey", "check": "check", "primary key": "primary"}
SCHEMA = (
    CreateTable, DropTable, RenameTable, AddColumn, DropColumn, AlterColumn, CreateIndex, DropIndex, CreateConstraint,
    DropConstraint, CreateType, DropType, CreateObject,
)  # fmt: skip


def changes_schema(op: Operation) -> bool:
    """Whether the operation leaves the schema different; writing rows does not.

    An extension stays: others may use it by now.
    """
    return isinstance(op, SCHEMA) and getattr(op, "kind", None) != "extension"


def downgrade_for(context: Context, operations: Iterable[Operation]) -> str:
    """A whole `downgrade()` that undoes the operations, last first; what cannot be worked out stands as a comment."""
    done = list(lasting(operations))
    lines: list[str] = []
    certain = False
    for op in reversed(done):
        if not changes_schema(op) or _goes_with_its_table(op, done):
            continue
        undo = undoing(context, op)
        certain = certain or undo is not None
        lines += undo if undo is not None else [f"# {unknown(op)}"]
    if not certain:
        lines.append(
            'raise NotImplementedError("going down is not possible")  # irreversible: <why it cannot be undone>'
        )
    body = "\n".join(f"    {line}" for text in lines for line in text.splitlines())
    up = context.migration.upgrade if context.migration else None
    return f"def downgrade({up.parameters if up else ''}) -> None:\n{body}"


def _goes_with_its_table(op: Operation, done: list[Operation]) -> bool:
    """Whether dropping a table that the same upgrade made takes this with it."""
    if isinstance(op, (CreateTable, CreateType, CreateObject)) or op.on_new_table is not True:
        return False
    table = bare(getattr(op, "table", None))
    return any(isinstance(one, CreateTable) and bare(one.table) == table for one in done)


def undoing(context: Context, op: Operation) -> list[str] | None:
    """The lines that undo one operation, each a statement at the margin; None where source text cannot tell."""
    if isinstance(op, CreateTable):
        return [f"{op_name(op)}.drop_table({literal(op.table)}{_schema(op)})", *left_behind_types(context, op)]
    if isinstance(op, RenameTable):
        return [f"{op_name(op)}.rename_table({literal(op.new_name)}, {literal(op.table)}{_schema(op)})"]
    if isinstance(op, AddColumn):
        return call(op, "drop_column", literal(op.column.name), table=op.table, schema=op.schema)
    if isinstance(op, CreateIndex):
        return _index_dropped(op)
    if isinstance(op, CreateConstraint):
        return _constraint_dropped(op)
    if isinstance(op, CreateType):
        return [type_dropped(op, op.name)]
    if isinstance(op, CreateObject):
        return [execute(op, f"DROP {op.kind.upper()} {sql_name(op.name)}")] if op.kind in PLAIN else None
    if isinstance(op, AlterColumn):
        return _altered_back(op)
    if isinstance(op, DropColumn):
        old = column_before(context, op.table, op.name)
        return call(op, "add_column", column(old), table=op.table, schema=op.schema) if old else None
    if isinstance(op, (DropTable, DropIndex, DropConstraint)):
        return [dedented(line) for line in lines_before(context, op)] or None
    return None


def unknown(op: Operation) -> str:
    """Words for an operation whose undoing source text cannot tell."""
    where = f"line {op.at.line}"
    if isinstance(op, DropTable):
        return f"{where} dropped table {op.table}: create it here as it was"
    if isinstance(op, DropColumn):
        return f"{where} dropped column {op.table}.{op.name}: add it here with the type that it had"
    if isinstance(op, DropIndex):
        return f"{where} dropped index {op.name}: create it here on the columns that it had"
    if isinstance(op, DropConstraint):
        return f"{where} dropped constraint {op.name} of {op.table}: create it here as it was"
    if isinstance(op, AlterColumn):
        return f"{where} changed column {op.table}.{op.name}: change it back to what it was"
    if isinstance(op, CreateConstraint) and op.kind in KINDS:
        drop = f'drop_constraint("<that name>", {literal(op.table)}, type_="{KINDS[op.kind]}")'
        return f"give the constraint of {where} a name, then drop it here: op.{drop}"
    name = getattr(op, "name", None)
    return f"undo line {op.at.line} here" + (f" ({name})" if name else "")


def type_dropped(op: Operation, name: str | Unread | None) -> str:
    """The line that drops a named enum type; it does nothing on databases that have no such types."""
    return f"sa.Enum(name={literal(name)}).drop({op_name(op)}.get_bind(), checkfirst=True)"


def left_behind_types(context: Context, op: CreateTable) -> list[str]:
    """The lines that drop the enum types which creating the table made on PostgreSQL, and dropping it leaves."""
    if "postgresql" not in context.policy.dialects:
        return []
    enums = {
        one.enum.name: None
        for one in op.columns
        if one.enum and isinstance(one.enum.name, str) and one.enum.native is True and one.enum.create_type is True
    }
    return [type_dropped(op, name) for name in enums]


def _schema(op: CreateTable | RenameTable | CreateIndex) -> str:
    return f", schema={literal(op.schema)}" if op.schema is not None else ""


def _index_dropped(op: CreateIndex) -> list[str] | None:
    if op.name is None:
        return None
    if op.in_batch:
        return call(op, "drop_index", literal(op.name), table=op.table, schema=op.schema)
    drop = f"{op_name(op)}.drop_index({literal(op.name)}, table_name={literal(op.table)}{_schema(op)}"
    if op.concurrently is True:
        return [f"with {op_name(op)}.get_context().autocommit_block():", f"    {drop}, postgresql_concurrently=True)"]
    return [f"{drop})"]


def _constraint_dropped(op: CreateConstraint) -> list[str] | None:
    if op.name is None or op.kind not in KINDS:
        return None
    if op.by_sql:
        return [execute(op, f"ALTER TABLE {sql_table(op.table, op.schema)} DROP CONSTRAINT {sql_name(op.name)}")]
    if op.in_batch:
        return call(
            op, "drop_constraint", literal(op.name), f'type_="{KINDS[op.kind]}"', table=op.table, schema=op.schema
        )
    schema = f", schema={literal(op.schema)}" if op.schema is not None else ""
    arguments = f'{literal(op.name)}, {literal(op.table)}, type_="{KINDS[op.kind]}"{schema}'
    return [f"{op_name(op)}.drop_constraint({arguments})"]


def _altered_back(op: AlterColumn) -> list[str] | None:
    """The same call with old and new exchanged; certain only where the call says what was before."""
    back: list[str] = []
    name = op.name
    if op.new_name is not None:
        name, back = op.new_name, [f"new_column_name={literal(op.name)}"]
    if op.type is not None:
        if not (isinstance(op.existing_type, str) and isinstance(op.type, str)):
            return None
        back += [f"existing_type={op.type}", f"type_={op.existing_type}"]
    elif isinstance(op.existing_type, str):
        back.append(f"existing_type={op.existing_type}")
    if isinstance(op.nullable, bool):
        before = op.existing_nullable if isinstance(op.existing_nullable, bool) else not op.nullable
        back.append(f"nullable={before}")
    elif op.nullable is not None:
        return None
    if op.server_default is not None or op.drops_default is not False:
        return None
    return call(op, "alter_column", literal(name), *back, table=op.table, schema=op.schema) if back else None
