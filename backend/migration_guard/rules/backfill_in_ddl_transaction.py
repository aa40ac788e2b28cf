"""
Rows are filled in while their table is locked by an ALTER TABLE of the same transaction.

## What it finds
An UPDATE or DELETE of all rows (or of all rows without a value) after a line that took ACCESS EXCLUSIVE on the same
table in the same transaction, such as the ADD COLUMN that it fills.

## Why it hurts
Every lock is kept until the transaction ends. ADD COLUMN is over in a moment, but nobody can read the table until the
UPDATE after it has written the last row.

## Instead
Add the column in one revision and fill it in the next, in batches and outside of the transaction:

    op.add_column("persona", sa.Column("mood", sa.Text(), nullable=True))

    # in the next revision:
    op.execute("UPDATE persona SET mood = '' WHERE mood IS NULL")

The lines that rely on the values, such as SET NOT NULL, belong into a revision after that.

## Quiet when
The write picks few rows (by a key, or by another condition), the table is made by this revision or by one that the base
branch does not have, is temporary, was emptied before, or the settings call it small (`small-tables`), the lock was
committed before (`autocommit_block()`), or the line stands in `downgrade()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import AlterColumn, Context, Migration, Operation, WriteRows
from ..findings import Finding, Rule, Severity
from ..registry import judges
from ..replay.names import bare
from .shared.editing import as_written, committed_first, later
from .shared.locks import matters
from .shared.paste import NEXT
from .shared.transactions import exclusively_locked, fills_many_rows, line_of, on_postgresql, why_not_later

RULE = Rule.of(__name__, __doc__, severity=Severity.WARNING, dialects={"postgresql"})


@judges(Migration)
def filled_under_lock(migration: Migration, context: Context) -> Iterator[Finding]:
    """The first write of each table that is locked by then."""
    told: set[str | None] = set()
    listed = on_postgresql(migration)
    for op in listed:
        if not isinstance(op, WriteRows) or bare(op.table) in told or not fills_many_rows(op):
            continue
        if not matters(context, op, op.table):
            continue
        by = next((one for one, table in exclusively_locked(context, op) if bare(table) == bare(op.table)), None)
        if by is None:
            continue
        told.add(bare(op.table))
        verb = {"update": "updates", "delete": "deletes", "insert": "inserts"}[op.kind]
        yield Finding(
            RULE,
            op.at,
            says=f"This {verb} rows of {op.table} while the ACCESS EXCLUSIVE lock of {line_of(context, by)} is held: "
            f"on PostgreSQL reads and writes of {op.table} wait until the last row is written and the revision is "
            f"committed.{why_not_later(context)}",
            instead=later([*committed_first(context, op, *as_written(op, context)), *_relying(context, op, listed)]),
            direction="upgrade",
        )


def _relying(context: Context, op: WriteRows, listed: tuple[Operation, ...]) -> list[str]:
    """The later lines that need the values, for a revision of their own."""
    after = listed[listed.index(op) + 1 :]
    names = {bare(one) for one in op.columns}
    lines: list[str] = []
    for one in after:
        if isinstance(one, AlterColumn) and bare(one.table) == bare(op.table) and one.nullable is False:
            lines += as_written(one, context) if bare(one.name) in names else []
    return [NEXT, *committed_first(context, op, *lines)] if lines else []
