"""CHECK conditions, read: what they say of a made-up row, and which values they speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from .regex_sample import from_glob, in_python, is_found, sample
from .shapes import UNKNOWN

Row = Mapping[str, Any]  # by column, in lower case

_OF_SQLITE = "of SQLite"  # a mark
_LIKE = re.compile(r"\\?.", re.DOTALL)  # one letter of a pattern, which PostgreSQL lets a backslash escape
_LENGTHS = (exp.Length,)
_LENGTH_NAMES = {"char_length", "character_length", "octet_length", "length"}
_COMPARISONS = (
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Like, exp.ILike),
    *(exp.NullSafeEQ, exp.NullSafeNEQ, exp.RegexpLike, exp.RegexpILike, exp.Glob),
)


class Condition:
    """One condition. What cannot be read refuses no row: the database has the last word."""

    def __init__(self, text: str, dialect: str) -> None:
        try:
            self._tree: exp.Expr | None = sqlglot.parse_one(
                f"SELECT {text}", dialect="postgres" if dialect == "postgresql" else dialect
            ).find(exp.Select)
        except (SqlglotError, RecursionError):
            self._tree = None
        self._condition = self._tree.expressions[0] if self._tree and self._tree.expressions else None
        if dialect == "sqlite" and self._condition is not None:
            for node in self._condition.find_all(exp.Like):
                node.meta[_OF_SQLITE] = True

    def refuses(self, row: Row) -> bool:
        """Whether a row certainly breaks the condition. NULL, as in SQL, does not."""
        try:
            return self._condition is not None and _truth(_value(self._condition, row)) is False
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


@lru_cache(maxsize=4096)
def condition(text: str, dialect: str) -> Condition:
    """The condition of a CHECK, without the word, as the dialect (by SQLAlchemy's name) prints it."""
    return Condition(text, dialect)


def _spoken_of(node: exp.Expr) -> Iterator[Any]:
    measures = any(_is_length(inner) for inner in node.walk())
    for literal in node.find_all(exp.Literal):
        if literal.find_ancestor(exp.DataType) is not None:
            continue
        value = _literal(literal)
        if measures and isinstance(value, int):
            yield from ("x" * length for length in (value, value + 1, value - 1) if 0 < length <= 10_000)
        elif isinstance(node, (exp.RegexpLike, exp.RegexpILike)):
            yield from sample(str(value))
        elif isinstance(node, exp.Glob):
            yield from sample(from_glob(str(value)))
        elif isinstance(node, (exp.Like, exp.ILike)):
            yield _LIKE.sub(lambda found: "x" if found[0] in "%_" else found[0][-1], str(value))
        elif isinstance(value, (int, Decimal)):
            yield from (value, value + 1, value - 1)
        else:
            yield value
            if dated := re.match(r"(\d{4})(-\d\d-\d\d.*)$", value):
                yield from (f"{int(dated[1]) + by:04}{dated[2]}" for by in (1, -1))


def _is_length(node: exp.Expr) -> bool:
    return isinstance(node, _LENGTHS) or (isinstance(node, exp.Anonymous) and node.name.lower() in _LENGTH_NAMES)


def _literal(node: exp.Literal) -> Any:
    if node.is_string:
        return node.this
    return int(node.this) if node.this.isdigit() else Decimal(node.this)


def _truth(value: Any) -> Any:
    """True, False, None or UNKNOWN. SQLite's conditions are numbers."""
    return bool(value) if isinstance(value, (int, Decimal)) else value


def _value(node: exp.Expr, row: Row) -> Any:
    for kind in type(node).__mro__:
        if (worked_out := _BY_KIND.get(kind)) is not None:
            return worked_out(node, row)
    return UNKNOWN


def _both(node: exp.Expr, row: Row) -> tuple[Any, Any]:
    return _value(node.this, row), _value(node.expression, row)


def _and(node: exp.Expr, row: Row) -> Any:
    sides = [_truth(side) for side in _both(node, row)]
    return False if False in sides else UNKNOWN if UNKNOWN in sides else None if None in sides else True


def _or(node: exp.Expr, row: Row) -> Any:
    sides = [_truth(side) for side in _both(node, row)]
    return True if True in sides else UNKNOWN if UNKNOWN in sides else None if None in sides else False


def _not(value: Any) -> Any:
    value = _truth(value)
    return not value if isinstance(value, bool) else value


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[exp.Expr, Row], Any]:
    def compare(node: exp.Expr, row: Row) -> Any:
        left, right = _both(node, row)
        if isinstance(right, list):  # = ANY (ARRAY[...]), <> ALL (ARRAY[...])
            results = [_compare(left, each, test) for each in right]
            wanted = isinstance(node.expression, exp.Any)
            if wanted in results:
                return wanted
            return next((result for result in results if not isinstance(result, bool)), not wanted)
        return _compare(left, right, test)

    return compare


