"""The schema as it stands before each operation, built by replaying the operations of the revisions below it."""

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
