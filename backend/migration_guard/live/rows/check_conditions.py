"""CHECK conditions, read: what they say of a made-up row, and which values they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ..meaning import SQLGLOT
from .check_worth import LENGTH_NAMES, LETTER, OF_SQLITE, Row, literal_of, truth, worth
from .regex_sample import from_glob, sample

_LENGTHS = (exp.Length,)
_COMPARISONS = (
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Like, exp.ILike),
    *(exp.NullSafeEQ, exp.NullSafeNEQ, exp.RegexpLike, exp.RegexpILike, exp.Glob),
)


_PAIRING = (exp.EQ, exp.GTE, exp.LTE, exp.NullSafeEQ)  # what is the same on both sides satisfies them


class Condition:
    """One condition. What cannot be read refuses no row: the database has the last word."""

    def __init__(self, text: str, dialect: str) -> None:
        try:
            self._tree: exp.Expr | None = sqlglot.parse_one(
                f"SELECT {text}", dialect=SQLGLOT.get(dialect, dialect)
            ).find(exp.Select)
        except (SqlglotError, RecursionError):
            self._tree = None
        self._condition = self._tree.expressions[0] if self._tree and self._tree.expressions else None
        if dialect == "sqlite" and self._condition is not None:
            for node in self._condition.find_all(exp.Like):
                node.meta[OF_SQLITE] = True

    def refuses(self, row: Row) -> bool:
        """Whether a row certainly breaks the condition. NULL, as in SQL, does not."""
        try:
            return self._condition is not None and truth(worth(self._condition, row)) is False
        except RecursionError:  # thousands of conditions side by side are one within the other here
            return False

    def suggestions(self) -> dict[str, list[Any]]:
        """Values on both sides of every comparison, by column in lower case, in the order of the text."""
        found: dict[str, list[Any]] = {}
        for node in self._condition.walk() if self._condition is not None else ():
            if isinstance(node, _COMPARISONS):
                values = list(_spoken_of(node))
                for column in node.find_all(exp.Column):
                    known = found.setdefault(column.name.lower(), [])
                    known += [value for value in values if value not in known]
        return found

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The columns that are compared with each other, in lower case."""
        for node in self._condition.walk() if self._condition is not None else ():
            if isinstance(node, _PAIRING):
                sides = [side.unnest() for side in (node.this, node.expression)]
                sides = [side.this if isinstance(side, exp.Cast) else side for side in sides]
                if all(isinstance(side, exp.Column) for side in sides):
                    yield sides[0].name.lower(), sides[1].name.lower()


@lru_cache(maxsize=4096)
def condition(text: str, dialect: str) -> Condition:
    """The condition of a CHECK, without the word, as the dialect (by SQLAlchemy's name) prints it."""
    return Condition(text, dialect)


def _spoken_of(node: exp.Expr) -> Iterator[Any]:
    measures = any(_is_length(inner) for inner in node.walk())
    for literal in node.find_all(exp.Literal):
        if literal.find_ancestor(exp.DataType) is not None:
            continue
        value = literal_of(literal)
        if measures and isinstance(value, int):
            yield from ("x" * length for length in (value, value + 1, value - 1) if 0 < length <= 10_000)
        elif isinstance(node, (exp.RegexpLike, exp.RegexpILike)):
            yield from sample(str(value))
        elif isinstance(node, exp.Glob):
            yield from sample(from_glob(str(value)))
        elif isinstance(node, (exp.Like, exp.ILike)):
            yield LETTER.sub(lambda found: "x" if found[0] in "%_" else found[0][-1], str(value))
        elif isinstance(value, (int, Decimal)):
            yield from (value, value + 1, value - 1)
        else:
            yield value
            if dated := re.match(r"(\d{4})(-\d\d-\d\d.*)$", value):
                yield from (f"{int(dated[1]) + by:04}{dated[2]}" for by in (1, -1))


def _is_length(node: exp.Expr) -> bool:
    return isinstance(node, _LENGTHS) or (isinstance(node, exp.Anonymous) and node.name.lower() in LENGTH_NAMES)
