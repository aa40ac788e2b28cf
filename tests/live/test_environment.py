"""Engines are led to the scratch database, however a project makes them; env.py's own settings are honoured."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from migration_guard.errors import CannotFinish
from migration_guard.live import Server
from migration_guard.live.project.attributes import Attributes
from migration_guard.live.project.environment import Environment, cause_in
from migration_guard.live.project.loading import Home
from migration_guard.live.project.redirect import Lead, engines_led
from migration_guard.live.project.stage import Stage
from migration_guard.live.statements import Recorder

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"


@pytest.fixture
def scratch_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'scratch.sqlite'}"


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


def home(name: str, folder: Path) -> Home:
    root = Path(shutil.copytree(PROJECTS / name, folder / name))
    return Home(root=root, ini=root / "alembic.ini", section="alembic", script_location=root / "migrations")


def file_of(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        return str(connection.exec_driver_sql("PRAGMA database_list").fetchall()[0][2])


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////data/real.db",
        "sqlite://",
        "sqlite+aiosqlite:///real.db",
        "postgresql+psycopg2://app:hunter2@db.internal/app?sslmode=require",
        "mysql+pymysql://app:hunter2@db.internal/app",
        "driver://user:pass@localhost/dbname",
        sa.URL.create("postgresql+asyncpg", "app", "hunter2", "db.internal", 5432, "app"),
    ],
)
def test_an_engine_for_any_url_comes_to_the_scratch_database(url: Any, scratch_url: str) -> None:
    with engines_led(Lead(scratch_url)):
        engine = sa.create_engine(url, pool_size=5, max_overflow=1, pool_recycle=60)

    assert file_of(engine) == scratch_url.removeprefix("sqlite:///")


def test_every_way_to_make_an_engine_is_led(scratch_url: str) -> None:
    with engines_led(Lead(scratch_url)):
        made = [
            sa.create_engine("sqlite:///a.db"),
            sa.engine.create_engine("sqlite:///b.db"),
            sa.engine_from_config({"sqlalchemy.url": "sqlite:///c.db", "sqlalchemy.pool_size": "3"}),
            sa.create_engine(
                "sqlite://", poolclass=QueuePool, creator=lambda: pytest.fail("the project's creator ran")
            ),
            create_async_engine("sqlite+aiosqlite:///d.db").sync_engine,
        ]

    assert {engine.url.database for engine in made} == {scratch_url.removeprefix("sqlite:///")}


def test_an_engine_that_is_kept_follows_to_the_next_scratch_database(scratch_url: str, tmp_path: Path) -> None:
    lead = Lead(scratch_url)
    with engines_led(lead):
        engine = sa.create_engine("sqlite:///real.db", connect_args={"timeout": 1})
    file_of(engine)

    lead.url = f"sqlite:///{tmp_path / 'next.sqlite'}"

    assert file_of(engine) == str(tmp_path / "next.sqlite")


def test_an_async_engine_of_another_dialect_gets_an_async_driver(scratch_url: str) -> None:
    async def file() -> str:
        async with engine.connect() as connection:
            return str((await connection.exec_driver_sql("PRAGMA database_list")).fetchall()[0][2])

    with engines_led(Lead(scratch_url)):
        engine = create_async_engine("postgresql+asyncpg://app@db.internal/app", pool_size=3)

    assert asyncio.run(file()) == scratch_url.removeprefix("sqlite:///")


def test_engines_are_their_own_again_afterwards(scratch_url: str, tmp_path: Path) -> None:
    with engines_led(Lead(scratch_url)):
        pass

    assert sa.create_engine(f"sqlite:///{tmp_path / 'mine.db'}").url.database == str(tmp_path / "mine.db")


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_the_projects_own_postgresql_driver_is_kept(driver: str, postgresql: Server) -> None:
    async def value() -> Any:
        async with engine.connect() as connection:
            return (await connection.exec_driver_sql("SELECT current_database()")).scalar()

    lead = Lead(postgresql.new_database())
    with engines_led(lead):
        engine = create_async_engine(f"postgresql+{driver}://app:hunter2@db.internal/app?ssl=require")

    assert engine.dialect.driver == driver
    assert asyncio.run(value()) == sa.make_url(lead.url).database


def test_settings_of_the_session_are_kept_with_the_driver(postgresql: Server) -> None:
    with engines_led(Lead(postgresql.new_database())):
        engine = sa.create_engine(
            "postgresql+psycopg://app:hunter2@db.internal/app",
            connect_args={"options": "-c statement_timeout=4321", "sslmode": "require", "host": "db.internal"},
        )

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "4321ms"


@pytest.mark.parametrize(
    ("configured", "led"),
    [
        ("sqlite:///real.db", "sqlite:///real.db"),
        (None, "sqlite:////s.sqlite"),
        ("", "sqlite:////s.sqlite"),
        ("driver://user:pass@localhost/dbname", "driver://user:pass@localhost/dbname"),
        ("postgresql://app@db/app", "sqlite:////s.sqlite"),
        ("postgresql+asyncpg://app@db/app", "sqlite+aiosqlite:////s.sqlite"),
    ],
)
def test_a_url_that_code_looks_at_is_the_projects_own_where_it_has_one_that_fits(
    configured: str | None, led: str
) -> None:
    assert Lead("sqlite:////s.sqlite").url_for(configured) == led


def test_a_project_that_names_no_driver_runs_on_the_one_that_was_not_installed_by_the_guard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = Lead("postgresql+psycopg://guard@/scratch?host=/s")
    monkeypatch.setitem(sys.modules, "psycopg2", None)  # what an import of it finds
    assert lead.url_for(None) == lead.url

    monkeypatch.delitem(sys.modules, "psycopg2")
    (tmp_path / "psycopg2.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    assert lead.url_for(None) == "postgresql+psycopg2://guard@/scratch?host=/s"
    assert lead.drivername(sa.make_url("sqlite:///app.db"), is_async=False) == "postgresql+psycopg2"
    assert lead.drivername(sa.make_url("postgresql+psycopg://app@db/app"), is_async=False) == "postgresql+psycopg"


@pytest.mark.parametrize(("driver", "missing"), [("pg8000", "pg8000"), ("psycopg", None), ("asyncpg", None)])
def test_a_driver_of_the_project_that_is_not_installed_is_known(driver: str, missing: str | None) -> None:
    lead = Lead("postgresql+psycopg://guard@/scratch?host=/s")

    with engines_led(lead):
        sa.create_engine(f"postgresql+{driver}://app@db.internal/app")

    assert lead.missing == missing


def test_env_sees_its_own_settings_and_the_command_line_of_an_upgrade(
    scratch_url: str, recorder: Recorder, tmp_path: Path
) -> None:
    seen: dict[str, Any] = {}

    def play(stage: Stage) -> None:
        seen.update(stage.options, heads=stage.script.get_heads(), command=stage.config.cmd_opts)

    lead = Lead(scratch_url)
    with engines_led(lead):
        Environment(home("env_takes_connection", tmp_path), lead, recorder).run(play)

    assert seen["transaction_per_migration"] is True
    assert seen["transactional_ddl"] is True
    assert seen["heads"] == ["r2"]
    assert seen["command"].revision == "heads"


def test_a_step_is_committed_and_moves_the_version(scratch_url: str, recorder: Recorder, tmp_path: Path) -> None:
    heads = []

    def play(stage: Stage) -> None:
        first = stage.script.get_revision("r1")
        heads.append(stage.heads())
        stage.step(first, "upgrade")
        heads.append(stage.heads())
        stage.step(first, "downgrade")
        heads.append(stage.heads())
        stage.step(first, "upgrade")

    lead = Lead(scratch_url)
    with engines_led(lead):
        Environment(home("env_begins_around", tmp_path), lead, recorder).run(play)

    assert heads == [(), ("r1",), ()]
    engine = sa.create_engine(scratch_url, poolclass=NullPool)
    assert sa.inspect(engine).has_table("person")


def test_an_error_of_ours_passes_env_unharmed(scratch_url: str, recorder: Recorder, tmp_path: Path) -> None:
    def play(_: Stage) -> None:
        raise LookupError("ours")

    lead = Lead(scratch_url)
    with engines_led(lead), pytest.raises(LookupError, match="ours"):
        Environment(home("async_env", tmp_path), lead, recorder).run(play)


def test_an_env_that_never_migrates_is_told(scratch_url: str, recorder: Recorder, tmp_path: Path) -> None:
    lead = Lead(scratch_url)
    with engines_led(lead), pytest.raises(CannotFinish, match=r"without context\.run_migrations"):
        Environment(home("env_does_nothing", tmp_path), lead, recorder).run(lambda _: None)


def test_an_env_that_wants_a_connection_from_its_program_gets_one_on_every_database(
    scratch_url: str, recorder: Recorder, tmp_path: Path
) -> None:
    lead = Lead(scratch_url)
    seen = []
    environment = Environment(home("env_wants_connection", tmp_path), lead, recorder)

    with engines_led(lead):
        for name in ("one.sqlite", "other.sqlite"):
            lead.url = f"sqlite:///{tmp_path / name}"
            environment.run(lambda stage: seen.append(file_of(stage.connection.engine)))

    assert [Path(file).name for file in seen] == ["one.sqlite", "other.sqlite"]


def test_an_env_that_fails_with_a_connection_too_raises_what_it_raised_without(
    scratch_url: str, recorder: Recorder, tmp_path: Path
) -> None:
    project = home("env_wants_connection", tmp_path)
    (project.script_location / "env.py").write_text(
        "from alembic import context\nraise RuntimeError(str(context.config.attributes.get('connection')))\n"
    )
    lead = Lead(scratch_url)

    with engines_led(lead), pytest.raises(RuntimeError, match="None"):
        Environment(project, lead, recorder).run(lambda _: None)


@pytest.mark.parametrize(
    ("look", "wanted"),
    [
        (lambda attributes: attributes.get("connection"), True),
        (lambda attributes: attributes["connection"], True),
        (lambda attributes: "connection" in attributes, True),
        (lambda attributes: attributes.get("configure_logger", True), False),
        (len, False),
    ],
    ids=["get", "index", "in", "another name", "none"],
)
def test_attributes_know_whether_a_connection_was_asked_for(look: Callable[[Attributes], object], wanted: bool) -> None:
    attributes = Attributes()

    with contextlib.suppress(KeyError):
        look(attributes)

    assert attributes.wanted is wanted


def test_what_env_raises_comes_out_with_the_projects_line(
    scratch_url: str, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = home("env_raises", tmp_path)
    monkeypatch.syspath_prepend(project.root)
    lead = Lead(scratch_url)

    with engines_led(lead), pytest.raises(RuntimeError, match="no tenant") as raised:
        Environment(project, lead, recorder).run(lambda _: None)

    assert cause_in(raised.value, project.root) == ("tenants/settings.py", 2)


def test_local_settings_of_env_hold_in_every_step(postgresql: Server, recorder: Recorder, tmp_path: Path) -> None:
    project = home("url_in_ini", tmp_path)
    env = project.script_location / "env.py"
    env.write_text(
        env.read_text().replace(
            "        context.run_migrations()",
            "        context.execute(\"SET LOCAL lock_timeout = '4321ms'\")\n        context.run_migrations()",
        )
    )
    version = project.script_location / "versions" / "r1_create_person.py"
    version.write_text(
        version.read_text().replace(
            "def upgrade():\n",
            'def upgrade():\n    assert op.get_bind().exec_driver_sql("SHOW lock_timeout").scalar() == "4321ms"\n',
        )
    )
    heads = []

    def play(stage: Stage) -> None:
        stage.step(stage.script.get_revision("r1"), "upgrade")
        heads.append(stage.heads())

    lead = Lead(postgresql.new_database())
    with engines_led(lead):
        Environment(project, lead, recorder).run(play)

    assert heads == [("r1",)]
