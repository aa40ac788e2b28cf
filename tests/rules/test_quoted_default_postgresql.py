"""What quoted-default says of PostgreSQL, asked of a real server."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from migration_guard.rules.quoted_default import EXPRESSION, MOMENT


@pytest.fixture(scope="module")
def connection(postgresql: object) -> Iterator[psycopg.Connection]:
    url = make_url(postgresql.new_database())  # type: ignore[attr-defined]
    options = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    with psycopg.connect(**options, autocommit=True) as connection:
        yield connection


def default_of(connection: psycopg.Connection, kind: str, text: str) -> str:
    """The default as the catalogue has it."""
    connection.execute(f"CREATE TEMPORARY TABLE t (c {kind} DEFAULT '{text}')")
    try:
        found = connection.execute("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 't'::regclass")
        return str((found.fetchone() or ("",))[0])
    finally:
        connection.execute("DROP TABLE t")


@pytest.mark.parametrize("text", ["now", "now()", "NOW()", "today", "tomorrow", "yesterday"])
@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "date"])
def test_the_moment_of_the_ddl_becomes_the_default(connection: psycopg.Connection, kind: str, text: str) -> None:
    assert MOMENT.fullmatch(text)
    assert default_of(connection, kind, text).startswith("'20")


@pytest.mark.parametrize(
    ("kind", "text"),
    [("timestamp", "CURRENT_TIMESTAMP"), ("date", "utcnow()"), ("uuid", "gen_random_uuid()"), ("integer", "random()")],
)
def test_what_is_no_value_of_the_type_is_refused(connection: psycopg.Connection, kind: str, text: str) -> None:
    assert EXPRESSION.fullmatch(text)
    with pytest.raises(psycopg.errors.DataError):
        connection.execute(f"CREATE TEMPORARY TABLE t (c {kind} DEFAULT '{text}')")


def test_a_column_of_text_gets_the_words(connection: psycopg.Connection) -> None:
    assert default_of(connection, "text", "now()") == "'now()'::text"
