"""What a value of SQLite must be to be ready for a PostgreSQL column, and the SQL that spells it as PostgreSQL does.

SQLite evaluates both in C: Python touches only values that are not ready, and types that SQL cannot spell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...live.shapes import ColumnShape

_RANGES = {"smallint": 1 << 15, "integer": 1 << 31, "bigint": 1 << 63}
_TEXT = re.compile(r"(?:character varying|character|text|citext|name)(?:\((\d+)\))?")
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_DIGITS = "[0-9]"
_A_TEXT = "typeof({x}) = 'text'"  # which may hold a NUL character: those are looked for where all text is read
_DAY = f"{_DIGITS * 4}-{_DIGITS * 2}-{_DIGITS * 2}"
_FIRST = "'0001-'"  # year; what looks like a number would be compared as one, as columns are that are declared DATE
_CLOCK = f"{_DIGITS * 2}:{_DIGITS * 2}:{_DIGITS * 2}"
# What COPY escapes in its text format, backslash first (postgresql.org/docs/current/sql-copy.html).
_ESCAPED = {92: "\\", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r"}


@dataclass(frozen=True)
class Form:
    """How values of one PostgreSQL type are told and spelled; `{x}` stands for the column."""

    plain: str  # a condition of SQLite: the value, which is not NULL, is ready
    text: str  # an expression of SQLite: a ready value as it is sent; "" where Python has to
    tried: str = ""  # the same where SQLite may err: Python proves it, value by value
    free: bool = False  # it is free text, and may hold what COPY escapes, NUL characters and what is no UTF-8
    there: str = "{x}"  # an expression of PostgreSQL that prints the value alike, whatever the column kept
    digits: int | None = None  # after the point, which is all that the column keeps
    kept: bool = True  # it is read back as it was sent; not so jsonb, and not floats

    def says(self, part: str, column: str) -> str:
        """One of the parts, of a column."""
        return str(getattr(self, part)).replace("{x}", column)


def forms(column: ColumnShape) -> tuple[Form, ...]:
    """The forms of a column, the quickest first, the one that takes most last; none where only Python or PostgreSQL
    itself can spell its values."""
    kind = column.type
    if column.array:
        return ()
    if column.kind == "enum" and column.labels:
        labels = ", ".join("'" + label.replace("'", "''") + "'" for label in column.labels)
        return (Form(f"typeof({{x}}) = 'text' AND {{x}} IN ({labels})", "{x}", free=True),)
    if kind in _RANGES:
        edge = _RANGES[kind]
        # Every integer of SQLite is a bigint.
        between = "" if kind == "bigint" else f" AND {{x}} BETWEEN {-edge} AND {edge - 1}"
        return (Form(f"typeof({{x}}) = 'integer'{between}", "{x}"),)
    if found := _TEXT.fullmatch(kind):
        return (_text(found[1], padded=kind.startswith("character") and "varying" not in kind),)
    if found := _NUMERIC.fullmatch(kind):
        return _numeric(int(found[1]), int(found[2]))
    if kind == "numeric":
        return (Form(f"{_NUMBER} AND abs({{x}}) < 1e308", "", there="trim_scale({x})"),)
    return _OTHERS.get(kind, ())


def escaped(expression: str) -> str:
    """The expression with what COPY escapes escaped."""
    for code, letter in _ESCAPED.items():
        expression = f"replace({expression}, char({code}), '\\{letter}')"
    return expression


def escape(text: bytes) -> bytes:
    """The text as COPY writes it."""
    for code, letter in _ESCAPED.items():
        text = text.replace(bytes((code,)), b"\\" + letter.encode())
    return text


def _text(longest: str | None, *, padded: bool) -> Form:
    # length() ends at a NUL character; those are looked for where all text is read.
    plain, text = "typeof({x}) = 'text'", "rtrim({x}, ' ')" if padded else "{x}"  # what fills it up means nothing
    if longest is not None:
        plain += f" AND length({text}) <= {longest}"
    return Form(plain, text, free=True, there="{x}::text" if padded else "{x}")


def _numeric(precision: int, scale: int) -> tuple[Form, ...]:
    """Decimal numbers. SQLite's printf() is right where its text is the number again, and fifteen digits hold it."""
    fits = f"{_NUMBER} AND abs({{x}}) < 1e{max(precision - scale, 0)} - 1"
    any_of = Form(fits, "", digits=scale)
    if not 0 <= scale < 10:
        return (any_of,)
    text = f"printf('%.{scale}f', {{x}} + 0.0)"  # which is no negative zero
    exact = f"{fits} AND abs({{x}}) < 1e{15 - scale} AND CAST({text} AS REAL) = {{x}}"
    return Form(exact, f"CASE WHEN {{x}} IS NOT NULL THEN {text} END", digits=scale), any_of


