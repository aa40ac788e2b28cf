"""Whether a transaction is open while an operation runs, and what shares it."""

from __future__ import annotations

from ...facts import Context, Operation, TransactionControl
from .rows import before


def outside(context: Context, op: Operation) -> bool:
    """Whether no transaction is open when the operation runs, or nobody can tell."""
    environment = context.history.environment
    if op.in_autocommit or (environment is not None and environment.autocommit is not False):
        return True
    ends = [one.what for one in before(context, op) if isinstance(one, TransactionControl) and one.what != "savepoint"]
    return bool(ends) and ends[-1] != "begin"


def in_own_file(context: Context, op: Operation) -> bool:
    """Whether the operation stands in the revision that is judged."""
    return context.migration is None or op.at.path == context.migration.path
