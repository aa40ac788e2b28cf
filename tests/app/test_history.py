from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from catalogues import catalogue
from sqlalchemy import Connection, Engine, text

from app.models import Base
from migration_guard.config import load
from migration_guard.lint import check

Settings = Callable[..., Config]
Connected = Callable[[str], AbstractContextManager[Connection]]

ROOT = Path(__file__).parents[2]
FIRST_ROWS = "9a01b25bdff1"  # all tables stand
BEFORE_THE_BACKFILL = "ec79353ef693"
FORK = "054e5dde157b"
STEPS = [
    ("base", "986041159ad8"),
    ("986041159ad8", "98d800a0509c"),
    ("98d800a0509c", FIRST_ROWS),
    (FIRST_ROWS, "b0b108a68a45"),
    ("b0b108a68a45", BEFORE_THE_BACKFILL),
    (BEFORE_THE_BACKFILL, "cbcbfb4db98d"),
    ("cbcbfb4db98d", FORK),
    (FORK, "6e2fb0656425"),
    (FORK, "cb0bf01c3864"),
    (FORK, "2d83b41f4ef9"),
    ("2d83b41f4ef9", "7d1f4be02c95"),
]
NOW = "2026-01-01T00:00:00.000000+00:00"
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("personas", {"id": "p1", "reddit_username": "otter", "name": "Otter", "traits": "{}", "updated_at": NOW}),
    ("personas", {"id": "p2", "reddit_username": "owl", "name": None, "traits": "{}", "updated_at": NOW}),
    ("agent_config", {"id": "c1", "persona_id": "p1", "config_key": "tempo", "config_value": "{}", "updated_at": NOW}),
    *(
        (
            "belief_nodes",
            {"id": key, "persona_id": "p1", "title": key, "summary": "", "confidence": 0.5, "tags": "[]"}
            | {"updated_at": NOW},
        )
        for key in ("b1", "b2", "b3")
    ),
    ("belief_edges", {"id": "e1", "source_id": "b1", "target_id": "b2", "relation": "supports", "weight": 1.0}),
    ("stance_versions", {"id": "s1", "belief_id": "b1", "text": "No.", "status": "deprecated"}),
    ("stance_versions", {"id": "s2", "belief_id": "b1", "text": "Yes.", "status": "locked"}),
    ("stance_versions", {"id": "s3", "belief_id": "b2", "text": "Yes.", "status": "current"}),
    ("evidence_links", {"id": "l1", "belief_id": "b1", "source_type": "note", "source_ref": "x", "strength": "weak"}),
    (
        "belief_updates",
        {"id": "u1", "belief_id": "b1", "old_value": None, "new_value": "{}", "reason": "", "trigger": "manual"}
        | {"updated_by": "ann"},
    ),
    (
        "interactions",
        {"id": "i1", "persona_id": "p1", "kind": "post", "reddit_id": "t3_a", "subreddit": "python", "content": ""}
        | {"details": "{}"},
    ),
    (
        "pending_posts",
        {"id": "d1", "persona_id": "p1", "kind": "post", "subreddit": "python", "content": "", "draft": "{}"}
        | {"status": "approved", "updated_at": NOW},
    ),
]


@pytest.fixture
def filled(settings: Settings, connected: Connected) -> Callable[[str], Config]:
    """A database with every table and some rows, at the first revision where all tables stand."""

    def fill(url: str) -> Config:
        config = settings(url)
        command.upgrade(config, FIRST_ROWS)
        with connected(url) as connection:
            for table, row in ROWS:
                full = row if table == "agent_config" else {**row, "created_at": NOW}
                names, values = ", ".join(full), ", ".join(f":{name}" for name in full)
                json_ones = {"traits", "config_value", "tags", "old_value", "new_value", "details", "draft"}
                if connection.dialect.name == "postgresql":
                    values = ", ".join(f"CAST(:{n} AS jsonb)" if n in json_ones else f":{n}" for n in full)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), full)
        return config

    return fill


def rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by table, each as a dict."""
    return {
        table: [dict(row._mapping) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY id"))]
        for table in dict(ROWS)
    }


def test_the_history_has_one_head_and_one_base() -> None:
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))

    assert script.get_heads() == ["7d1f4be02c95"]
    assert script.get_bases() == ["986041159ad8"]
    assert len(list(script.walk_revisions())) == len(STEPS)


def test_the_migrated_schema_is_the_one_that_the_models_make(
    url: str, settings: Settings, connected: Connected
) -> None:
    command.upgrade(settings(url), "head")
    with connected(url) as connection:
        migrated = catalogue(connection)
    with connected(url) as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
    with connected(url) as connection:
        made = catalogue(connection)

    assert migrated == made
    assert set(Base.metadata.tables) <= set(migrated)


def test_autogenerate_has_nothing_to_add(url: str, settings: Settings) -> None:
    config = settings(url)
    config.stdout = io.StringIO()
    command.upgrade(config, "head")

    command.check(config)

    assert "No new upgrade operations" in config.stdout.getvalue()


def test_every_revision_goes_down_without_a_trace_and_up_again_to_the_same(
    url: str, filled: Callable[[str], Config], settings: Settings, engine_for: Callable[[str], Engine]
) -> None:
    filled(url)
    connection = engine_for(url).connect()
    config = settings(url, connection=connection)

    def seen() -> dict[str, Any]:
        found = catalogue(connection)
        connection.rollback()
        return found

    for before, after in STEPS[3:] + list(reversed(STEPS[:3])):
        move(config, before)
        low = seen()
        command.upgrade(config, after)
        high = seen()
        command.downgrade(config, before)
        assert seen() == low, f"{after} leaves something behind"
        command.upgrade(config, after)
        assert seen() == high, f"{after} builds something else the second time"
    connection.close()


def move(config: Config, revision: str) -> None:
    """Go to a revision from wherever the database stands."""
    if revision != "base":
        command.upgrade(config, revision)
    command.downgrade(config, revision)


def test_rows_survive_the_way_up_and_down(url: str, filled: Callable[[str], Config], connected: Connected) -> None:
    config = filled(url)
    with connected(url) as connection:
        before = rows(connection)
    command.upgrade(config, "head")
    with connected(url) as connection:
        at_head = rows(connection)
    command.downgrade(config, FIRST_ROWS)
    with connected(url) as connection:
        after = rows(connection)

    assert after == before
    assert {table: len(found) for table, found in at_head.items()} == {
        table: len(found) for table, found in before.items()
    }


def test_what_the_data_becomes(url: str, filled: Callable[[str], Config], connected: Connected) -> None:
    command.upgrade(filled(url), "head")
    with connected(url) as connection:
        found = rows(connection)

    assert [bool(persona["is_active"]) for persona in found["personas"]] == [True, True]
    assert [persona["display_name"] for persona in found["personas"]] == ["Otter", None]
    assert {belief["id"]: bool(belief["is_locked"]) for belief in found["belief_nodes"]} == {
        "b1": True,
        "b2": False,
        "b3": False,
    }


def test_the_rebuild_of_a_parent_keeps_children_that_a_delete_would_take_along(
    sqlite_url: str, filled: Callable[[str], Config], connected: Connected
) -> None:
    config = filled(sqlite_url)
    command.upgrade(config, BEFORE_THE_BACKFILL)

    command.upgrade(config, "+1")

    with connected(sqlite_url) as connection:
        found = rows(connection)
    assert [len(found[table]) for table in ("stance_versions", "belief_edges", "evidence_links")] == [3, 1, 1]


def test_statuses_that_the_older_check_forbids_become_approved_on_the_way_down(
    url: str, filled: Callable[[str], Config], connected: Connected
) -> None:
    config = filled(url)
    command.upgrade(config, "head")
    with connected(url) as connection:
        connection.execute(text("UPDATE pending_posts SET status = 'published', interaction_id = 'i1'"))

    command.downgrade(config, FIRST_ROWS)

    with connected(url) as connection:
        assert connection.execute(text("SELECT status FROM pending_posts")).scalars().all() == ["approved"]


def test_the_printed_sql_builds_what_the_migrations_build(
    url: str, settings: Settings, connected: Connected, engine_for: Callable[[str], Engine]
) -> None:
    run_script(engine_for(url), printed(settings(url), command.upgrade, "head"))
    with connected(url) as connection:
        by_script = catalogue(connection)
    command.downgrade(settings(url), "base")
    command.upgrade(settings(url), "head")
    with connected(url) as connection:
        by_migrations = catalogue(connection)

    assert by_script == by_migrations
    assert set(Base.metadata.tables) <= set(by_script)


def test_the_printed_sql_of_the_way_down_leaves_nothing(
    url: str, filled: Callable[[str], Config], connected: Connected, engine_for: Callable[[str], Engine]
) -> None:
    config = filled(url)
    command.upgrade(config, "head")
    run_script(engine_for(url), printed(config, command.downgrade, "head:base"))

    with connected(url) as connection:
        assert catalogue(connection) == {}


def printed(config: Config, move: Callable[..., None], revision: str) -> str:
    """What the command prints with `--sql`."""
    config.output_buffer = io.StringIO()
    move(config, revision, sql=True)
    return config.output_buffer.getvalue()


def run_script(engine: Engine, script: str) -> None:
    """Run a whole script as the database's own shell would."""
    connection = engine.raw_connection()
    driver: Any = connection.driver_connection
    if engine.dialect.name == "sqlite":  # with foreign keys on, which the script itself must turn off
        driver.executescript(script)
    else:
        driver.autocommit = True
        driver.execute(script)
    connection.close()


def test_json_is_jsonb_on_postgresql(postgresql_url: str, settings: Settings, connected: Connected) -> None:
    command.upgrade(settings(postgresql_url), "head")
    with connected(postgresql_url) as connection:
        types = {
            column: kind
            for table in catalogue(connection).values()
            if isinstance(table, dict)
            for column, (kind, *_) in table["columns"].items()
        }

    assert {types[name] for name in ("traits", "tags", "new_value", "details", "draft", "config_value")} == {"JSONB"}
    assert set(types.values()) == {"BOOLEAN", "DOUBLE PRECISION", "JSONB", "TEXT"}


def test_every_revision_is_signed_and_the_guard_has_nothing_to_say() -> None:
    report = check(ROOT, load(ROOT))

    assert report.findings == ()
    assert report.not_judged == ()
    assert report.looked_at.revisions == len(STEPS)
    assert [path.name for path in ROOT.glob("alembic/versions/*.py") if "\nReviewed: " not in path.read_text()] == []
