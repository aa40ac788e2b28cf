from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

Settings = Callable[..., Config]
Connected = Callable[[str], AbstractContextManager[Connection]]

ROOT = Path(__file__).parents[2]
HEAD = "7d1f4be02c95"
BEFORE_THE_BACKFILL = "ec79353ef693"
NOW = "2026-01-01T00:00:00.000000+00:00"


def add_revision(project: Path, upgrade: str) -> None:
    """A revision on top of the copied history, whose upgrade is this code."""
    body = upgrade.replace("\n", "\n    ")
    (project / "alembic" / "versions" / "feedfeedfeed_more.py").write_text(
        f'"""more"""\nimport sqlalchemy as sa\nfrom alembic import op\n'
        f'revision = "feedfeedfeed"\ndown_revision = "{HEAD}"\n\n\n'
        f"def upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n"
    )


def version(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def a_persona_with_a_belief(connection: Connection) -> None:
    connection.execute(
        text(f"INSERT INTO personas VALUES ('p1', 'otter', NULL, '{{}}', '{NOW}', '{NOW}', true)"),
    )
    connection.execute(
        text(
            "INSERT INTO belief_nodes (id, persona_id, title, summary, confidence, tags, created_at, updated_at)"
            f" VALUES ('b1', 'p1', '', '', 1, '[]', '{NOW}', '{NOW}')"
        )
    )


def test_a_failure_in_the_middle_of_a_revision_leaves_nothing_of_it(
    url: str, project: Path, settings: Settings, connected: Connected
) -> None:
    add_revision(
        project,
        'op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))\n'
        'op.execute("UPDATE personas SET display_name = reddit_username")\n'
        'op.execute("SELECT * FROM nowhere")',
    )
    config = settings(url, root=project)
    command.upgrade(config, BEFORE_THE_BACKFILL)
    with connected(url) as connection:
        a_persona_with_a_belief(connection)

    with pytest.raises(DatabaseError, match="nowhere"):
        command.upgrade(config, "head")

    with connected(url) as connection:
        assert not inspect(connection).has_table("half")
        assert connection.execute(text("SELECT display_name FROM personas")).scalars().all() == [None]
        assert version(connection) == [HEAD]  # the revisions before it stand


def test_a_failure_in_the_middle_of_a_rebuild_leaves_the_old_table(
    sqlite_url: str, project: Path, settings: Settings, connected: Connected
) -> None:
    add_revision(
        project,
        'with op.batch_alter_table("personas") as batch_op:\n'
        '    batch_op.alter_column("display_name", nullable=False, existing_type=sa.Text())',
    )
    config = settings(sqlite_url, root=project)
    command.upgrade(config, BEFORE_THE_BACKFILL)
    with connected(sqlite_url) as connection:
        a_persona_with_a_belief(connection)

    with pytest.raises(DatabaseError, match="NOT NULL"):
        command.upgrade(config, "head")

    with connected(sqlite_url) as connection:
        assert not [name for name in inspect(connection).get_table_names() if name.startswith("_alembic_tmp")]
        assert connection.execute(text("SELECT id FROM belief_nodes")).scalars().all() == ["b1"]


def test_rows_that_lost_their_parent_stop_the_revision_before_it_commits(
    sqlite_url: str, project: Path, settings: Settings, connected: Connected
) -> None:
    add_revision(project, "op.execute(\"DELETE FROM personas WHERE id = 'p1'\")")
    config = settings(sqlite_url, root=project)
    command.upgrade(config, BEFORE_THE_BACKFILL)
    with connected(sqlite_url) as connection:
        a_persona_with_a_belief(connection)

    with pytest.raises(CommandError, match="belief_nodes rowid 1 -> personas"):
        command.upgrade(config, "head")

    with connected(sqlite_url) as connection:
        assert connection.execute(text("SELECT id FROM personas")).scalars().all() == ["p1"]
        assert version(connection) == [HEAD]


def test_many_lost_rows_are_counted_not_listed(
    sqlite_url: str, settings: Settings, engine_for: Callable[[str], Engine]
) -> None:
    config = settings(sqlite_url)
    command.upgrade(config, "head")
    with engine_for(sqlite_url).connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        for number in range(12):
            row = f"('c{number}', 'nobody', 'k{number}', '{{}}', '{NOW}')"
            connection.execute(text(f"INSERT INTO agent_config VALUES {row}"))
        connection.commit()

    with pytest.raises(CommandError, match=r"agent_config rowid 10 -> personas; and 2 more\.$"):
        command.downgrade(config, "-1")


def test_a_connection_that_is_handed_over_gets_its_settings_back(
    sqlite_url: str, settings: Settings, engine_for: Callable[[str], Engine]
) -> None:
    with engine_for(sqlite_url).connect() as connection:
        command.upgrade(settings(sqlite_url, connection=connection), "head")

        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.in_transaction()
        connection.rollback()
        with contextlib.closing(sqlite3.connect(connection.engine.url.database or "")) as other:
            other.execute("UPDATE personas SET display_name = 'free'")  # nothing is locked
        assert version(connection) == [HEAD]


def test_after_a_failure_too_a_connection_gets_its_settings_back(
    sqlite_url: str, project: Path, settings: Settings, engine_for: Callable[[str], Engine]
) -> None:
    add_revision(project, 'op.execute("SELECT * FROM nowhere")')
    with engine_for(sqlite_url).connect() as connection:
        with pytest.raises(DatabaseError):
            command.upgrade(settings(sqlite_url, root=project, connection=connection), "head")

        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_a_postgresql_connection_that_is_handed_over_gets_its_settings_back(
    postgresql_url: str, settings: Settings, engine_for: Callable[[str], Engine]
) -> None:
    with engine_for(postgresql_url).connect() as connection:
        command.upgrade(settings(postgresql_url, connection=connection), "head")

        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "0"
        locks = connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert locks.scalar_one() == 0
        assert version(connection) == [HEAD]


def test_a_connection_in_a_transaction_is_refused(
    url: str, settings: Settings, engine_for: Callable[[str], Engine]
) -> None:
    with (
        engine_for(url).begin() as connection,
        pytest.raises(CommandError, match="in a transaction"),
    ):
        command.upgrade(settings(url, connection=connection), "head")


def test_a_connection_whose_driver_is_in_a_transaction_is_refused(
    sqlite_url: str, settings: Settings, engine_for: Callable[[str], Engine]
) -> None:
    engine = engine_for(sqlite_url)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))

    with engine.connect() as connection, pytest.raises(CommandError, match="would not turn foreign keys off"):
        command.upgrade(settings(sqlite_url, connection=connection), "head")


