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
        lines = Lines.of_earlier(context.history, migration)
        waiting = _about(lines, len(lines.operations), at, name)
        while waiting:
            op = waiting.pop()
            hidden = hidden or is_opaque(op)
            asked = at, name
            if isinstance(op, RenameTable) and bare(op.new_name) == at:
                at = bare(op.table)
            elif bare(getattr(op, "table", None)) == at:
                if isinstance(op, AlterColumn) and bare(op.new_name) == name:
                    name = bare(op.name)
                verdict = _says(context, op, name)
                if verdict is not None:
                    return verdict or (hidden and isinstance(op, AddColumn))
            if (at, name) != asked:
                waiting = _about(lines, lines.at(op), at, name)
    return False


def _about(lines: Lines, end: int, table: str | None, column: str | None) -> list[Operation]:
    """What stands above a line and may tell of a column: what names it, and what makes the table or gives its name."""
    tables = lines.between(0, end, (CreateTable, RenameTable), table)
    found = {lines.at(op): op for op in (*tables, *lines.between(0, end, (), column))}
    return [found[at] for at in sorted(found)]


def _says(context: Context, op: Operation, column: str | None) -> bool | None:
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
        # a column that the table was not seen to get came from a helper elsewhere: nothing is known of it
        return _Made.by(context, op).never_null.get(column, True)
    return None


class _Made:
    """A table as it was made, of which column after column is asked for."""

    def __init__(self, op: CreateTable) -> None:
        self.op = op
        self.never_null: dict[str | None, bool] = {}
        for one in op.columns:
            self.never_null.setdefault(bare(one.name), _never_null(one))
        for key in op.constraints:
            if key.kind == "primary key":
                self.never_null |= dict.fromkeys(map(bare, key.columns), True)

    @classmethod
    def by(cls, context: Context, op: CreateTable) -> _Made:
        """What is known of it; that of the last table is kept."""
        known = context.history.worked_out.get("table as made")
        if not isinstance(known, cls) or known.op is not op:
            known = context.history.worked_out["table as made"] = cls(op)
        return known


def _never_null(column: Column) -> bool:
    return column.nullable is False or column.primary_key is True or column.generated
