from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_guard.live.rows.check_conditions import condition
from migration_guard.live.rows.regex_sample import from_glob, in_python, is_found, sample
from migration_guard.live.rows.values import made
from migration_guard.live.shapes import UNKNOWN, ColumnShape, ForeignKeyShape, TableShape, parents_first

ANY_OF = "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"
NONE_OF = "((status)::text <> ALL ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"


@pytest.mark.parametrize(
    ("text", "row", "refused"),
    [
        (ANY_OF, {"status": "a"}, False),
        (ANY_OF, {"status": "z"}, True),
        (NONE_OF, {"status": "a"}, True),
        (NONE_OF, {"status": "z"}, False),
        ("((a IS NOT NULL) OR (b IS NOT NULL))", {"a": None, "b": None}, True),
        ("((a IS NOT NULL) OR (b IS NOT NULL))", {"a": None, "b": 1}, False),
        ("(a > 3)", {"a": None}, False),
        ("(num_nonnulls(a, b) = 1)", {"a": None, "b": 1}, False),
        ("(num_nonnulls(a, b) = 1)", {"a": 1, "b": 1}, True),
        ("(char_length(name) <= 5)", {"name": "abcdef"}, True),
        ("(length(TRIM(BOTH FROM name)) > 0)", {"name": "  "}, True),
        ("(name ~ '^[a-z]{2}$'::text)", {"name": "ab"}, False),
        ("((name)::text ~* '^[A-Z]{2}$'::text)", {"name": "abc"}, True),
        ("((amount >= 0) AND (amount <= 100))", {"amount": 101}, True),
        ('("end" > start)', {"end": "2024-01-01", "start": "2025-01-01"}, True),
        ("((kind = 'x'::mood) = (other IS NOT NULL))", {"kind": "x", "other": None}, True),
        ("((kind = 'x'::mood) = (other IS NOT NULL))", {"kind": "y", "other": None}, False),
        ("(a IS DISTINCT FROM b)", {"a": None, "b": None}, True),
        ("(NOT (flag AND (x IS NULL)))", {"flag": True, "x": None}, True),
        ("(jsonb_typeof(x) = 'object'::text)", {"x": "[]"}, False),
        ("((jsonb_typeof(x) = 'object'::text) AND (y > 3))", {"x": UNKNOWN, "y": 1}, True),
        ("(price > (0)::numeric)", {"price": -1}, True),
        ("((flag IS TRUE) OR (x > '-5'::integer))", {"flag": False, "x": -6}, True),
        ("CASE WHEN (a = 1) THEN (b IS NOT NULL) ELSE true END", {"a": 1, "b": None}, True),
        ("(lower((email)::text) = (email)::text)", {"email": "A"}, True),
        ("(a not in ('x', 'y'))", {"a": "x"}, True),
        ("(a between 1 and 3)", {"a": 4}, True),
        ("(a in (select 1))", {"a": 4}, False),
        ("(a ~ '[[x]$'::text)", {"a": "y"}, True),
        ("(a ~ '(unclosed'::text)", {"a": "y"}, False),
        ("this is not (sql", {"a": 4}, False),
        ("(a < b)", {"a": Decimal(9), "b": Decimal(10)}, False),
        ("(a < b)", {"a": Decimal(10), "b": 9}, True),
        ("((a)::text ~~ '%\\_%'::text)", {"a": "x_y"}, False),
        ("((a)::text ~~ '%\\_%'::text)", {"a": "xy"}, True),
        ("((a)::text ~~ 'A%'::text)", {"a": "ab"}, True),
        ("((a)::text ~~* 'A%'::text)", {"a": "ab"}, False),
        ("((a)::text !~~ 'a%'::text)", {"a": "ab"}, True),
        ("((a)::text !~~ 'a%'::text)", {"a": "b"}, False),
        (" OR ".join(f"(a = {number})" for number in range(2000)), {"a": 1}, False),
    ],
)
def test_a_condition_refuses_what_the_database_would(text: str, row: dict[str, Any], refused: bool) -> None:
    assert condition(text, "postgresql").refuses(row) is refused


@pytest.mark.parametrize(
    ("text", "row", "refused"),
    [
        ("status in ('a', 'b')", {"status": "c"}, True),
        ("e in (0, 1)", {"e": 1}, False),
        ("t glob 'a*'", {"t": "ba"}, True),
        ("is_on and x is null", {"is_on": 1, "x": 2}, True),
        ("json_valid(n)", {"n": "{"}, False),
        ("a LIKE 'A%'", {"a": "ab"}, False),
        ("a LIKE 'Ä%'", {"a": "ä"}, True),
        ("a NOT LIKE 'A%'", {"a": "ab"}, True),
        ("a LIKE '%\\_%'", {"a": "ab\\c"}, False),
        ("a LIKE '%\\_%' ESCAPE '\\'", {"a": "a_b"}, False),
        ("a IS 5", {"a": 5}, False),
        ("a IS 5", {"a": 6}, True),
        ("a IS 5", {"a": None}, True),
        ("a IS NOT 5", {"a": 5}, True),
        ("a IS NOT 5", {"a": None}, False),
        ("a IS NULL", {"a": 5}, True),
        ("a IS NOT TRUE", {"a": 5}, True),
    ],
)
def test_a_condition_of_sqlite_too(text: str, row: dict[str, Any], refused: bool) -> None:
    assert condition(text, "sqlite").refuses(row) is refused


