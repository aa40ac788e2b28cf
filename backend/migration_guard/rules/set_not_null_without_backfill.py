"""
A column becomes NOT NULL and no earlier line fills its NULLs.

## What it finds
`op.alter_column(..., nullable=False)` (in a batch block, and SET NOT NULL in raw SQL) on a table that is older than
this revision, where neither this revision before that line nor an earlier revision gives every row a value.

## Why it hurts
One row with NULL is enough to fail the upgrade, and only real data has that row: an empty test database never does.

## Instead
Fill the column first:

    op.execute("UPDATE persona SET mood = '' WHERE mood IS NULL")
    op.alter_column("persona", "mood", existing_type=sa.String(20), nullable=False)

## Quiet when
The column is NOT NULL already (`existing_nullable=False`), was added by this revision with a server default, is filled
or proved by a checked constraint before, its table is new or was emptied, the fill is one that the guard cannot follow
(a loop, a condition, a WHERE clause), or the line stands in `downgrade()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import AddColumn, AlterColumn, Column, Context, CreateConstraint, Operation, OtherCall, OtherSql, WriteRows
from ..findings import Finding, Rule, Severity
from ..registry import judges
from .names import bare, mentions, same
from .past import ancestors, column_before
from .paste import backfill, call, execute, filling, literal, sql_name, sql_table
from .rows import before, emptied

RULE = Rule.of(__name__, __doc__, severity=Severity.ERROR)


@judges(AlterColumn)
def nulls_may_be_there(op: AlterColumn, context: Context) -> Iterator[Finding]:
    """A column that is tightened while rows may hold NULL in it."""
    if op.direction != "upgrade" or op.nullable is not False or op.on_new_table is True:
        return
    if op.existing_nullable not in (None, True) or op.filled_before is not False:
        return
    if (
        any(fills(one, op) for one in before(context, op))
        or emptied(context, op, op.table)
        or _filled_in_past(context, op)
    ):
        return
    known = op.type if op.type is not None else op.existing_type
    value, _ = filling(column_of(context, op), known)
    yield Finding(
        RULE,
        op.at,
        says=f"Making {op.table}.{op.name} NOT NULL fails as soon as one row of {op.table} holds NULL in it, "
        "and no earlier line fills it.",
        instead="\n".join([backfill(op, op.table, op.schema, op.name, value), *_as_it_stands(op)]),
    )


def fills(one: Operation, op: AlterColumn) -> bool:
    """Whether an operation gives every row a value in the column, or may do so in a way that cannot be followed."""
    table, name = bare(op.table), bare(op.name)
    if isinstance(one, WriteRows) and same(one.table, table) and one.kind != "insert":
        return (one.kind == "delete" and name in one.where_null) or any(same(c, name) for c in one.columns)
    if isinstance(one, AddColumn) and same(one.table, table) and same(one.column.name, name):
        return one.column.server_default is not None or one.column.generated
    if isinstance(one, CreateConstraint) and one.kind == "check" and same(one.table, table):
        return name is not None and mentions(one.source, name) and "NOT NULL" in one.source.upper()
    if isinstance(one, OtherSql):
        if not isinstance(one.text, str):
            return True
        return name is not None and (mentions(one.text, name) or "VALIDATE CONSTRAINT" in one.text.upper())
    return isinstance(one, OtherCall)


def column_of(context: Context, op: AlterColumn) -> Column | None:
    """The column as this revision or an earlier one made it, None where neither is known to."""
    for one in before(context, op):
        if isinstance(one, AddColumn) and bare(one.table) == bare(op.table) and bare(one.column.name) == bare(op.name):
            return one.column
    return column_before(context, op.table, op.name)


def _filled_in_past(context: Context, op: AlterColumn) -> bool:
    """Whether an earlier revision filled the column: expand, fill and tighten often are three releases."""
    table, name = bare(op.table), bare(op.name)
    if context.migration is None or table is None or name is None:
        return False
    return any(
        isinstance(one, WriteRows) and one.kind == "update" and bare(one.table) == table
        and name in map(bare, one.columns) and (one.where is False or name in one.where_null)
        for migration in ancestors(context.history, context.migration)
        for one in (migration.upgrade.operations if migration.upgrade else ())
    )  # fmt: skip


def _as_it_stands(op: AlterColumn) -> list[str]:
    if op.by_sql:
        table = sql_table(op.table, op.schema)
        return [execute(op, f"ALTER TABLE {table} ALTER COLUMN {sql_name(op.name)} SET NOT NULL")]
    known = [f"existing_type={op.existing_type}"] if isinstance(op.existing_type, str) else []
    changed = [f"type_={op.type}"] if isinstance(op.type, str) else []
    return call(
        op, "alter_column", literal(op.name), *known, *changed, "nullable=False", table=op.table, schema=op.schema
    )