def _compare(left: Any, right: Any, test: Callable[[Any, Any], bool]) -> Any:
    if UNKNOWN in (left, right) or None in (left, right):
        return UNKNOWN if UNKNOWN in (left, right) else None
    if isinstance(left, str) != isinstance(right, str):
        try:
            left, right = (Decimal(side) for side in (left, right))
        except (InvalidOperation, TypeError, ValueError):
            return UNKNOWN
    try:
        return test(left, right)
    except TypeError:
        return UNKNOWN


def _any_of(results: Sequence[Any]) -> Any:
    return True if True in results else UNKNOWN if UNKNOWN in results else None if None in results else False


def _in(node: exp.Expr, row: Row) -> Any:
    if not node.expressions:
        return UNKNOWN  # a subquery
    left = _value(node.this, row)
    return _any_of([_compare(left, _value(each, row), lambda a, b: a == b) for each in node.expressions])


def _between(node: exp.Expr, row: Row) -> Any:
    value, low, high = (_value(node.args[part], row) for part in ("this", "low", "high"))
    sides = [_compare(value, low, lambda a, b: a >= b), _compare(value, high, lambda a, b: a <= b)]
    return False if False in sides else UNKNOWN if UNKNOWN in sides else None if None in sides else True


def _like(flags: int) -> Callable[[exp.Expr, Row], Any]:
    def like(node: exp.Expr, row: Row) -> Any:
        left, right = _both(node, row)
        if not isinstance(left, str) or not isinstance(right, str):
            return None if None in (left, right) else UNKNOWN
        # SQLite knows no escape unless one is named, which another node would say, and ASCII letters of either case:
        # https://www.sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators
        of_sqlite = _OF_SQLITE in node.meta
        letters = right if of_sqlite else _LIKE.findall(right)
        pattern = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter[-1])) for letter in letters)
        found = re.fullmatch(pattern, left, (re.IGNORECASE | re.ASCII if of_sqlite else flags) | re.DOTALL) is not None
        return found != bool(node.args.get("negate"))  # newer versions of sqlglot mark NOT LIKE so

    return like


def _matches(flags: int, spelled: Callable[[str], str] = in_python) -> Callable[[exp.Expr, Row], Any]:
    def matches(node: exp.Expr, row: Row) -> Any:
        left, right = _both(node, row)
        if not isinstance(left, str) or not isinstance(right, str):
            return None if None in (left, right) else UNKNOWN
        result = is_found(spelled(right), left, flags)
        return UNKNOWN if result is None else result

    return matches


def _is(node: exp.Expr, row: Row) -> Any:
    left, right = _both(node, row)
    if UNKNOWN in (left, right):
        return UNKNOWN
    if right is None:
        same = left is None
    elif isinstance(right, bool):
        if isinstance(left, str):
            return UNKNOWN
        same = _truth(left) == right
    else:
        return _not(_distinct(node, row))  # SQLite's, for any two values
    return same != bool(node.args.get("negate"))  # newer versions of sqlglot mark IS NOT so


def _distinct(node: exp.Expr, row: Row) -> Any:
    left, right = _both(node, row)
    if UNKNOWN in (left, right):
        return UNKNOWN
    return left is not right if None in (left, right) else _compare(left, right, lambda a, b: a != b)


def _cast(node: exp.Cast, row: Row) -> Any:
    value = _value(node.this, row)
    if isinstance(value, str) and node.to.this in (*exp.DataType.NUMERIC_TYPES,):
        try:
            return Decimal(value)
        except InvalidOperation:
            return UNKNOWN
    if isinstance(value, str) and node.to.this == exp.DataType.Type.BOOLEAN:
        return {"true": True, "t": True, "false": False, "f": False}.get(value.lower(), UNKNOWN)
    if isinstance(value, (int, Decimal)) and node.to.this in exp.DataType.TEXT_TYPES:
        return UNKNOWN if isinstance(value, Decimal) else str(value).lower()
    return value