def test_a_connection_without_foreign_keys_keeps_them_off(sqlite_url: str, settings: Settings) -> None:
    with create_engine(sqlite_url, poolclass=NullPool).connect() as connection:
        command.upgrade(settings(sqlite_url, connection=connection), "head")

        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 0


def test_an_autocommit_block_is_outside_the_transaction(
    url: str, project: Path, settings: Settings, connected: Connected
) -> None:
    add_revision(project, 'with op.get_context().autocommit_block():\n    op.execute("VACUUM")')

    command.upgrade(settings(url, root=project), "head")

    with connected(url) as connection:
        assert version(connection) == ["feedfeedfeed"]


def test_a_migration_waits_for_another_writer(sqlite_url: str, settings: Settings, connected: Connected) -> None:
    config = settings(sqlite_url)
    command.upgrade(config, BEFORE_THE_BACKFILL)
    writer = sqlite3.connect(sqlite_url.partition("///")[2], isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.4, writer.rollback)
    release.start()
    began = time.monotonic()

    command.upgrade(config, "head")

    assert time.monotonic() - began >= 0.3
    release.join()
    writer.close()
    with connected(sqlite_url) as connection:
        assert version(connection) == [HEAD]


def alembic(url: str, *arguments: str, root: Path = ROOT) -> subprocess.Popen[str]:
    """Alembic's own command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", "-c", str(root / "alembic.ini"), *arguments],
        env={**os.environ, "SQLALCHEMY_URL": url, "PYTHONPATH": str(ROOT / "backend")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=root,
    )


def test_two_upgrades_at_once_build_the_schema_once(url: str, connected: Connected) -> None:
    both = [alembic(url, "upgrade", "head") for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    codes = [process.returncode for process in both]

    # On SQLite the second may step in between two revisions of the first, whose next one is then refused as a whole.
    assert 0 in codes, said
    with connected(url) as connection:
        assert version(connection) == [HEAD]
        assert len(inspect(connection).get_table_names()) == 10
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        else:
            assert codes == [0, 0], said


def test_the_ini_alone_is_enough(tmp_path: Path, project: Path) -> None:
    with alembic("", "upgrade", "head", root=project) as process:
        said, _ = process.communicate(timeout=60)

    assert process.returncode == 0, said
    with closing(sqlite3.connect(project / "data" / "reddit_agent.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_statement_does_not_wait_long_for_a_lock(
    postgresql_url: str, project: Path, settings: Settings, engine_for: Callable[[str], Engine]
) -> None:
    env = project / "alembic" / "env.py"
    env.write_text(env.read_text().replace("LOCK = 5 ", "LOCK = 1 "))
    add_revision(project, 'op.add_column("personas", sa.Column("mood", sa.Text()))')
    config = settings(postgresql_url, root=project)
    command.upgrade(config, HEAD)

    with engine_for(postgresql_url).connect() as reader:
        reader.execute(text("SELECT * FROM personas"))
        with pytest.raises(OperationalError, match="lock timeout"):
            command.upgrade(config, "head")

    command.upgrade(config, "head")


def test_the_template_gives_a_revision_that_runs(sqlite_url: str, project: Path, settings: Settings) -> None:
    config = settings(sqlite_url, root=project)
    config.stdout = io.StringIO()
    made: Any = command.revision(config, "add mood to personas")
    source = Path(made.path).read_text()

    command.upgrade(config, "head")
    command.downgrade(config, HEAD)

    assert "def downgrade() -> None:\n    pass" in source
    assert f"Revises: {HEAD}" in source
    assert "Reviewed:" not in source
    assert source == source.strip() + "\n"
