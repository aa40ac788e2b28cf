"""The first row that its rules allow: one candidate of each column after another, turning back where a rule refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from .values import Made

Values = Mapping[str, Made]  # by column
_STEPS = 4000  # of a search, before the database is asked to judge


@dataclass(frozen=True)
class Variable:
    """Columns that get their values together: one, or those of foreign keys that share columns."""

    columns: tuple[str, ...]
    candidates: Sequence[Values]


@dataclass(frozen=True)
class Rule:
    """A check, or a set of columns that is unique."""

    name: str
    columns: frozenset[str]
    allows: Callable[[Values], bool]


def widen(concerned: set[str], rules: Sequence[Rule], wanted: Rule) -> bool:
    """Whether a rule speaks of a concerned column, or of one that such a rule speaks of. Grows `concerned`."""
    while True:
        more = {name for rule in rules if not rule.columns.isdisjoint(concerned) for name in rule.columns}
        if more <= concerned:
            return not wanted.columns.isdisjoint(concerned)
        concerned |= more


class Search:
    """Tries combinations, column after column, and turns back as soon as a rule refuses."""

    def __init__(self, variables: Sequence[Variable], rules: Sequence[Rule], row: Mapping[str, Made]) -> None:
        self.variables = variables
        self.rules = rules
        self.row = dict(row)
        self.steps = 0

    def first(self) -> dict[str, Made] | None:
        """The first row that every rule allows; None where there is none among those tried."""
        self.open = set(chain.from_iterable(variable.columns for variable in self.variables))
        return self.row if self._found(0) else None

    def _found(self, depth: int) -> bool:
        if depth == len(self.variables):
            return True
        variable = self.variables[depth]
        self.open -= set(variable.columns)
        due = [
            rule
            for rule in self.rules
            if rule.columns.isdisjoint(self.open) and not rule.columns.isdisjoint(variable.columns)
        ]
        for candidate in variable.candidates:
            self.steps += 1
            if self.steps > _STEPS:
                break
            self.row.update(candidate)
            if all(rule.allows(self.row) for rule in due) and self._found(depth + 1):
                return True
        self.open |= set(variable.columns)
        return False
