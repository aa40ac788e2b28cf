"""What goes wrong around a deploy to PostgreSQL: the server restarts, a connection is cut, two come at once; and where a
password may show. Many more rounds are in `nox -s harm -- --only together`."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url

from migration_guard.errors import CannotFinish
from migration_guard.live import Server
from migration_guard.live.postgresql.adapter import OwnServer
from migration_guard.live.postgresql.binaries import installs
from migration_guard.live.postgresql.server import running
from migration_guard.live.postgresql.user import run_as, server_user
from migration_guard.live.project.redirect import own_engine
from migration_guard.live.scratch.folder import Scratch

from .conftest import BEHIND, HEAD, Project
from .test_deploy import journal, revision
from .test_postgresql import OnPostgresql

SECRET = f"hunter2-{os.getpid()}-secret"  # that of no other test, of which the list of processes may show one
WAITING = "SELECT pid FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
SOON = 60.0  # seconds


@pytest.fixture
def there(project: Project, postgresql: Server) -> OnPostgresql:
    return OnPostgresql(project, postgresql.new_database())


def harmed(there: OnPostgresql, harm: Callable[[int], None]) -> str:
    """What a deploy prints that fails as `harm` is done to the process of the server which waits for a lock."""
    engine = own_engine(there.url)
    command = there.project.command("deploy", "--no-backup", "--attempts", "1")
    with engine.connect() as user:
        user.exec_driver_sql("LOCK TABLE interactions IN ROW EXCLUSIVE MODE")
        process = subprocess.Popen(
            command, cwd=there.project.root, env=there.project.environment, stdout=-1, stderr=-2, text=True
        )
        deadline = time.monotonic() + SOON
        waiting: list[tuple[object, ...]] = []
        while not waiting and process.poll() is None and time.monotonic() < deadline:
            waiting = there.sql(WAITING)
        assert waiting, process.communicate()[0]
        harm(int(str(waiting[0][0])))
        user.invalidate()
    engine.dispose()
    printed = process.communicate(timeout=SOON)[0]
    assert process.returncode == 4, printed
    assert "Traceback" not in printed
    return printed


def test_a_deploy_whose_connection_is_cut_is_undone_and_the_next_one_finishes(there: OnPostgresql) -> None:
    printed = harmed(there, lambda pid: there.sql(f"SELECT pg_terminate_backend({pid})") and None)

    assert "terminating connection due to administrator command" in printed
    assert f"It stands at {BEHIND}" in printed
    there.project.here("deploy", "--no-backup")
    assert there.revision == HEAD
    assert there.sql("SELECT count(*) FROM personas") == [(20,)]


def test_an_index_that_a_wait_in_vain_left_invalid_is_named_and_its_revision_not_run_again(there: OnPostgresql) -> None:
    there.project.alembic("upgrade", "head")
    revision(
        there.project,
        'with op.get_context().autocommit_block():\n        op.create_index("by id", "interactions", ["id"], '
        "postgresql_concurrently=True, if_not_exists=True)",
    )
    engine = own_engine(there.url)
    with engine.connect() as user:
        user.exec_driver_sql("LOCK TABLE interactions IN ROW EXCLUSIVE MODE")
        printed = there.project.here("deploy", "--no-backup", "--force", "--lock-timeout", "1", code=4)
        user.rollback()
    engine.dispose()

    assert 'LockNotAvailable: canceling statement due to lock timeout; the index public."by id" is INVALID' in printed
    assert 'DROP INDEX CONCURRENTLY public."by id";' in printed
    assert there.revision == HEAD
    assert [line["what"] for line in journal(there.project)] == ["begun", "failed"]
    there.sql('DROP INDEX public."by id"', "ALTER TABLE personas DROP COLUMN half")
    there.project.here("deploy", "--no-backup", "--force")
    assert there.revision == "ffffffffffff"


@pytest.fixture
def own(session_scratch: Scratch) -> Iterator[tuple[OwnServer, Callable[[], None]]]:
    """A server of our own, and what restarts it as a crash would."""
    install, user = installs()[0], server_user()

    def pg_ctl(*arguments: str) -> None:
        command = [str(install.bin / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **run_as(user))

    with suppress(CannotFinish), running(install, session_scratch) as sockets:  # it says that its server is gone
        if not (data := sockets / "data").exists():
            pytest.skip("the path of the scratch folder is too long for a socket beside the data")
        try:
            yield OwnServer(sockets, install.version), lambda: pg_ctl("-l", str(data / "log"), "restart")
        finally:
            pg_ctl("stop")


def test_a_server_that_restarts_in_the_middle_leaves_the_old_revision(
    project: Project, own: tuple[OwnServer, Callable[[], None]]
) -> None:
    server, restart = own
    there = OnPostgresql(project, server.new_database())

    printed = harmed(there, lambda _: restart())

    assert "the connection to the database was lost" in printed or "upgrade() of" in printed, printed
    assert f"It stands at {BEHIND}" in printed
    assert there.revision == BEHIND
    there.project.here("deploy", "--no-backup")
    assert there.revision == HEAD
    assert there.sql("SELECT count(*) FROM personas") == [(20,)]


def test_a_password_shows_nowhere(there: OnPostgresql) -> None:
    url = make_url(there.url).set(password=SECRET).render_as_string(hide_password=False)
    environment = there.project.environment
    environment["SQLALCHEMY_URL"] = url
    listed: set[str] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    listed.add(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            ended.wait(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        printed = [
            there.project.run("rehearse"),
            there.project.run("deploy"),
            there.project.run("restore", "--yes"),
            there.project.run("status", "--quick", "--format", "json", code=None),
        ]
        environment["SQLALCHEMY_URL"] = url.replace("/var", "/nowhere").replace("host=", "host=/nowhere")
        printed += [there.project.run(*each, code=4) for each in (("backup",), ("deploy",))]
    finally:
        ended.set()
        watcher.join()

    assert any("pg_dump" in line for line in listed), "the list of processes was looked at too rarely"
    assert [line for line in listed if SECRET in line] == []
    assert [text for text in printed if SECRET in text] == []
    files = [path for path in there.project.root.rglob("*") if path.is_file()]
    assert any(path.name == "deploys.jsonl" for path in files)
    assert [path.name for path in files if SECRET.encode() in path.read_bytes()] == []
