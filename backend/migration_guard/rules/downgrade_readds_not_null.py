"""
The downgrade adds a NOT NULL column back without a value for the rows.

## What it finds
`op.add_column` in `downgrade()` (in a batch block and in raw SQL too) with `nullable=False` and no `server_default`, on
a table that holds rows by then. Autogenerate writes it so for every NOT NULL column that an upgrade drops.

## Why it hurts
The rows that are there have no value for the column, so the downgrade stops ("contains null values") on the day when a
release must be taken back. On the empty database of a test run it works.

## Instead
Give the rows something to start from:

    op.add_column("persona", sa.Column("mood", sa.String(20), nullable=False, server_default=""))

or bring the column back nullable, which old code can read as well.

## Quiet when
The downgrade itself makes the table, or deleted its rows before, the database fills the column (identity, computed,
serial), or the column has a server default.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import AddColumn, Context, Unread
from ..findings import Finding, Rule, Severity
from ..registry import judges
from ..replay import operations_above, table_before
from ..replay.names import bare
from .shared.paste import call, column, execute, filling, sql_name, sql_table
from .shared.rows import emptied

RULE = Rule.of(__name__, __doc__, family="reversibility", severity=Severity.ERROR)


@judges(AddColumn)
def no_value_on_the_way_down(op: AddColumn, context: Context) -> Iterator[Finding]:
    """A column that the rows of the newer schema have no value for."""
    one = op.column
    if op.direction != "downgrade" or op.on_new_table is not False or one.nullable is not False:
        return
    if one.server_default is not None or one.generated or one.filled_as is not None or one.primary_key is not False:
        return
    if bare(op.table) is None or emptied(context, op, op.table) or made_on_the_way_down(context, op):
        return
    if table_before(context, op, op.table, op.schema).temporary:
        return
    yield Finding(
        RULE,
        op.at,
        says=f"Going down adds {op.table}.{one.name} as NOT NULL without a server default: it fails as soon as "
        f"{op.table} holds a row, because that row has no value for it.",
        instead="\n".join(_with_a_value(op)),
    )


def made_on_the_way_down(context: Context, op: AddColumn) -> bool:
    """Whether a line above brings the table back, by making it or by a rename of one that it made."""
    from ..facts import CreateTable, RenameTable

    name = bare(op.table)
    for one in reversed(operations_above(context, op, CreateTable, RenameTable)):
        if isinstance(one, CreateTable) and bare(one.table) == name:
            return True
        if isinstance(one, RenameTable) and bare(one.new_name) == name:
            name = bare(one.table)
    return False


def _with_a_value(op: AddColumn) -> list[str]:
    value, default = filling(op.column, op.column.name)
    name = sql_name(op.column.name)
    if op.by_sql:
        kind = "<type>" if isinstance(op.column.type, Unread) or op.column.type is None else op.column.type
        rest = "" if default is None else f" DEFAULT {value} NOT NULL"
        return [execute(op, f"ALTER TABLE {sql_table(op.table, op.schema)} ADD COLUMN {name} {kind}{rest}")]
    if default is None:
        new = column(op.column, nullable="True")
        why = "# nullable: no value is right for rows that were written without it"
        return [why, *call(op, "add_column", new, table=op.table, schema=op.schema)]
    new = column(op.column, server_default=default)
    why = "# or whatever rows that were written without it should hold"
    return [why, *call(op, "add_column", new, table=op.table, schema=op.schema)]
