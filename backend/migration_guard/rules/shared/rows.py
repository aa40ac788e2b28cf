"""What earlier lines and earlier revisions did to the rows of a table."""

from __future__ import annotations

from bisect import bisect_left

from ...facts import (
    AddColumn,
    AlterColumn,
    Column,
    Context,
    CreateConstraint,
    CreateTable,
    Operation,
    RenameTable,
    Text,
    WriteRows,
)
from ...replay.lines import Lines
from ...replay.names import bare
from .ancestry import earlier_revisions, is_opaque


def emptied(context: Context, op: Operation, table: Text) -> bool:
    """Whether earlier lines of this function deleted every row of the table and wrote none since."""
    lines = Lines.around(context, op)
    question = ("emptied", bare(table), op.dialects)
    if question not in lines.worked_out:
        lines.worked_out[question] = _emptied_by(lines, bare(table), op)
    turns = lines.worked_out[question]
    before = bisect_left(turns, lines.at(op)) if isinstance(turns, list) else 0
    return before % 2 == 1


def _emptied_by(lines: Lines, name: str | None, op: Operation) -> list[int]:
    """The positions of the writes that empty the table and fill it again, in turn."""
    turns: list[int] = []
    writes = lines.between(0, len(lines.operations), (WriteRows,), name) if name is not None else ()
    for write in writes:
        if isinstance(write, WriteRows) and bare(write.table) == name:
            empty = len(turns) % 2 == 1
            if write.kind == "delete" and not empty and write.where is False and not write.conditional:
                if write.dialects is None or write.dialects == op.dialects:
                    turns.append(lines.at(write))
            elif write.kind == "insert" and empty:
                turns.append(lines.at(write))
    return turns


def filled_in_past(context: Context, table: Text, column: Text) -> bool:
    """Whether earlier revisions leave no NULL in the column, or fill it in a way that cannot be followed.

    To add a column, to fill it and to forbid NULL are often three releases. What cannot be read counts only after the
    column was added by itself.
    """
    at, name, hidden = bare(table), bare(column), False
    if context.migration is None or at is None or name is None:
        return False
    for migration in earlier_revisions(context.history, context.migration, at, opaque=True):
        for op in reversed(migration.upgrade.operations if migration.upgrade else ()):
            hidden = hidden or is_opaque(op)
            if isinstance(op, RenameTable) and bare(op.new_name) == at:
                at = bare(op.table)
            elif bare(getattr(op, "table", None)) == at:
                if isinstance(op, AlterColumn) and bare(op.new_name) == name:
                    name = bare(op.name)
                verdict = _says(op, name)
                if verdict is not None:
                    return verdict or (hidden and isinstance(op, AddColumn))
    return False


def _says(op: Operation, column: str | None) -> bool | None:
    """Whether rows have a value in the column after an operation on its table; None where it says nothing of it."""
    if isinstance(op, WriteRows) and op.kind == "update":
        return True if column in map(bare, op.columns) else None
    if isinstance(op, AlterColumn) and bare(op.name) == column and op.nullable is not None:
        return op.nullable is False
    if isinstance(op, AddColumn) and bare(op.column.name) == column:
        return _never_null(op.column)
    if isinstance(op, CreateConstraint) and op.kind == "primary key" and column in map(bare, op.columns):
        return True
    if isinstance(op, CreateTable):
        keys = {bare(name) for key in op.constraints if key.kind == "primary key" for name in key.columns}
        found = [one for one in op.columns if bare(one.name) == column]
        # a column that the table was not seen to get came from a helper elsewhere: nothing is known of it
        return column in keys or not found or _never_null(found[0])
    return None


def _never_null(column: Column) -> bool:
    return column.nullable is False or column.primary_key is True or column.generated
