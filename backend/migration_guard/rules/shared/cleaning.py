"""What puts the rows of a table right before a constraint is to hold for them."""

from __future__ import annotations

import re

from ...facts import CreateConstraint, CreateIndex, Operation, Text, WriteRows
from ...replay.names import bare

WORD = re.compile(r"[A-Za-z_]\w*")


def columns_of(op: CreateConstraint | CreateIndex) -> frozenset[str]:
    """The columns of the table that the constraint is about, with every word of a check or an expression."""
    found = {plain for plain in map(bare, op.columns) if plain is not None and plain.isidentifier()}
    texts: list[Text | None] = [op.condition] if isinstance(op, CreateConstraint) else [*op.columns, op.where]
    for text in texts:
        if isinstance(text, str):
            found |= {word.lower() for word in WORD.findall(text)}
    return frozenset(found)


def cleans(op: Operation, table: Text, columns: frozenset[str]) -> bool:
    """Whether the operation may put the rows right: it deletes from the table, or writes one of the columns."""
    if not isinstance(op, WriteRows) or op.kind == "insert" or bare(op.table) not in (None, bare(table)):
        return False
    written = set(map(bare, op.columns))
    return op.kind == "delete" or None in written or not columns or bool(written & columns) or _names(op, columns)


def _names(op: WriteRows, columns: frozenset[str]) -> bool:
    """Whether a statement sets one of the columns to NULL, which is no value that it gives."""
    return any(re.search(rf"\b{re.escape(name)}\b[\"`]?\s*[=:]", op.source, re.IGNORECASE) for name in columns)
