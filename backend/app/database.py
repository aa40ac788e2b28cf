"""The engine and the sessions of the application, on SQLite or PostgreSQL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

DEFAULT_URL = "sqlite+aiosqlite:///./data/reddit_agent.db"
ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
BUSY_TIMEOUT = 5_000  # milliseconds that a SQLite connection waits for another one to finish writing


def database_url(otherwise: str = DEFAULT_URL) -> str:
    """The URL in the environment variable SQLALCHEMY_URL, or else the one given."""
    return os.environ.get("SQLALCHEMY_URL") or otherwise


def create_engine(url: str | URL, **options: Any) -> AsyncEngine:
    """An async engine for the URL, which may leave the driver out. Makes the folder of a SQLite file."""
    url = make_url(url)
    engine = create_async_engine(url.set(drivername=ASYNC_DRIVERS.get(url.drivername, url.drivername)), **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", set_pragmas)
        if (path := sqlite_file(engine.url)) is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    return engine


def create_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """The maker of sessions. Objects stay readable after a commit, as async code cannot load them on access."""
    return async_sessionmaker(engine, expire_on_commit=False)


def sqlite_file(url: URL) -> Path | None:
    """The file that a SQLite URL names, or None where the database lives in memory or is named by a URI."""
    name = url.database or ""
    return None if name in ("", ":memory:") or name.startswith("file:") else Path(name)


def set_pragmas(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Give a new SQLite connection its settings: they belong to the connection, only WAL stays in the file."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")  # first, as the change to WAL may have to wait itself
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
