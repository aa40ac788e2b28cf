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
The column is NOT NULL already (`existing_nullable=False`, a key, or an earlier revision says so), was added by this
revision with a server default, is filled or proved by a checked constraint before, its table is new (also: made by a
revision that the base branch does not have) or was emptied, the fill is one that the guard cannot follow (a loop, a
condition, a WHERE clause), or the line stands in `downgrade()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import (
    AddColumn,
    AlterColumn,
    Column,
    Context,
    CreateConstraint,
    Operation,
    OtherSql,
    ValidateConstraint,
    WriteRows,
)
from ..findings import Finding, Rule, Severity
from ..registry import judges
from .shared.names import bare, mentions, same
from .shared.past import column_before
from .shared.paste import backfill, call, execute, filling, literal, sql_name, sql_table
from .shared.rows import before, filled_in_past, new_on_this_branch

RULE = Rule.of(__name__, __doc__, severity=Severity.ERROR)


@judges(AlterColumn)
def nulls_may_be_there(op: AlterColumn, context: Context) -> Iterator[Finding]:
    """A column that is tightened while rows may hold NULL in it."""
    if op.direction != "upgrade" or op.nullable is not False or op.on_new_table is True:
        return
    if op.existing_nullable not in (None, True) or op.filled_before is not False:
        return
    if any(may_leave_no_null(one, op) for one in before(context, op)) or filled_in_past(context, op.table, op.name):
        return
    if new_on_this_branch(context, op.table):
        return
    known = op.type if op.type is not None else op.existing_type
    value, _ = filling(column_of(context, op), op.name, known)
    yield Finding(
        RULE,
        op.at,
        says=f"Making {op.table}.{op.name} NOT NULL fails as soon as one row of {op.table} holds NULL in it, "
        "and no earlier line fills it.",
        instead="\n".join([backfill(op, op.table, op.schema, op.name, value), *_as_it_stands(op)]),
    )


def may_leave_no_null(one: Operation, op: AlterColumn) -> bool:
    """Whether an operation fills or removes the rows with NULL, or proves that there are none."""
    table, name = bare(op.table), bare(op.name)
    if name is None:
        return False
    if isinstance(one, WriteRows):
        # SQL may write the schema that this call gives apart from the table
        columns = one.columns if one.kind == "update" else one.where_null if one.kind == "delete" else ()
        return bool(columns) and same(one.table, table) and name in map(bare, columns)
    if isinstance(one, CreateConstraint):
        checks = one.kind == "check" and one.not_valid is False and same(one.table, table)
        return checks and mentions(one.source, name) and "NOT NULL" in one.source.upper()
    if isinstance(one, OtherSql) and isinstance(one.text, str):
        return mentions(one.text, name) or "VALIDATE CONSTRAINT" in one.text.upper()
    if isinstance(one, ValidateConstraint):
        return same(one.table, table)
    return False


def column_of(context: Context, op: AlterColumn) -> Column | None:
    """The column as this revision or an earlier one made it, None where neither is known to."""
    for one in before(context, op):
        if isinstance(one, AddColumn) and bare(one.table) == bare(op.table) and bare(one.column.name) == bare(op.name):
            return one.column
    return column_before(context, op.table, op.name)


def _as_it_stands(op: AlterColumn) -> list[str]:
    if op.by_sql:
        table = sql_table(op.table, op.schema)
        return [execute(op, f"ALTER TABLE {table} ALTER COLUMN {sql_name(op.name)} SET NOT NULL")]
    known = [f"existing_type={op.existing_type}"] if isinstance(op.existing_type, str) else []
    changed = [f"type_={op.type}"] if isinstance(op.type, str) else []
    return call(
        op, "alter_column", literal(op.name), *known, *changed, "nullable=False", table=op.table, schema=op.schema
    )
