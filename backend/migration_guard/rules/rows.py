"""What earlier lines of a function did to the rows of a table."""

from __future__ import annotations

from ..facts import Context, Operation, Text, WriteRows
from .names import bare
from .past import earlier


def emptied(context: Context, op: Operation, table: Text) -> bool:
    """Whether earlier lines of this function deleted every row of the table and wrote none since."""
    name = bare(table)
    empty = False
    for write in before(context, op):
        if isinstance(write, WriteRows) and name is not None and bare(write.table) == name:
            if write.kind == "delete":
                whole = write.where is False and not write.conditional
                empty = empty or (whole and (write.dialects is None or write.dialects == op.dialects))
            elif write.kind == "insert":
                empty = False
    return empty


def before(context: Context, op: Operation) -> list[Operation]:
    """The operations that run before this one in the same function."""
    migration = context.migration
    function = None if migration is None else migration.upgrade if op.direction == "upgrade" else migration.downgrade
    return [] if function is None else earlier(function.operations, op)