def _moment(zone: str) -> tuple[Form, ...]:
    """SQLAlchemy's form of a time, or ISO 8601 in UTC.

    Of the first, julianday() sees to all but days that their month does not have, 24 o'clock and the year 0: where the
    last of six characters behind the point is a digit, all are. What is no text is not between two texts."""
    alchemy = Form(
        f"{{x}} GLOB '????-??-?? ??:??:??.?????{_DIGITS}' AND julianday({{x}}) IS NOT NULL "
        f"AND {{x}} BETWEEN {_FIRST} AND '9999~' AND substr({{x}}, 12, 2) < '24' "
        "AND (substr({x}, 9, 2) < '29' OR date({x}, '+0 days') = substr({x}, 1, 10))",
        "{x}",
        there="CASE WHEN {x} BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999' "
        "THEN to_char({x}, 'YYYY-MM-DD HH24:MI:SS.US') ELSE {x}::text END",
    )
    tail = (
        "CASE WHEN substr({x}, -1) = 'Z' THEN substr({x}, 20, length({x}) - 20) "
        "WHEN substr({x}, -6) = '+00:00' THEN substr({x}, 20, length({x}) - 25) ELSE substr({x}, 20) END"
    )
    plain = (
        f"{_A_TEXT} AND {{x}} GLOB '{_DAY}[ T]{_CLOCK}*' AND {{x}} >= {_FIRST} "
        "AND datetime(substr({x}, 1, 19), '+0 days') = replace(substr({x}, 1, 19), 'T', ' ') "
        f"AND (length({{x}}) = 19 OR {_fraction(f'({tail})')})"
    )
    fraction = f"CASE length({{x}}) WHEN 19 THEN '' ELSE rtrim(rtrim({tail}, '0'), '.') END"
    return alchemy, Form(plain, f"substr({{x}}, 1, 10) || ' ' || substr({{x}}, 12, 8) || {fraction} || '{zone}'")


def _fraction(tail: str) -> str:
    """A condition: nothing, or a point and at most six digits."""
    digits = f"{tail} GLOB '.{_DIGITS}*' AND length({tail}) <= 7 AND substr({tail}, 2) NOT GLOB '*[^0-9]*'"
    return f"({tail} = '' OR ({digits}))"


_JSON = "typeof({x}) = 'text' AND json_valid({x})"
_HEX = "encode(uuid_send({x}), 'hex')"
_UUID = (
    Form(f"{_A_TEXT} AND {{x}} GLOB '{'[0-9a-f]' * 32}'", "{x}", there=_HEX),  # SQLAlchemy's
    Form(
        f"{_A_TEXT} AND (length({{x}}) = 32 AND {{x}} NOT GLOB '*[^0-9a-fA-F]*' OR length({{x}}) = 36 "
        "AND {x} GLOB '????????-????-????-????-????????????' "
        "AND length(replace({x}, '-', '')) = 32 AND replace({x}, '-', '') NOT GLOB '*[^0-9a-fA-F]*')",
        "lower(replace({x}, '-', ''))",
        there=_HEX,
    ),
)
_NUMBER = "typeof({x}) IN ('integer', 'real')"
_SINGLE = f"{_NUMBER} AND abs({{x}}) < 3.4e38 AND ({{x}} = 0 OR abs({{x}}) > 1.2e-38)"
_OTHERS: dict[str, tuple[Form, ...]] = {
    "boolean": (Form("typeof({x}) = 'integer' AND {x} IN (0, 1)", "CASE {x} WHEN 0 THEN 'f' WHEN 1 THEN 't' END"),),
    # printf() does not round every number right.
    "double precision": (
        Form(
            _NUMBER,
            "",
            tried="CASE WHEN {x} IS NOT NULL THEN printf('%!.17g', {x}) END",
            there="encode(float8send({x} + 0), 'hex')",
            kept=False,
        ),
    ),
    "real": (Form(_SINGLE, "", there="encode(float8send({x}::float8 + 0), 'hex')", kept=False),),
    "bytea": (Form("typeof({x}) = 'blob'", "CASE WHEN {x} IS NOT NULL THEN '\\x' || lower(hex({x})) END"),),
    "json": (Form(_JSON, "{x}", free=True),),
    "jsonb": (Form(_JSON, "{x}", free=True, kept=False),),  # what jsonb makes of it only Python tells
    "uuid": _UUID,
    "timestamp with time zone": _moment("+00"),
    "timestamp without time zone": _moment(""),
    "date": (
        Form(f"date({{x}}, '+0 days') = {{x}} AND {{x}} >= {_FIRST}", "{x}"),  # date() gives a text of ten characters
    ),
    "time without time zone": (
        Form(
            f"{_A_TEXT} AND {{x}} GLOB '{_CLOCK}*' AND time(substr({{x}}, 1, 8)) = substr({{x}}, 1, 8) "
            f"AND {_fraction('substr({x}, 9)')}",
            "substr({x}, 1, 8) || rtrim(rtrim(substr({x}, 9), '0'), '.')",
        ),
    ),
}
