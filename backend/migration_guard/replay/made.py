"""Which tables and columns the upgrade of one revision makes, and which tables it takes to be there."""

from __future__ import annotations

from collections.abc import Iterable

from ..facts import (
    AddColumn,
    AlterColumn,
    AlterTable,
    CreateConstraint,
    CreateIndex,
    CreateObject,
    CreateTable,
    DropColumn,
    DropTable,
    Operation,
    OtherCall,
    OtherSql,
    RenameObject,
    RenameTable,
    WriteRows,
)
from .names import bare

_USING = frozenset((CreateIndex, CreateConstraint, WriteRows, AlterTable, DropColumn, DropTable))


def made_by(operations: Iterable[Operation]) -> dict[str, list[str]] | None:
    """Tables, columns of any table, tables that may have more columns (`unsure`), and tables that are used.

    None where something may make what cannot be read.
    """
    tables, columns, unsure, used = found = set[str](), set[str](), set[str](), set[str]()
    for op in operations:
        if not _note(op, tables, columns, unsure, used):
            return None
    return dict(zip(("tables", "columns", "unsure", "used"), map(sorted, found), strict=True))


def _note(op: Operation, tables: set[str], columns: set[str], unsure: set[str], used: set[str]) -> bool:
    """Whether it is certain what the operation makes and uses, which is added."""
    kind = type(op)
    name = getattr(op, "table", None)
    table = bare(name)
    if kind is OtherCall or kind is OtherSql or (name is not None and table is None):
        return False
    if kind in _USING:
        used.add(table or "")
    elif isinstance(op, AddColumn):
        columns.add(bare(op.column.name) or "")
        used.add(table or "")
    elif isinstance(op, CreateTable):
        tables.add(table or "")
        columns.update(bare(column.name) or "" for column in op.columns)
        if not op.whole:
            unsure.add(table or "")
        used.update(filter(None, (bare(one.references) for one in op.constraints)))
    elif isinstance(op, RenameTable):
        tables.add(bare(op.new_name) or "")
        used.add(table or "")
        unsure.add(bare(op.new_name) or "")
    elif isinstance(op, CreateObject):
        tables.add(bare(op.name) or "")
    elif isinstance(op, RenameObject):
        tables.add(bare(op.new_name) or "")
    elif isinstance(op, AlterColumn):
        columns.add(bare(op.new_name) or "")
        used.add(table or "")
    return True
