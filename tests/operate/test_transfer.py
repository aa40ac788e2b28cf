"""From SQLite to PostgreSQL: what goes over is the same, and what cannot go is named before anything is written."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from migration_guard.live import Server
from migration_guard.live.redirect import own_engine
from migration_guard.operate.turn import KEY

from .conftest import BEHIND, Project

EDGE = "INSERT INTO {table} VALUES ({values})"


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


def test_every_row_goes_over_and_is_compared(project: Project, url: str) -> None:
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


def test_a_check_copies_nothing(project: Project, url: str) -> None:
    assert "Every row of data/reddit_agent.db can go to" in project.run("transfer", "--check", "--to", url)
    assert rows(url, "SELECT count(*) FROM personas") == [(0,)]


def test_a_second_run_goes_on_where_the_first_was_cut_off(project: Project, url: str) -> None:
    many(project, 60000)
    process = subprocess.Popen(
        project.command("transfer", "--to", url),
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(2.5)
    process.kill()
    process.wait()

    printed = project.run("transfer", "--to", url)

    assert "holds the same rows, value for value" in printed
    assert rows(url, "SELECT count(*) FROM personas") == [(59921,)]


def test_a_database_with_other_rows_is_refused(project: Project, url: str) -> None:
    project.run("transfer", "--to", url)
    project.sql("DELETE FROM personas WHERE id = 'p1'")

    assert "holds 20 rows already" in project.run("transfer", "--to", url, code=4)


def test_a_database_that_is_not_empty_is_refused(project: Project, url: str) -> None:
    engine = own_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id integer)")
    engine.dispose()

    assert "is not empty" in project.run("transfer", "--to", url, code=2)


def test_a_password_is_not_printed(project: Project, url: str, tmp_path: Path) -> None:
    del tmp_path
    wrong = make_url(url).set(username="nobody-of-that-name", password="hunter2-secret")

    printed = project.run("transfer", "--to", wrong.render_as_string(hide_password=False), code=None)

    assert "hunter2-secret" not in printed


def test_rows_come_back_as_models_read_them(project: Project, url: str) -> None:
    project.sql(
        'UPDATE personas SET traits = \'{"b": [1, 2.50, null], "a": "\u00e4"}\', is_active = 0 WHERE id = \'p3\'',
    )
    project.run("transfer", "--to", url)

    printed = project.run("transfer", "--url", url, "--to", "sqlite:///back.db")

    assert "holds the same rows, value for value" in printed
    with closing(sqlite3.connect(project.root / "back.db")) as back:
        shown = "SELECT id, reddit_username, is_active, created_at FROM personas ORDER BY id"
        assert back.execute(shown).fetchall() == project.sql(shown)
        assert json.loads(back.execute("SELECT traits FROM personas WHERE id = 'p3'").fetchone()[0]) == {
            "b": [1, 2.5, None],
            "a": "\u00e4",
        }
        assert back.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE '%transfer%'").fetchone() == (0,)
    assert [path.name for path in project.root.glob("back.db*")] == ["back.db"]
    assert "holds rows already" in project.run("transfer", "--url", url, "--to", "sqlite:///back.db", code=2)


def test_a_source_that_changed_between_two_runs_is_told_and_copied_again(project: Project, url: str) -> None:
    project.sql("DELETE FROM personas WHERE id = 'p19'")
    project.run("transfer", "--to", url)
    with psycopg_at(url) as there:  # as a run that was killed before its end left it
        there.execute(
            "CREATE TABLE migration_guard_transfer (what text, name text, value text, PRIMARY KEY (what, name))"
        )
        there.execute("INSERT INTO migration_guard_transfer VALUES ('loaded', 'personas', '19 0123')")
    project.sql("UPDATE personas SET display_name = 'new' WHERE id = 'p1'")

    printed = project.run("transfer", "--to", url)

    assert "Changed in data/reddit_agent.db since they were copied: personas." in printed
    assert rows(url, "SELECT display_name FROM personas WHERE id = 'p1'") == [("new",)]
    assert rows(url, "SELECT to_regclass('migration_guard_transfer')") == [(None,)]


def test_rows_that_somebody_else_put_into_the_target_are_not_overwritten(project: Project, url: str) -> None:
    project.run("transfer", "--check", "--to", url)
    with psycopg_at(url) as there:
        there.execute(
            "INSERT INTO personas (id, reddit_username, traits, created_at, updated_at) VALUES ('x', 'y', '{}', '', '')"
        )

    assert "personas" in (printed := project.run("transfer", "--to", url, code=4))
    assert "holds 1 rows, and 0 were put there" in printed
    assert rows(url, "SELECT id FROM personas") == [("x",)]


def test_a_second_transfer_at_the_same_time_is_refused(project: Project, url: str) -> None:
    with psycopg_at(url) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (KEY,))

        printed = project.run("transfer", "--to", url, code=4)

    assert "somebody else is transferring or deploying to" in printed


def test_a_connection_that_is_cut_is_told_in_one_line_and_the_transfer_goes_on(project: Project, url: str) -> None:
    many(project, 60000)
    process = subprocess.Popen(
        project.command("transfer", "--to", url),
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    cut = 0
    with psycopg_at(url) as other:
        while process.poll() is None and not cut:
            found = other.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'migration-guard' AND query LIKE 'COPY%personas%' AND datname = current_database()"
            ).fetchone()
            cut += found[0] if found else 0
    printed, _ = process.communicate()

    assert cut
    assert printed.count("The connection was lost (") == 1
    assert "holds the same rows, value for value" in printed


def test_a_file_that_was_written_to_meanwhile_is_told_and_the_next_run_brings_the_rest(
    project: Project, url: str
) -> None:
    many(project, 60000)
    process = subprocess.Popen(
        project.command("transfer", "--to", url),
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with psycopg_at(url) as other:
        while process.poll() is None:
            if other.execute(
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%personas%' AND pid <> pg_backend_pid()"
            ).fetchone():
                break
    project.sql(
        "INSERT INTO personas (id, reddit_username, traits, created_at, updated_at) VALUES ('x', 'y', '{}', '2026', '2026')"
    )
    printed, _ = process.communicate()

    assert process.returncode == 4, printed
    assert "was written to meanwhile" in printed
    assert "holds the same rows" in project.run("transfer", "--to", url)
    assert rows(url, "SELECT count(*) FROM personas WHERE id = 'x'") == [(1,)]


def many(project: Project, number: int) -> None:
    project.sql(
        f"WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < {number}) "
        "INSERT INTO personas (id, reddit_username, traits, created_at, updated_at) "
        "SELECT 'p' || i, 'u' || i, '{}', '2026', '2026' FROM n"
    )


def psycopg_at(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)
