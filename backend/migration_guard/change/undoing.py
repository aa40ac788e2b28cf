"""Which line of a downgrade undoes what, and so where a line belongs that it lacks."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..facts import AlterColumn, CreateTable, Operation, RenameTable
from ..rules.shared.things import Names, comes_with, goes_with, identical, made, removed
from ..words import sentence
from .filling import BY_HAND
from .written import CannotEdit


class Order:
    """Which statement of a downgrade undoes which operation of the upgrade."""

    def __init__(self, up: Sequence[Operation], down: Sequence[Operation], function: ast.FunctionDef) -> None:
        self._up = up
        self._names = Names.after((*up, *down))
        self._body = function.body
        self._undone: list[set[int]] = [set() for _ in function.body]
        self._others: list[list[Operation]] = [[] for _ in function.body]
        for op in down:
            at = next(
                (i for i, one in enumerate(function.body) if one.lineno <= op.at.line <= (one.end_lineno or 0)), None
            )
            if at is None:
                raise CannotEdit(f"line {op.at.line} of the downgrade does not stand in downgrade()", BY_HAND)
            undone = {index for index, one in enumerate(up) if self._undoes(op, one)}
            self._undone[at] |= undone
            if not undone:
                self._others[at].append(op)

    def place(self, index: int, *, after_itself: bool) -> int:
        """Before which statement of the downgrade the lines belong that undo an operation."""
        op = self._up[index]
        own = next((at for at, undone in enumerate(self._undone) if index in undone and not after_itself), None)
        if own is not None:
            raise CannotEdit(f"line {self._body[own].lineno} of the downgrade may undo it in part", BY_HAND)
        first = index if after_itself else index + 1
        later = [at for at, undone in enumerate(self._undone) if any(one >= first for one in undone)]
        earlier = [at for at, undone in enumerate(self._undone) if any(one < first for one in undone)]
        if later and earlier and max(later) >= min(earlier):
            related = {one for one, other in enumerate(self._up) if self._related(op, other)}
            later = [at for at in later if any(one >= first for one in self._undone[at] & related)]
            earlier = [at for at in earlier if any(one < first for one in self._undone[at] & related)]
        if later and earlier and max(later) >= min(earlier):
            line = self._body[max(later)].lineno
            raise CannotEdit(
                f"what undoes line {op.at.line} ({sentence(op)}) belongs into the middle of line {line}", BY_HAND
            )
        for others in self._others:
            for other in others:
                if self._related(op, other):
                    raise CannotEdit(
                        f"line {other.at.line} of the downgrade ({sentence(other)}) may concern the same table, and "
                        f"nothing tells whether what undoes line {op.at.line} goes before or after it",
                        BY_HAND,
                    )
        if later:
            at = max(later) + 1
        elif earlier:
            at = min(earlier)
        else:
            at = len(self._body)
        for one in self._body[:at]:
            if ends := next((node for node in ast.walk(one) if isinstance(node, (ast.Return, ast.Raise))), None):
                raise CannotEdit(f"line {ends.lineno} of the downgrade may end it before", BY_HAND)
        return at

    def going_with(self, told: set[int]) -> set[int]:
        """The operations whose work stands on a column that is not dropped yet: SQLite drops none that has an index."""
        wholes = [thing for index in told for thing in made(self._up[index], self._names) if thing.kind == "column"]
        undone = {index for those in self._undone for index in those}
        return {
            index
            for index, op in enumerate(self._up)
            if index not in undone
            for thing in made(op, self._names)
            if any(goes_with(thing, whole) for whole in wholes)
        }

    def _undoes(self, down: Operation, op: Operation) -> bool:
        names = self._names
        for thing in made(op, names):
            if any(identical(thing, one) for one in removed(down, names)):
                return True
        for thing in removed(op, names):
            if any(identical(thing, one) or comes_with(thing, one) for one in made(down, names)):
                return True
        if isinstance(op, (AlterColumn, RenameTable)) and type(op) is type(down):
            return self._table(op) == self._table(down) and getattr(op, "name", None) in (
                getattr(down, "name", None),
                getattr(down, "new_name", None),
                getattr(op, "name", None) if getattr(op, "new_name", 0) == getattr(down, "name", None) else 0,
            )
        return False

    def _related(self, op: Operation, other: Operation) -> bool:
        """Whether both may be about one table, or one about a table that the other points to."""
        mine, others = self._tables(op), self._tables(other)
        return None in others or not mine.isdisjoint(others)

    def _tables(self, op: Operation) -> set[str | None]:
        found: set[str | None] = {self._table(op)}
        if isinstance(op, CreateTable):
            found |= {self._names.table(one.references) for one in op.constraints if one.references is not None}
            found |= {
                self._names.table(str(one.references).rpartition(".")[0])
                for one in op.columns
                if one.references is not None
            }
        elif getattr(op, "references", None) is not None:
            found.add(self._names.table(op.references))  # type: ignore[attr-defined]
        return found

    def _table(self, op: Operation) -> str | None:
        return self._names.table(getattr(op, "table", None))