def _reckoned(reckon: Callable[[Any, Any], Any]) -> Callable[[exp.Expr, Row], Any]:
    def work_out(node: exp.Expr, row: Row) -> Any:
        left, right = _both(node, row)
        if None in (left, right):
            return None
        if not all(isinstance(side, (int, Decimal)) for side in (left, right)):
            return UNKNOWN
        return reckon(left, right) if right or reckon is not _remainder else UNKNOWN

    return work_out


def _remainder(left: Any, right: Any) -> Any:
    return left % right


def _of_text(change: Callable[[str], Any]) -> Callable[[exp.Expr, Row], Any]:
    def work_out(node: exp.Expr, row: Row) -> Any:
        value = _value(node.this, row)
        return change(value) if isinstance(value, str) else None if value is None else UNKNOWN

    return work_out


def _trim(node: exp.Expr, row: Row) -> Any:
    return UNKNOWN if node.expression is not None else _of_text(str.strip)(node, row)


def _coalesce(node: exp.Expr, row: Row) -> Any:
    for part in (node.this, *node.expressions):
        if (value := _value(part, row)) is not None:
            return value
    return None


def _negative(node: exp.Expr, row: Row) -> Any:
    value = _value(node.this, row)
    return -value if isinstance(value, (int, Decimal)) else value


def _called(node: exp.Expr, row: Row) -> Any:
    name = node.name.lower()
    values = [_value(each, row) for each in node.expressions]
    if UNKNOWN in values:
        return UNKNOWN
    if name == "all" and len(values) == 1:
        return values[0]
    if name in ("num_nonnulls", "num_nulls"):
        nulls = sum(value is None for value in values)
        return nulls if name == "num_nulls" else len(values) - nulls
    if name in _LENGTH_NAMES and len(values) == 1:
        return len(values[0]) if isinstance(values[0], str) else values[0]
    return UNKNOWN


def _case(node: exp.Expr, row: Row) -> Any:
    if node.this is not None:
        return UNKNOWN
    for branch in node.args["ifs"]:
        met = _truth(_value(branch.this, row))
        if met is UNKNOWN:
            return UNKNOWN
        if met:
            return _value(branch.args["true"], row)
    default = node.args.get("default")
    return None if default is None else _value(default, row)


def _array(node: exp.Expr, row: Row) -> Any:
    return [_value(each, row) for each in node.expressions]


_BY_KIND: dict[type, Callable[[Any, Row], Any]] = {
    exp.Column: lambda node, row: row.get(node.name.lower(), UNKNOWN),
    exp.Literal: lambda node, _: _literal(node),
    exp.Boolean: lambda node, _: bool(node.this),
    exp.Null: lambda *_: None,
    exp.Paren: lambda node, row: _value(node.this, row),
    exp.Any: lambda node, row: _value(node.this, row),
    exp.All: lambda node, row: _value(node.this, row),
    exp.Cast: _cast,
    exp.Array: _array,
    exp.And: _and,
    exp.Or: _or,
    exp.Not: lambda node, row: _not(_value(node.this, row)),
    exp.EQ: _compared(lambda a, b: bool(a == b)),
    exp.NEQ: _compared(lambda a, b: bool(a != b)),
    exp.GT: _compared(lambda a, b: bool(a > b)),
    exp.GTE: _compared(lambda a, b: bool(a >= b)),
    exp.LT: _compared(lambda a, b: bool(a < b)),
    exp.LTE: _compared(lambda a, b: bool(a <= b)),
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _like(0),
    exp.ILike: _like(re.IGNORECASE),
    exp.RegexpLike: _matches(0),
    exp.RegexpILike: _matches(re.IGNORECASE),
    exp.Glob: _matches(re.DOTALL, from_glob),
    exp.Is: _is,
    exp.NullSafeNEQ: _distinct,
    exp.NullSafeEQ: lambda node, row: _not(_distinct(node, row)),
    exp.Length: _of_text(len),
    exp.Lower: _of_text(str.lower),
    exp.Upper: _of_text(str.upper),
    exp.Trim: _trim,
    exp.Coalesce: _coalesce,
    exp.Neg: _negative,
    exp.Add: _reckoned(lambda a, b: a + b),
    exp.Sub: _reckoned(lambda a, b: a - b),
    exp.Mul: _reckoned(lambda a, b: a * b),
    exp.Mod: _reckoned(_remainder),
    exp.Case: _case,
    exp.Anonymous: _called,
}
