"""Values of SQLite as PostgreSQL wants them."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

import pytest

from migration_guard.operate.converting import CannotBe, converter
from migration_guard.operate.moving.spelling import canonical

UTC = timezone.utc


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("boolean", 1, True),
        ("boolean", 0, False),
        ("boolean", "t", True),
        ("integer", "42", 42),
        ("integer", 42.0, 42),
        ("bigint", 2**62, 2**62),
        ("numeric", "1.50", Decimal("1.50")),
        ("numeric(5,2)", 1.005, Decimal("1.00")),
        ("double precision", "2.5", 2.5),
        ("text", 5, "5"),
        ("character varying(3)", "abc", "abc"),
        ("timestamp with time zone", "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("timestamp with time zone", "2026-01-02 03:04:05.1234567", datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("timestamp without time zone", "2026-01-02 03:04:05", datetime(2026, 1, 2, 3, 4, 5)),
        ("timestamp(3) without time zone", "2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 1, 4, 5)),
        ("date", "2026-01-02", date(2026, 1, 2)),
        ("time without time zone", "03:04:05", time(3, 4, 5)),
        ("uuid", "0123456789abcdef0123456789abcdef", uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")),
        ("uuid", b"\x00" * 16, uuid.UUID(int=0)),
        ("bytea", b"\x00\xff", b"\x00\xff"),
        ("jsonb", '{"a": 1}', '{"a": 1}'),
        ("integer", None, None),
    ],
)
def test_a_value_becomes_what_the_column_holds(kind: str, value: Any, expected: Any) -> None:
    assert converter(kind)(value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("boolean", 2, "neither true nor false"),
        ("integer", "abc", "no number"),
        ("integer", 1.5, "no whole number"),
        ("integer", 2**31, "too large for integer"),
        ("smallint", 40000, "too large for smallint"),
        ("numeric(5,2)", 1000, "too large for numeric(5,2)"),
        ("text", "a\0b", "a NUL character"),
        ("text", b"abc", "bytes, not text"),
        ("text", "\udcff", "no valid Unicode"),
        ("character varying(3)", "abcd", "it has 4 characters, and 3 fit"),
        ("timestamp with time zone", "yesterday", "no time in ISO 8601"),
        ("date", "01/02/2026", "no date"),
        ("uuid", "xyz", "no UUID"),
        ("json", "{a: 1}", "no JSON"),
        ("json", "NaN", "no JSON"),
    ],
)
def test_a_value_that_cannot_go_says_why(kind: str, value: Any, reason: str) -> None:
    with pytest.raises(CannotBe, match=reason.replace("(", r"\(").replace(")", r"\)")):
        converter(kind)(value)


def test_a_label_must_be_one_of_the_enum() -> None:
    assert converter("mood", ("calm", "angry"))("calm") == "calm"
    with pytest.raises(CannotBe, match="none of calm, angry"):
        converter("mood", ("calm", "angry"))("tired")


def test_a_backslash_before_u0000_is_no_nul_character() -> None:
    jsonb = canonical("jsonb", None)

    assert jsonb(r'"\\u0000"') == r'"\\u0000"'
    with pytest.raises(CannotBe, match="NUL character"):
        jsonb(r'{"a": "\\\u0000"}')
