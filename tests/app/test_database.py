from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app import database
from app.database import create_engine, database_url, set_pragmas, sqlite_file


def pragma(engine_url: str, name: str) -> object:
    async def main() -> object:
        engine = create_engine(engine_url)
        async with engine.connect() as connection:
            found = (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
        await engine.dispose()
        return found

    return asyncio.run(main())


@pytest.mark.parametrize(("name", "value"), [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 5000)])
def test_a_sqlite_connection_has_the_settings_of_the_application(sqlite_url: str, name: str, value: object) -> None:
    assert pragma(sqlite_url, name) == value


def test_a_database_in_memory_has_foreign_keys_too() -> None:
    assert pragma("sqlite://", "foreign_keys") == 1


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    create_engine(f"sqlite:///{tmp_path / 'new' / 'data' / 'agent.db'}")

    assert (tmp_path / "new" / "data").is_dir()


def test_the_environment_goes_before_the_configured_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLALCHEMY_URL", "postgresql://db/agent")

    assert database_url("sqlite://") == "postgresql://db/agent"


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_the_configured_url_counts(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.setenv("SQLALCHEMY_URL", value) if value is not None else monkeypatch.delenv("SQLALCHEMY_URL", False)

    assert database_url("sqlite://") == "sqlite://"
    assert database_url() == "sqlite+aiosqlite:///./data/reddit_agent.db"


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite://", "sqlite+aiosqlite"),
        ("postgresql://db/agent", "postgresql+psycopg"),
        ("postgresql+asyncpg://db/agent", "postgresql+asyncpg"),
    ],
)
def test_a_url_without_a_driver_gets_an_async_one(given: str, driver: str) -> None:
    assert create_engine(given).url.drivername == driver


@pytest.mark.parametrize("in_memory", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:agent?mode=memory&uri=true"])
def test_a_database_in_memory_has_no_file(in_memory: str) -> None:
    assert sqlite_file(make_url(in_memory)) is None


def test_a_new_file_that_another_process_is_turning_to_wal_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "agent.db"
    busy = sqlite3.connect(path, isolation_level=None)
    busy.execute("BEGIN EXCLUSIVE")
    waits: list[float] = []

    def let_go(seconds: float) -> None:
        waits.append(seconds)
        busy.rollback()

    monkeypatch.setattr(database.time, "sleep", let_go)
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 200)
    monkeypatch.setattr(database.time, "monotonic", lambda: 0.0)
    late = sqlite3.connect(path)
    set_pragmas(late, None)

    assert len(waits) == 1
    assert late.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    late.close()
    busy.close()


def test_a_new_file_that_stays_busy_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "agent.db"
    busy = sqlite3.connect(path, isolation_level=None)
    busy.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 50)
    late = sqlite3.connect(path)

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        set_pragmas(late, None)

    late.close()
    busy.close()


def test_objects_stay_readable_after_a_commit() -> None:
    sessions: Callable[..., object] = database.create_sessions(create_engine("sqlite://"))

    assert sessions.kw["expire_on_commit"] is False  # type: ignore[attr-defined]
