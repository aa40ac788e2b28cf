"""From SQLite to PostgreSQL: what goes over is the same, and what cannot go is named before anything is written."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from migration_guard.live import Server
from migration_guard.live.project.redirect import own_engine

from .conftest import BEHIND, Project


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    engine = own_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]
    finally:
        engine.dispose()


@pytest.fixture
def url(postgresql: Server) -> str:
    return postgresql.new_database()


def test_every_row_goes_over_is_compared_and_comes_back(project: Project, url: str) -> None:
    project.sql(
        'UPDATE personas SET traits = \'{"b": [1, 2.5, null], "a": "\u00e4"}\', is_active = 0 WHERE id = \'p3\'',
        "UPDATE personas SET display_name = 'O''Brien \\N \t tab' WHERE id = 'p4'",
    )

    printed = project.run("transfer", "--to", url)

    assert "personas: 20" in printed
    assert f"stands at {BEHIND} and holds the same rows, value for value" in printed
    assert rows(url, "SELECT is_active, traits->>'a' FROM personas WHERE id = 'p3'") == [(False, "\u00e4")]
    assert rows(url, "SELECT display_name FROM personas WHERE id = 'p4'") == [("O'Brien \\N \t tab",)]
    assert rows(url, "SELECT version_num FROM alembic_version") == [(BEHIND,)]

    printed = project.run("transfer", "--url", url, "--to", "sqlite:///back.db")

    assert "holds the same rows, value for value" in printed
    with closing(sqlite3.connect(project.root / "back.db")) as back:
        shown = "SELECT id, reddit_username, is_active, created_at FROM personas ORDER BY id"
        assert back.execute(shown).fetchall() == project.sql(shown)
        (traits,) = back.execute("SELECT traits FROM personas WHERE id = 'p3'").fetchone()
        assert json.loads(traits) == {"b": [1, 2.5, None], "a": "\u00e4"}
    assert [path.name for path in project.root.glob("back.db*")] == ["back.db"]


def test_rows_that_cannot_go_are_named_and_nothing_is_copied(project: Project, url: str) -> None:
    project.sql(
        "PRAGMA foreign_keys = OFF",
        "UPDATE personas SET traits = 'no json' WHERE id = 'p1'",
        "UPDATE personas SET display_name = 'a' || char(0) WHERE id = 'p2'",
        "UPDATE personas SET is_active = 'perhaps' WHERE id = 'p3'",
    )

    printed = project.run("transfer", "--to", url, code=1)

    assert "personas (id 'p1'): traits: it is no JSON" in printed
    assert "personas (id 'p2'): display_name: it holds a NUL character" in printed
    assert "personas (id 'p3'): is_active: it is neither true nor false" in printed
    assert "Nothing was copied" in printed
    assert rows(url, "SELECT count(*) FROM personas") == [(0,)]


def test_a_check_copies_nothing_and_other_rows_are_refused(project: Project, url: str) -> None:
    assert "Every row of data/reddit_agent.db can go to" in project.run("transfer", "--check", "--to", url)
    assert rows(url, "SELECT count(*) FROM personas") == [(0,)]

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as there:
        there.execute("DROP TABLE migration_guard_transfer")
        there.execute(
            "INSERT INTO personas (id, reddit_username, traits, created_at, updated_at) VALUES ('x', 'y', '{}', '', '')"
        )
    assert "holds 1 rows already" in project.run("transfer", "--to", url, code=4)


def test_a_database_that_is_not_empty_is_refused(project: Project, url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as there:
        there.execute("CREATE TABLE theirs (id integer)")

    assert "is not empty" in project.run("transfer", "--to", url, code=2)


def test_a_password_is_not_printed(project: Project, url: str) -> None:
    wrong = make_url(url).set(username="nobody-of-that-name", password="hunter2-secret")

    printed = project.run("transfer", "--to", wrong.render_as_string(hide_password=False), code=None)

    assert "hunter2-secret" not in printed
