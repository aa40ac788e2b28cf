"""The engine and the sessions of the application, on SQLite or PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import time
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
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    cursor.execute("PRAGMA foreign_keys = ON")
    use_wal(cursor)
    cursor.close()


def use_wal(cursor: Any) -> None:
    """Turn to WAL, in which readers and a writer go on side by side. The file remembers it.

    Raises sqlite3.OperationalError when the file stays busy. Only the turn of a new file ever waits, and SQLite does
    not count it among what `busy_timeout` covers.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT / 1_000
    while not turned_to_wal(cursor, last_try=time.monotonic() > deadline):
        time.sleep(0.02)


def turned_to_wal(cursor: Any, *, last_try: bool) -> bool:
    """Whether the file is in WAL mode now; on the last try the reason why not is raised."""
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        if last_try:
            raise
        return False
    return True
