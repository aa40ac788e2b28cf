"""What SQL expressions mean, in a form that two spellings of one meaning share: casts, parentheses, IN and ANY."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

SQLGLOT = {"postgresql": "postgres"}  # dialects that sqlglot calls otherwise than SQLAlchemy does
_TEXT_CASTS = (exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR, exp.DataType.Type.CHAR, exp.DataType.Type.BPCHAR)
# Each of these is when the transaction began, or the statement: the same to a default.
_NOW = re.compile(
    r"now\(\)|current_timestamp(\(\d\))?|localtimestamp(\(\d\))?|transaction_timestamp\(\)|datetime\('now'(, 'utc')?\)"
    r"|strftime\('%Y-%m-%d %H:%M:%[Sf]', 'now'\)",
    re.IGNORECASE,
)
_RANDOM = re.compile(r"(\w+\.)?(gen_random_uuid|uuid_generate_v4)\(\)", re.IGNORECASE)
_CAST = re.compile(r"::(character varying|character|bpchar|text)(\(\d+\))?(\[\])?")
_ALONE = re.compile(r"(?<![\w\"])\((\w+|\"[^\"]+\"|'[^']*')\)")


@lru_cache(maxsize=8192)
def meaning(text: str, dialect: str) -> str:
    """A condition or expression, as a text that others of the same meaning share. Only to be compared."""
    try:
        tree = sqlglot.parse_one(text, dialect=SQLGLOT.get(dialect, dialect))
        return _form(tree)
    except (SqlglotError, RecursionError):
        return " ".join(text.lower().split())


@lru_cache(maxsize=8192)
def default_meaning(text: str, family: str, dialect: str) -> str:
    """A column's default likewise; `family` is what its type holds: "text", "boolean", "json" or others. No text where
    it is NULL."""
    bare = _without_casts(text)
    if _NOW.fullmatch(bare):
        return "now"
    if _RANDOM.fullmatch(bare):
        return "random uuid"
    if bare.lower().startswith("nextval("):  # whatever the sequence is called: a renamed table keeps the old name
        return "next value"
    if bare.lower() in ("array[]", "'{}'"):
        return "{}"
    if family == "json" and (value := _json(bare)) is not None:
        return value
    form = meaning(text, dialect)
    if form in ("null", "array()"):
        return "" if form == "null" else "{}"
    return _as_value(form, family)


def _json(literal: str) -> str | None:
    """A value of JSON, its keys in order, as PostgreSQL's jsonb has them in one of its own; None where it is none."""
    if not (literal.startswith("'") and literal.endswith("'")):
        return None
    try:
        return json.dumps(json.loads(literal[1:-1].replace("''", "'")), sort_keys=True)
    except ValueError:
        return None


def without_casts_to_text(definition: str) -> str:
    """An index as PostgreSQL prints it, less the casts to text that depend on what a column once was."""
    before = ""
    while before != definition:
        before, definition = definition, _ALONE.sub(r"\1", _CAST.sub("", definition))
    return definition


def _as_value(form: str, family: str) -> str:
    """Literals of one value alike: '0' and 0, 't' and true."""
    literal = form[1:-1] if form.startswith("'") and form.endswith("'") else form
    if family == "boolean":
        low = literal.lower()
        return {"t": "true", "1": "true", "on": "true", "f": "false", "0": "false", "off": "false"}.get(low, low)
    if family == "text":
        return f"'{literal}'" if _is_number(literal) else form
    if _is_number(literal):
        return _number(literal)
    return literal if form != literal else form


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _without_casts(text: str) -> str:
    bare = text.strip()
    while True:
        before = bare
        bare = re.sub(r"::[a-z][a-z ]*(\(\d+(,\d+)?\))?(\[\])?$", "", bare).strip()
        if bare.startswith("(") and bare.endswith(")") and _closes_at_the_end(bare):
            bare = bare[1:-1].strip()
        if bare == before:
            return bare


def _closes_at_the_end(text: str) -> bool:
    depth = 0
    for at, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return at == len(text) - 1
    return False


def _form(node: exp.Expr) -> str:
    for kind, formed in _FORMS:
        if isinstance(node, kind):
            return formed(node)
    parts = []
    for value in node.args.values():
        values = value if isinstance(value, list) else [value]
        parts += [
            _form(each) if isinstance(each, exp.Expression) else str(each).lower()
            for each in values
            if each not in (None, False, "")
        ]
    return f"{node.key}({', '.join(parts)})"


