"""What an expression of a CHECK comes to for a made-up row, as far as that can be told without the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlglot import exp

from ..shapes import UNKNOWN
from .regex_sample import from_glob, in_python, is_found

Row = Mapping[str, Any]  # by column, in lower case
OF_SQLITE = "of SQLite"  # marks a LIKE that SQLite reads
LETTER = re.compile(r"\\?.", re.DOTALL)  # one letter of a pattern, which PostgreSQL lets a backslash escape
LENGTH_NAMES = {"char_length", "character_length", "octet_length", "length"}


def literal_of(node: exp.Literal) -> Any:
    """A literal as Python compares it: text, a whole number or a Decimal."""
    if node.is_string:
        return node.this
    return int(node.this) if node.this.isdigit() else Decimal(node.this)


def truth(value: Any) -> Any:
    """True, False, None or UNKNOWN. SQLite's conditions are numbers."""
    return bool(value) if isinstance(value, (int, Decimal)) else value


def worth(node: exp.Expr, row: Row) -> Any:
    """The value of an expression in a row; UNKNOWN where only the database can tell."""
    for kind in type(node).__mro__:
        if (worked_out := _BY_KIND.get(kind)) is not None:
            return worked_out(node, row)
    return UNKNOWN


def _both(node: exp.Expr, row: Row) -> tuple[Any, Any]:
    return worth(node.this, row), worth(node.expression, row)


def _and(node: exp.Expr, row: Row) -> Any:
    sides = [truth(side) for side in _both(node, row)]
    return False if False in sides else UNKNOWN if UNKNOWN in sides else None if None in sides else True


def _or(node: exp.Expr, row: Row) -> Any:
    sides = [truth(side) for side in _both(node, row)]
    return True if True in sides else UNKNOWN if UNKNOWN in sides else None if None in sides else False


def _not(value: Any) -> Any:
    value = truth(value)
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
    left = worth(node.this, row)
    return _any_of([_compare(left, worth(each, row), lambda a, b: a == b) for each in node.expressions])


def _between(node: exp.Expr, row: Row) -> Any:
    value, low, high = (worth(node.args[part], row) for part in ("this", "low", "high"))
    sides = [_compare(value, low, lambda a, b: a >= b), _compare(value, high, lambda a, b: a <= b)]
    return False if False in sides else UNKNOWN if UNKNOWN in sides else None if None in sides else True


def _like(flags: int) -> Callable[[exp.Expr, Row], Any]:
    def like(node: exp.Expr, row: Row) -> Any:
        left, right = _both(node, row)
        if not isinstance(left, str) or not isinstance(right, str):
            return None if None in (left, right) else UNKNOWN
        # SQLite knows no escape unless one is named, which another node would say, and ASCII letters of either case:
        # https://www.sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators
        of_sqlite = OF_SQLITE in node.meta
        letters = right if of_sqlite else LETTER.findall(right)
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
        same = truth(left) == right
    else:
        return _not(_distinct(node, row))  # SQLite's, for any two values
    return same != bool(node.args.get("negate"))  # newer versions of sqlglot mark IS NOT so


def _distinct(node: exp.Expr, row: Row) -> Any:
    left, right = _both(node, row)
    if UNKNOWN in (left, right):
        return UNKNOWN
    return left is not right if None in (left, right) else _compare(left, right, lambda a, b: a != b)


def _cast(node: exp.Cast, row: Row) -> Any:
    value = worth(node.this, row)
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
        value = worth(node.this, row)
        return change(value) if isinstance(value, str) else None if value is None else UNKNOWN

    return work_out


def _trim(node: exp.Expr, row: Row) -> Any:
    return UNKNOWN if node.expression is not None else _of_text(str.strip)(node, row)


def _coalesce(node: exp.Expr, row: Row) -> Any:
    for part in (node.this, *node.expressions):
        if (value := worth(part, row)) is not None:
            return value
    return None


def _negative(node: exp.Expr, row: Row) -> Any:
    value = worth(node.this, row)
    return -value if isinstance(value, (int, Decimal)) else value


def _called(node: exp.Expr, row: Row) -> Any:
    name = node.name.lower()
    values = [worth(each, row) for each in node.expressions]
    if UNKNOWN in values:
        return UNKNOWN
    if name == "all" and len(values) == 1:
        return values[0]
    if name in ("num_nonnulls", "num_nulls"):
        nulls = sum(value is None for value in values)
        return nulls if name == "num_nulls" else len(values) - nulls
    if name in LENGTH_NAMES and len(values) == 1:
        return len(values[0]) if isinstance(values[0], str) else values[0]
    return UNKNOWN


def _case(node: exp.Expr, row: Row) -> Any:
    if node.this is not None:
        return UNKNOWN
    for branch in node.args["ifs"]:
        met = truth(worth(branch.this, row))
        if met is UNKNOWN:
            return UNKNOWN
        if met:
            return worth(branch.args["true"], row)
    default = node.args.get("default")
    return None if default is None else worth(default, row)


def _array(node: exp.Expr, row: Row) -> Any:
    return [worth(each, row) for each in node.expressions]


_BY_KIND: dict[type, Callable[[Any, Row], Any]] = {
    exp.Column: lambda node, row: row.get(node.name.lower(), UNKNOWN),
    exp.Literal: lambda node, _: literal_of(node),
    exp.Boolean: lambda node, _: bool(node.this),
    exp.Null: lambda *_: None,
    exp.Paren: lambda node, row: worth(node.this, row),
    exp.Any: lambda node, row: worth(node.this, row),
    exp.All: lambda node, row: worth(node.this, row),
    exp.Cast: _cast,
    exp.Array: _array,
    exp.And: _and,
    exp.Or: _or,
    exp.Not: lambda node, row: _not(worth(node.this, row)),
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
