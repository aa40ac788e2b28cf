"""The parts of `squash` that need no database."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_guard.squash.dumping import entries, unqualified, with_lists
from migration_guard.squash.schema import inside, pieces
from migration_guard.squash.spelling import (
    escaped,
    postgresql_defaults,
    postgresql_types,
    sqlite_defaults,
    sqlite_types,
    text_literal,
)
from migration_guard.squash.tables import Table, in_order
from migration_guard.squash.writing import execute


@pytest.mark.parametrize(
    ("shown", "plain"),
    [
        ("(kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])", "kind IN ('a', 'b')"),
        ("(state = ANY (ARRAY['it''s'::mood, 'b'::mood])) OR true", "(state IN ('it''s', 'b')) OR true"),
        ("(k)::text <> ALL ((ARRAY['a'::character varying])::text[])", "k NOT IN ('a')"),
        ("tags = ANY (ARRAY[other])", "tags = ANY (ARRAY[other])"),
    ],
)
def test_lists_of_postgresql_are_written_as_people_do(shown: str, plain: str) -> None:
    assert with_lists(shown) == plain


def test_names_lose_the_usual_schema_but_not_in_bodies_of_functions() -> None:
    assert unqualified("CREATE VIEW public.v AS SELECT republic.x") == "CREATE VIEW v AS SELECT republic.x"
    assert unqualified("AS $$ SELECT public.f() $$") == "AS $$ SELECT public.f() $$"


def test_a_dump_is_taken_apart_into_whole_statements() -> None:
    dump = (
        "SET x = on;\n--\n-- Name: f(integer); Type: FUNCTION; Schema: public; Owner: -\n--\n\n"
        "CREATE FUNCTION public.f(integer) RETURNS integer\n    AS $_$ SELECT 1;\nSELECT 2; $_$;\n\n\n"
        "SET default_tablespace = '';\n\n--\n-- Name: t; Type: TABLE; Schema: other; Owner: -\n--\n\n"
        "CREATE TABLE other.t (\n    a text DEFAULT ';\n'::text\n);\n\n"
    )

    first, second = entries(dump)

    assert (first.kind, first.schema, len(first.statements)) == ("FUNCTION", "public", 1)
    assert first.statements[0].endswith("SELECT 2; $_$")
    assert (second.name, second.schema) == ("t", "other")
    assert second.statements == ("CREATE TABLE other.t (\n    a text DEFAULT ';\n'::text\n)",)


@pytest.mark.parametrize(
    ("declared", "spelled"),
    [
        ("varchar(30)", ("sa.String(length=30)",)),
        ("NUMERIC(10, 2)", ("sa.Numeric(precision=10, scale=2)",)),
        ("CHAR(32)", ("sa.CHAR(length=32)", "sa.Uuid()")),
        ("GUID", ()),
        ("", ()),
    ],
)
def test_types_of_sqlite_are_spelled_or_not_at_all(declared: str, spelled: tuple[str, ...]) -> None:
    assert sqlite_types(declared) == spelled


@pytest.mark.parametrize(
    ("shown", "spelled"),
    [
        ("numeric(10,2)", "sa.Numeric(precision=10, scale=2)"),
        ("timestamp(3) with time zone", "postgresql.TIMESTAMP(timezone=True, precision=3)"),
        ("text[]", "postgresql.ARRAY(sa.Text())"),
        ("bit varying(8)", "postgresql.BIT(length=8, varying=True)"),
        ("mood", "the enum"),
        ("vector(3)", None),
    ],
)
def test_types_of_postgresql_are_spelled_or_not_at_all(shown: str, spelled: str | None) -> None:
    found = postgresql_types(shown, {"mood": "the enum"})

    assert (found[0] if found else None) == spelled


def test_defaults_that_mean_the_same_on_both_databases_have_a_spelling_in_common() -> None:
    def both(sqlite: str, postgresql: str, kind: str) -> str:
        right = postgresql_defaults(postgresql, kind)
        return next(one for one in sqlite_defaults(sqlite) if one in right)

    assert both("'free'", "'free'::character varying", "character varying(10)") == '"free"'
    assert both("0", "false", "boolean") == "sa.false()"
    assert both("CURRENT_TIMESTAMP", "now()", "timestamp without time zone") == "sa.func.now()"
    assert both("-1", "'-1'::integer", "integer") == 'sa.text("-1")'
    assert both("'{}'", "'{}'::jsonb", "jsonb") == '"{}"'


def test_colons_and_quotes_survive_the_way_through_sqlalchemy() -> None:
    assert escaped("a::text = ':b' AND c = 12:30") == "a::text = '\\:b' AND c = 12:30"
    assert text_literal('say "a"') == "'say \"a\"'"
    assert ast.literal_eval(text_literal("a'b\"c\\")) == "a'b\"c\\"


def test_brackets_and_commas_in_quotes_separate_nothing() -> None:
    assert pieces("a, f(b, ')'), \"c, d\"") == ["a", "f(b, ')')", '"c, d"']
    assert inside("(a > ')') rest", 0) == ("a > ')'", 9)


def test_text_whose_blanks_matter_is_not_moved() -> None:
    body = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\n  SELECT 'a';\n$$"

    (text,) = (
        each.value for each in ast.walk(ast.parse(execute(body).replace("\0", ""))) if isinstance(each, ast.Constant)
    )

    assert text == body


def test_tables_come_after_those_that_they_point_at_and_a_circle_loses_one_key() -> None:
    tables = [
        Table("a", parents=frozenset({"b"})),
        Table("b", parents=frozenset({"c"})),
        Table("c", parents=frozenset({"b", "c"})),
        Table("d"),
    ]

    found, broken = in_order(tables)

    assert [each.name for each in found].index("b") < [each.name for each in found].index("a")
    assert len(broken) == 1
    assert broken <= {("b", "c"), ("c", "b")}


@given(st.text(alphabet="\\'\"a\n\0é:%", max_size=12))
def test_any_text_is_the_same_as_a_literal(text: str) -> None:
    assert ast.literal_eval(text_literal(text)) == text
