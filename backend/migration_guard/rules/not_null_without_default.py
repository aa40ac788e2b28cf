"""
A NOT NULL column without a default is added to a table that may hold rows.

## What it finds
`op.add_column` (in a batch block and in raw SQL too) with `nullable=False` or `primary_key=True` and no
`server_default`, on a table that is older than this revision. A Python `default=` does not count: it never reaches
the database.

## Why it hurts
The rows that are there have no value for the column. The upgrade works on the empty database of a test run and fails
on the first one that holds data ("contains null values").

## Instead
Add it nullable, fill it, then forbid NULL:

    op.add_column("persona", sa.Column("mood", sa.String(20), nullable=True))
    op.execute("UPDATE persona SET mood = '' WHERE mood IS NULL")
    with op.batch_alter_table("persona") as batch_op:
        batch_op.alter_column("mood", existing_type=sa.String(20), nullable=False)

or give it a `server_default`, which a later line or revision may drop.

## Quiet when
The table is made earlier in this revision or by one that the base branch does not have, every row was deleted before,
the database fills the column (identity, computed, serial, an integer primary key), or the line stands in `downgrade()`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..facts import AddColumn, Column, Context
from ..findings import Finding, Rule, Severity
from ..registry import judges
from .shared.paste import backfill, call, column, execute, filling, literal, sql_name, sql_table
from .shared.rows import emptied, new_on_this_branch

RULE = Rule.of(__name__, __doc__, severity=Severity.ERROR)
NO_DEFAULT = re.compile(r"(?:\w+\.)?(?:null\(\)|text\(\s*['\"]null['\"]\s*\))|null|none", re.IGNORECASE)


@judges(AddColumn)
def no_value_for_rows(op: AddColumn, context: Context) -> Iterator[Finding]:
    """A column that existing rows have no value for."""
    one = op.column
    if op.direction != "upgrade" or op.on_new_table is True or emptied(context, op, op.table):
        return
    if one.nullable is not False and one.primary_key is not True:
        return
    if one.generated or _has_default(one) or _is_serial(one) or new_on_this_branch(context, op.table):
        return
    where = "" if op.dialects is None else f" on {' and '.join(sorted(op.dialects & context.policy.dialects))}"
    yield Finding(
        RULE,
        op.at,
        says=f"Adding {op.table}.{one.name} as NOT NULL without a server default fails{where} as soon as {op.table} "
        f"holds a row: that row has no value for it.",
        instead="\n".join(three_steps(op, context.policy.dialects)),
    )


def three_steps(op: AddColumn, dialects: frozenset[str]) -> list[str]:
    """Add nullable, fill, forbid NULL: with the user's names and in the user's form."""
    one = op.column
    value, default = filling(one, one.name)
    table, name = sql_table(op.table, op.schema), sql_name(one.name)
    update = backfill(op, op.table, op.schema, one.name, value)
    if op.by_sql:
        kind = one.type if isinstance(one.type, str) else "<type>"
        return [
            execute(op, f"ALTER TABLE {table} ADD COLUMN {name} {kind}"),
            update,
            execute(op, f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL"),
        ]
    nullable = column(one, nullable="True", **({"primary_key": "False"} if one.primary_key is True else {}))
    known_type = [f"existing_type={one.type}"] if isinstance(one.type, str) else []
    tighten = [literal(one.name), *known_type, "nullable=False"]
    # SQLite changes nullability only by rebuilding the table, which a batch block does; elsewhere it is a plain ALTER
    on_sqlite = "sqlite" in dialects and (op.dialects is None or "sqlite" in op.dialects)
    last = replace(op, in_batch=op.in_batch or on_sqlite)
    lines = [
        *call(op, "add_column", nullable, table=op.table, schema=op.schema),
        update,
        *call(last, "alter_column", *tighten, table=op.table, schema=op.schema),
    ]
    if default is not None and one.primary_key is not True:
        short = call(op, "add_column", column(one, server_default=default), table=op.table, schema=op.schema)
        lines += ["# or, where one value suits every row:", *(f"# {line}" for line in short)]
    return lines


def _has_default(one: Column) -> bool:
    default = one.server_default
    return default is not None and not (isinstance(default, str) and NO_DEFAULT.fullmatch(default.strip()))


def _is_serial(one: Column) -> bool:
    """PostgreSQL gets an integer primary key as SERIAL, SQLite fills it from the row number."""
    return (
        one.primary_key is True
        and one.references is None
        and isinstance(one.type, str)
        and re.search(r"integer|int\b", one.type, re.IGNORECASE) is not None
        and re.search(r"autoincrement\s*=\s*False", one.source) is None
    )