@pytest.mark.parametrize(
    "text",
    [
        "a LIKE 'A%'",
        "a NOT LIKE 'A%'",
        "a LIKE '%\\_%'",
        "a LIKE '%\\_%' ESCAPE '\\'",
        "a NOT LIKE '%!_%' ESCAPE '!'",
        "a IS 'ab'",
        "a IS NOT 'ab'",
        "a IS NOT NULL",
    ],
)
@pytest.mark.parametrize("value", ["ab", "AB", "a_b", "a\\bc", "b", "", None])
def test_what_a_condition_refuses_sqlite_refuses(text: str, value: str | None) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        ((holds,),) = connection.execute(f"SELECT {text} FROM (SELECT ? AS a)", (value,))

    assert not condition(text, "sqlite").refuses({"a": value}) or holds == 0


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("(a ~~ '%\\_b%'::text)", {"a": ["x_bx"]}),
        (ANY_OF, {"status": ["a", "b"]}),
        ("(price > (10)::numeric)", {"price": [10, 11, 9]}),
        ("(length(name) > 2)", {"name": ["xx", "xxx", "x"]}),
        ("(code ~ '^[A-Z]{2}[0-9]+$')", {"code": ["AA0", "AA0000"]}),
        ("(at >= '2024-01-31'::date)", {"at": ["2024-01-31", "2025-01-31", "2023-01-31"]}),
        ("(url like 'https://%')", {"url": ["https://x"]}),
        ("(a is null)", {}),
    ],
)
def test_a_condition_suggests_the_values_it_speaks_of(text: str, suggested: dict[str, list[Any]]) -> None:
    assert condition(text, "postgresql").suggestions() == suggested


@pytest.mark.parametrize(
    "pattern",
    [
        *("^#[0-9a-f]{6}$", "^[A-Z]{2}$", r"^[^@]+@[^@]+\.[a-z]+$", "^(a|b)c?$", "^[[:alpha:]_][[:alnum:]_]*$"),
        *(r"^\d{3}-\d{4}$", "^https?://.+", r"^[\w.-]{3,}$", "^(?:x{2}|y)$", r"^\S+\s\S+$", "^[]a]+$", "^a{1,3}?b$"),
    ],
)
def test_a_sample_matches_its_pattern(pattern: str) -> None:
    found = list(sample(pattern))

    assert found
    assert all(re.search(in_python(pattern), text) for text in found)


@pytest.mark.parametrize("pattern", ["^(?=x)y$", "(unclosed", r"^(a)\1$", "[z-a]"])
def test_a_pattern_beyond_us_has_no_sample(pattern: str) -> None:
    assert list(sample(pattern)) == []


@given(st.text(alphabet="ab01[]^*?-.x", max_size=8))
def test_a_glob_becomes_a_pattern_that_can_be_tried(glob: str) -> None:
    pattern = from_glob(glob)

    assert pattern.startswith("^") and pattern.endswith("$")
    assert is_found(pattern, "ab") in (True, False, None)


@given(st.sampled_from(["int2", "int4", "text", "uuid", "timestamp", "date", "inet", "jsonb", "numeric"]), st.data())
def test_another_number_gives_another_value(kind: str, data: st.DataObject) -> None:
    column = ColumnShape("a", kind, kind)
    one, other = (data.draw(st.integers(min_value=1, max_value=1500)) for _ in range(2))

    same = made(column, one, 3, "postgresql") == made(column, other, 3, "postgresql")

    assert same is (one == other) or kind == "inet"


@given(st.integers(min_value=1, max_value=60), st.integers(min_value=0, max_value=40))
def test_a_text_never_outgrows_its_column(length: int, ordinal: int) -> None:
    column = ColumnShape("a", f"varchar({length})", "varchar", max_length=length)

    assert len(made(column, ordinal, 5, "postgresql").value) == length


def test_parents_come_first_and_a_cycle_starts_where_null_is_possible() -> None:
    def table(name: str, *parents: str, nullable: bool = False) -> TableShape:
        columns = tuple(ColumnShape(parent, "integer", "int4", nullable) for parent in parents)
        keys = tuple(ForeignKeyShape(parent, (parent,), parent, ("id",)) for parent in parents)
        return TableShape(name, None, columns, foreign_keys=keys)

    tables = [table("a", "b"), table("b", "c"), table("c", "a", nullable=True), table("d", "d"), table("e", "gone")]

    assert [each.name for each in parents_first(tables)] == ["d", "e", "c", "b", "a"]
