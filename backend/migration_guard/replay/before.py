"""The questions that rules ask of the replay: a table, a column, what hangs on it, just before an operation runs."""

from __future__ import annotations

from ..facts import Context, CreateObject, Operation, Place, Text, Unread
from .state import KnownColumn, KnownConstraint, KnownTable


def table_before(context: Context, op: Operation, table: Text, schema: Text | None = None) -> KnownTable:
    """The table as it stands just before the operation runs, through all revisions below and the lines above.

    In `downgrade()` that is after the whole upgrade, and after the lines of the downgrade above.
    """
    return KnownTable(str(table), exists=Unread(op.at if op else Place(""), "a table made elsewhere"))


def column_before(
    context: Context, op: Operation, table: Text, name: Text, schema: Text | None = None
) -> KnownColumn | None:
    """The column just before the operation; None where the replay knows no such column (`whole` tells if there is none)."""
    return table_before(context, op, table, schema).columns.get(str(name))


def is_new(context: Context, op: Operation, table: Text, schema: Text | None = None) -> bool:
    """Whether no database that matters holds rows of the table yet, when the operation runs.

    It is made by an earlier line of this function, or by a revision that the base branch does not have.
    """
    return op.on_new_table is True


def referring(context: Context, op: Operation, table: Text) -> tuple[KnownConstraint, ...]:
    """The foreign keys of other tables (and of the table itself) that point to the table, just before the operation."""
    return ()


def objects_on(context: Context, op: Operation, table: Text) -> tuple[CreateObject, ...]:
    """The views, triggers and policies that stand on the table, or name it, just before the operation."""
    return ()


def same_transaction(context: Context, op: Operation) -> tuple[Operation, ...]:
    """The operations that are not committed when this one runs, in order.

    Those above it in the function, back to the last autocommit block; and, where env.py runs all pending revisions in
    one transaction, those of the revisions below that the base branch does not have (without a base: of no other).
    """
    return ()
