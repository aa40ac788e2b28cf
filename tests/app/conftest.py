"""Databases for the tests of the reference application, and Alembic's settings for its own files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from app.database import set_pragmas
from migration_guard.live import Server

ROOT = Path(__file__).parents[2]

Settings = Callable[..., Config]
Connected = Callable[[], AbstractContextManager[Connection]]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An empty SQLite database in a file."""
    return f"sqlite:///{tmp_path / 'agent.db'}"


@pytest.fixture
def postgresql_url(postgresql: Server) -> str:
    """An empty PostgreSQL database."""
    return postgresql.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database, once on SQLite and once on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def engine_for() -> Callable[[str], Engine]:
    """The maker of engines that need no loop, with the application's settings."""

    def engine(url: str) -> Engine:
        made = create_engine(url, poolclass=NullPool)
        if made.dialect.name == "sqlite":
            event.listen(made, "connect", set_pragmas)
        return made

    return engine


@pytest.fixture
def connected(engine_for: Callable[[str], Engine]) -> Callable[[str], AbstractContextManager[Connection]]:
    """A connection with the application's settings, which commits at the end of its block."""

    @contextmanager
    def connection(url: str) -> Iterator[Connection]:
        with engine_for(url).begin() as made:
            yield made

    return connection


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the migrations, to which a test may add a revision."""
    copy = tmp_path / "project"
    shutil.copytree(ROOT / "alembic", copy / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", copy)
    return copy


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Alembic's settings for a database; `root` is that of a copy of the migrations, the rest goes to env.py."""

    def config(url: str, *, root: Path = ROOT, **attributes: Any) -> Config:
        monkeypatch.setenv("SQLALCHEMY_URL", url)
        made = Config(root / "alembic.ini")
        made.attributes.update(configure_logger=False, **attributes)
        return made

    return config