def _cast(node: exp.Expr) -> str:
    inner, to = node.this, node.args["to"]
    bare = inner.unnest() if isinstance(inner, exp.Paren) else inner
    if isinstance(bare, (exp.Literal, exp.Array, exp.Neg, exp.Null, exp.Cast)) or _is_text(to):
        form = _form(bare)
        number = to.is_type(*exp.DataType.NUMERIC_TYPES) if isinstance(to, exp.DataType) else False
        return _number(form[1:-1]) if number and form.startswith("'") else form
    return f"cast({_form(inner)}, {to.sql().lower()})"


def _is_text(to: exp.Expr) -> bool:
    if not isinstance(to, exp.DataType):
        return False
    inner = to.expressions[0] if to.this == exp.DataType.Type.ARRAY and to.expressions else to
    return isinstance(inner, exp.DataType) and inner.this in _TEXT_CASTS


def _literal(node: exp.Expr) -> str:
    return f"'{node.this}'" if node.is_string else _number(str(node.this))


def _number(text: str) -> str:
    try:
        return format(Decimal(text).normalize(), "f")
    except InvalidOperation:
        return text


def _several(node: exp.Expr) -> str:
    """AND and OR, in whatever order and grouping."""
    return f"{node.key}({', '.join(sorted(_operands(node, type(node))))})"


def _operands(node: exp.Expr, kind: type[exp.Expr]) -> list[str]:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, kind):
        return [*_operands(node.args["this"], kind), *_operands(node.args["expression"], kind)]
    return [_form(node)]


def _equal(node: exp.Expr) -> str:
    right = node.expression
    if isinstance(right, exp.Any) and (values := _values(right.this)) is not None:
        return _among(node.this, values)
    return f"eq({', '.join(sorted((_form(node.this), _form(right))))})"


def _unequal(node: exp.Expr) -> str:
    right = node.expression
    every = right.this if isinstance(right, exp.All) else next(iter(right.expressions), right)
    if (values := _values(every)) is not None:
        return f"not({_among(node.this, values)})"
    return f"not(eq({', '.join(sorted((_form(node.this), _form(right))))}))"


def _values(node: exp.Expr) -> list[str] | None:
    """The members of ARRAY[...], under casts and parentheses."""
    while isinstance(node, (exp.Paren, exp.Cast, exp.Tuple)):
        node = node.expressions[0] if isinstance(node, exp.Tuple) else node.this
    return [_form(each) for each in node.expressions] if isinstance(node, exp.Array) else None


def _among(node: exp.Expr, values: list[str]) -> str:
    if len(values) == 1:
        return f"eq({', '.join(sorted((_form(node), values[0])))})"
    return f"in({_form(node)}: {', '.join(sorted(values))})"


def _in(node: exp.Expr) -> str:
    if node.args.get("query") is not None or not node.expressions:
        return f"in({_form(node.this)}: {node.sql().lower()})"
    return _among(node.this, [_form(each) for each in node.expressions])


def _between(node: exp.Expr) -> str:
    of = _form(node.this)
    sides = sorted((f"gte({of}, {_form(node.args['low'])})", f"lte({of}, {_form(node.args['high'])})"))
    return f"and({', '.join(sides)})"


def _negative(node: exp.Expr) -> str:
    inner = _form(node.this)
    return f"-{inner}" if _is_number(inner) else f"neg({inner})"


def _not(node: exp.Expr) -> str:
    inner = _form(node.this)
    return inner[4:-1] if inner.startswith("not(") else f"not({inner})"


def _is(node: exp.Expr) -> str:
    form = f"is({_form(node.this)}, {_form(node.expression)})"
    return f"not({form})" if node.args.get("negate") else form  # NOT IS where sqlglot has no word for it


def _at_zone(node: exp.Expr) -> str:
    return f"{_form(node.this)} at {_form(node.args['zone']).lower()}"


def _called(node: exp.Expr) -> str:
    name, values = node.name.lower(), [_form(each) for each in node.expressions]
    if name == "timezone" and len(values) == 2:  # AT TIME ZONE, as a function
        return f"{values[1]} at {values[0].lower()}"
    return f"{name}({', '.join(values)})"


_FORMS: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], Callable[[exp.Expr], str]], ...] = (
    (exp.Paren, lambda node: _form(node.this)),
    (exp.Cast, _cast),
    (exp.Literal, _literal),
    (exp.Boolean, lambda node: "true" if node.this else "false"),
    (exp.Null, lambda _: "null"),
    (exp.Column, lambda node: node.name.lower()),
    (exp.Identifier, lambda node: node.name.lower()),
    ((exp.And, exp.Or), _several),
    (exp.EQ, _equal),
    (exp.NEQ, _unequal),
    (exp.In, _in),
    (exp.Between, _between),
    (exp.Neg, _negative),
    (exp.Not, _not),
    (exp.Is, _is),
    (exp.AtTimeZone, _at_zone),
    (exp.CurrentTimestamp, lambda _: "now"),
    (exp.Anonymous, _called),
)
