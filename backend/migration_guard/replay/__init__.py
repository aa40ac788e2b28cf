"""The schema as it stands before each operation, built by replaying the operations of the revisions below it.

`read/` makes operations of one file's code; here the operations of all files below are run on tables. `before` has the
questions that rules ask, `along` those of reviewers; `replaying` runs what concerns one table, `effects` says what one
operation leaves of it; `outline`, `touching` and `order` find the few revisions of a long history that matter.
"""

from .before import (
    column_before,
    is_new,
    life_before,
    objects_on,
    operations_above,
    referring,
    same_transaction,
    table_before,
    type_before,
)
from .replaying import running_order
from .state import KnownColumn, KnownConstraint, KnownIndex, KnownTable, KnownType, Life

__all__ = [
    "KnownColumn",
    "KnownConstraint",
    "KnownIndex",
    "KnownTable",
    "KnownType",
    "Life",
    "column_before",
    "is_new",
    "life_before",
    "objects_on",
    "operations_above",
    "referring",
    "running_order",
    "same_transaction",
    "table_before",
    "type_before",
]
