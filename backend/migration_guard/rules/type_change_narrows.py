"""
A column gets a type that does not hold every value of the old one.

## What it finds
`op.alter_column(..., type_=...)` and ALTER COLUMN ... TYPE on a table that is older than this revision, where the old
type (as the history or `existing_type` tells it) holds values that the new one does not: a shorter varchar, bigint to
integer, timestamp to date, text to an enum.

## Why it hurts
One value that does not fit stops the upgrade on PostgreSQL; where it can be rounded or cut, it is, and what was lost
does not come back. An empty test database shows neither.

## Instead
Put the values right first, in this revision or an earlier one:

    op.execute("UPDATE persona SET title = left(title, 20) WHERE length(title) > 20")
    op.alter_column("persona", "title", existing_type=sa.Text(), type_=sa.String(20))

## Quiet when
The new type holds all that the old one does, the old type is not known, an earlier line of this revision writes or
deletes values of the column, a USING expression does more than to cast, the table is made by this revision or by one
that the base branch does not have or was emptied, or the line stands in `downgrade()`. SQLite enforces no lengths:
what its CAST does is another rule's (`batch-casts-silently`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import AlterColumn, Context, CreateConstraint, OtherCall, OtherSql, WriteRows
from ..findings import Finding, Rule, Severity
from ..registry import judges
from ..replay import is_new, operations_above
from ..replay.names import bare, mentions, same
from .shared.altering import TypeChange, converts_by_hand, type_change
from .shared.editing import as_written
from .shared.paste import execute, sql_name, sql_table
from .shared.rows import emptied

RULE = Rule.of(__name__, __doc__, severity=Severity.WARNING, dialects={"postgresql"})


@judges(AlterColumn)
def does_not_fit(op: AlterColumn, context: Context) -> Iterator[Finding]:
    """A change of type that some value may not survive."""
    if op.type is None or op.direction != "upgrade" or is_new(context, op, op.table, op.schema):
        return
    found = type_change(context, op)
    if found is None or not found.does.narrows or converts_by_hand(op) or _seen_to(op, context):
        return
    lost = found.does.narrows
    rounded = any(word in lost for word in ("decimal", "digits", "fractions"))  # numeric, float8 and timestamp(p) round
    drops = f"PostgreSQL {'rounds away' if rounded else 'drops'} {lost} without a word"
    what = f"{lost} stops the upgrade on PostgreSQL" if found.does.fails else drops
    yield Finding(
        RULE,
        op.at,
        says=f"{op.table}.{op.name} changes from {found.old} to {found.new}: {what}, and no earlier line sees to it.",
        instead="\n".join([_repair(op, found), *as_written(op)]),
    )


def _seen_to(op: AlterColumn, context: Context) -> bool:
    """Whether an earlier line of the function may have put the values right."""
    name = bare(op.name)
    if name is None or emptied(context, op, op.table):
        return True
    for one in operations_above(context, op):
        if isinstance(one, OtherCall) or (isinstance(one, OtherSql) and mentions(one.source, name)):
            return True
        if isinstance(one, WriteRows) and one.kind != "insert" and same(one.table, op.table):
            return True
        if isinstance(one, CreateConstraint) and one.kind == "check" and mentions(one.source, name):
            return True
    return False


def _repair(op: AlterColumn, found: TypeChange) -> str:
    """A line that changes the values that do not fit."""
    table, name = sql_table(op.table, op.schema), sql_name(op.name)
    new, old = found.new, found.old
    if new.kind in ("varchar", "char") and old.kind in ("varchar", "char", "text"):
        sql = f"UPDATE {table} SET {name} = left({name}, {new.size[0]}) WHERE length({name}) > {new.size[0]}"  # noqa: S608
    elif found.does.fails:
        sql = f"UPDATE {table} SET {name} = '<value>' WHERE <it is {found.does.narrows}>"  # noqa: S608
    else:
        sql = f"UPDATE {table} SET {name} = {name}::{new}::{old} WHERE {name} <> {name}::{new}::{old}"  # noqa: S608
    return f"{execute(op, sql)}  # or what is right for these rows"
