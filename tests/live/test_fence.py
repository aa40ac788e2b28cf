from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from migration_guard.live import Server
from migration_guard.live.project.fence import fence
from migration_guard.live.project.forbidding import ForbiddenAgain, ForbiddenConnection, own_connection, tried
from migration_guard.live.urls import with_driver

SECRET = "postgresql://app:s3cret@127.0.0.1:1/real"


@pytest.fixture
def scratch_file(tmp_path: Path) -> Path:
    return tmp_path / "scratch.sqlite"


@pytest.fixture
def real_file(tmp_path: Path) -> Path:
    return tmp_path / "real.sqlite"


def options(url: str) -> dict[str, Any]:
    """A scratch URL as keywords of psycopg."""
    parts = make_url(url)
    return dict(parts.get_dialect()().create_connect_args(parts)[1])


# SQLite


def test_the_scratch_file_opens_by_every_name_it_has(scratch_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(scratch_file.parent)

    with fence([f"sqlite:///{scratch_file}"]):
        for name in (str(scratch_file), scratch_file, os.fsencode(scratch_file), scratch_file.name):
            sqlite3.connect(name).close()
        sqlite3.connect(f"file:{scratch_file}?mode=rwc", uri=True).close()

    assert scratch_file.exists()


def test_databases_in_memory_are_fine(scratch_file: Path) -> None:
    with fence([f"sqlite:///{scratch_file}"]):
        for name in (":memory:", "", "file::memory:", "file:shared?mode=memory&cache=shared"):
            sqlite3.connect(name, uri=True).close()


def test_another_file_is_refused_by_name_and_not_made(scratch_file: Path, real_file: Path) -> None:
    with fence([f"sqlite:///{scratch_file}"]), pytest.raises(ForbiddenConnection, match=r"real\.sqlite"):
        sqlite3.connect(real_file)

    assert not real_file.exists()


def test_an_engine_on_another_file_is_refused(scratch_file: Path, real_file: Path) -> None:
    with fence([f"sqlite:///{scratch_file}"]), pytest.raises(ForbiddenConnection, match=r"real\.sqlite"):
        create_engine(f"sqlite:///{real_file}").connect()

    assert not real_file.exists()


def test_an_async_engine_on_another_file_is_refused(scratch_file: Path, real_file: Path) -> None:
    async def connect() -> None:
        with pytest.raises(ForbiddenConnection, match=r"real\.sqlite"):
            await create_async_engine(f"sqlite+aiosqlite:///{real_file}").connect()
        await asyncio.sleep(0.05)  # aiosqlite's thread ends after the error is out

    with fence([f"sqlite:///{scratch_file}"]):
        asyncio.run(connect())

    assert not real_file.exists()


@pytest.mark.parametrize("statement", ["ATTACH DATABASE '{}' AS other", "VACUUM INTO '{}'"])
def test_sql_that_opens_another_file_is_refused(scratch_file: Path, real_file: Path, statement: str) -> None:
    with fence([f"sqlite:///{scratch_file}"]):
        connection = sqlite3.connect(scratch_file, isolation_level=None)
        connection.execute("CREATE TABLE persona (id)")
        connection.execute("VACUUM")
        connection.execute("ATTACH DATABASE ':memory:' AS fine")
        with pytest.raises(sqlite3.DatabaseError, match=r"not authorized|authorization denied"):
            connection.execute(statement.format(real_file))
        connection.close()

    assert not real_file.exists()


def test_a_thread_that_the_project_starts_is_fenced_too(scratch_file: Path, real_file: Path) -> None:
    caught: list[BaseException] = []

    def connect() -> None:
        try:
            sqlite3.connect(real_file)
        except ForbiddenConnection as error:
            caught.append(error)

    with fence([f"sqlite:///{scratch_file}"]):
        thread = threading.Thread(target=connect)
        thread.start()
        thread.join()

    assert len(caught) == 1


def test_everything_opens_again_when_the_fence_is_left(scratch_file: Path, real_file: Path) -> None:
    with fence([f"sqlite:///{scratch_file}"]):
        pass

    sqlite3.connect(real_file).execute("CREATE TABLE persona (id)").connection.close()

    assert real_file.exists()


def test_a_fence_inside_another_counts_alone_until_it_is_left(scratch_file: Path, real_file: Path) -> None:
    with fence([f"sqlite:///{scratch_file}"]):
        with fence([f"sqlite:///{real_file}"]):
            sqlite3.connect(real_file).close()
            with pytest.raises(ForbiddenConnection):
                sqlite3.connect(scratch_file)
        sqlite3.connect(scratch_file).close()


def test_the_guard_itself_may_connect(scratch_file: Path, real_file: Path) -> None:
    with fence([f"sqlite:///{scratch_file}"]), own_connection():
        sqlite3.connect(real_file).close()

    assert real_file.exists()


# PostgreSQL


def test_the_scratch_database_is_reached_by_every_driver(postgresql: Server) -> None:
    url = postgresql.new_database()

    async def by_asyncpg() -> int:
        parts = make_url(url)
        connection = await asyncpg.connect(
            user=parts.username, database=parts.database, host=parts.query["host"], port=5432
        )
        try:
            return int(await connection.fetchval("SELECT 1"))
        finally:
            await connection.close()

    async def by_engine(driver: str) -> int:
        engine = create_async_engine(with_driver(url, driver))
        async with engine.connect() as connection:
            found = int((await connection.execute(text("SELECT 1"))).scalar_one())
        await engine.dispose()
        return found

    with fence([url]):
        with psycopg.connect(**options(url)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        engine = create_engine(url)
        with engine.connect() as connected:
            assert connected.execute(text("SELECT 1")).scalar_one() == 1
        engine.dispose()
        assert asyncio.run(by_asyncpg()) == 1
        assert asyncio.run(by_engine("postgresql+asyncpg")) == 1
        assert asyncio.run(by_engine("postgresql+psycopg")) == 1


def test_another_database_of_the_same_server_is_refused(postgresql: Server) -> None:
    url, other = postgresql.new_database(), postgresql.new_database()

    with fence([url]), pytest.raises(ForbiddenConnection, match=str(make_url(other).database)):
        psycopg.connect(**options(other))


def test_a_new_scratch_database_can_be_made_while_a_fence_stands(postgresql: Server) -> None:
    with fence([postgresql.new_database()]):
        other = postgresql.new_database()

    with psycopg.connect(**options(other)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


async def psycopg_async(dsn: str) -> None:
    await psycopg.AsyncConnection.connect(dsn)


async def asyncpg_connect(dsn: str) -> None:
    await asyncpg.connect(dsn)


async def asyncpg_pool(dsn: str) -> None:
    await asyncpg.create_pool(dsn)


@pytest.mark.parametrize(
    "connect",
    [
        lambda: psycopg.connect(SECRET),
        lambda: psycopg.Connection.connect("host=127.0.0.1 port=1 user=app password=s3cret dbname=real"),
        lambda: psycopg.connect(host="127.0.0.1", port=1, user="app", password="s3cret", dbname="real"),
        lambda: create_engine(SECRET.replace("postgresql", "postgresql+psycopg")).connect(),
        lambda: asyncio.run(psycopg_async(SECRET)),
        lambda: asyncio.run(asyncpg_connect(SECRET)),
        lambda: asyncio.run(asyncpg_pool(SECRET)),
    ],
)
def test_another_server_is_named_without_the_password(postgresql: Server, connect: Any) -> None:
    with fence([postgresql.new_database()]), pytest.raises(ForbiddenConnection) as caught:
        connect()

    assert "postgresql://app@127.0.0.1:1/real" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"), [("PGHOSTADDR", "192.0.2.1"), ("PGSERVICE", "real"), ("PGHOST", "db.example.com")]
)
def test_a_variable_that_leads_elsewhere_is_seen(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    url = postgresql.new_database()
    monkeypatch.setenv(variable, value)
    given = options(url)
    if variable == "PGHOST":
        del given["host"]

    with fence([url]), pytest.raises(ForbiddenConnection, match=value):
        psycopg.connect(**given)


def test_of_several_hosts_each_must_be_the_scratch_server(postgresql: Server) -> None:
    url = postgresql.new_database()
    given = options(url)
    given["host"] += ",db.example.com"

    with fence([url]), pytest.raises(ForbiddenConnection, match=r"db\.example\.com"):
        psycopg.connect(**given)


# Anything else


def test_a_socket_to_anywhere_is_refused_and_the_address_named(scratch_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with (
            socket.socket() as asking,
            fence([f"sqlite:///{scratch_file}"]),
            pytest.raises(ForbiddenConnection, match=rf"127\.0\.0\.1:{port}"),
        ):
            asking.connect(("127.0.0.1", port))


def test_code_that_can_do_without_goes_on_and_the_try_is_known(scratch_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, fence([f"sqlite:///{scratch_file}"]):
        port = server.getsockname()[1]
        with socket.socket() as asking:
            assert asking.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port))

    assert f"127.0.0.1:{port}" in tried()


def test_code_that_waits_for_a_server_is_stopped(scratch_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, fence([f"sqlite:///{scratch_file}"]):
        address = server.getsockname()

        def wait() -> None:
            while True:
                with socket.socket() as asking, contextlib.suppress(OSError):
                    asking.connect(address)

        with pytest.raises(ForbiddenAgain, match=rf"127\.0\.0\.1:{address[1]}"):
            wait()


def test_a_server_by_name_may_be_reached_by_its_address(scratch_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with fence([f"postgresql+psycopg://app:pw@localhost:{port}/migration_guard_1"]):
            socket.create_connection(("127.0.0.1", port)).close()


def test_datagrams_reach_no_database_and_are_fine(scratch_file: Path) -> None:
    with fence([f"sqlite:///{scratch_file}"]), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("127.0.0.1", 9))

        assert asking.getsockname()[0] == "127.0.0.1"


def test_an_event_loop_starts_inside_the_fence(scratch_file: Path) -> None:
    with fence([f"sqlite:///{scratch_file}"]):
        assert asyncio.run(asyncio.sleep(0, result=1)) == 1


@pytest.mark.parametrize(
    "run",
    [
        lambda: subprocess.run(["psql", "-f", "dump.sql", SECRET], check=False),
        lambda: subprocess.run(f"cat x | /usr/bin/psql {SECRET}", shell=True, check=False),  # noqa: S602
        lambda: subprocess.run(["bash", "-c", f"psql '{SECRET}'"], check=False),
        lambda: os.system(f"psql {SECRET}"),  # noqa: S605
    ],
)
def test_a_client_program_is_refused_without_showing_the_password(scratch_file: Path, run: Any) -> None:
    with fence([f"sqlite:///{scratch_file}"]), pytest.raises(ForbiddenConnection, match="psql") as caught:
        run()

    assert "s3cret" not in str(caught.value)


def test_other_programs_run(scratch_file: Path) -> None:
    with fence([f"sqlite:///{scratch_file}"]):
        done = subprocess.run([sys.executable, "-c", "print('psql')"], capture_output=True, text=True, check=True)

    assert done.stdout == "psql\n"


def test_drivers_imported_inside_the_fence_are_fenced(tmp_path: Path) -> None:
    """In a fresh process, with stand-ins for drivers that connect in C and are not installed here."""
    (tmp_path / "MySQLdb.py").write_text("def connect(*a, **k): raise SystemExit('reached')\n")
    (tmp_path / "psycopg2.py").write_text(
        "def _connect(dsn, **k): raise SystemExit('reached')\ndef connect(dsn): return _connect(dsn)\n"
    )
    code = """
import sys
from migration_guard.live.project.fence import fence
from migration_guard.live.project.forbidding import ForbiddenConnection
assert not {"psycopg", "asyncpg", "MySQLdb", "psycopg2"} & set(sys.modules)
with fence(["sqlite:////nowhere/x"]):
    import MySQLdb, asyncio, asyncpg, psycopg, psycopg2
    from psycopg import connect as early
    url = "postgresql://app:s3cret@127.0.0.1:1/real"
    for call in (
        lambda: psycopg.connect(url), lambda: early(url), lambda: psycopg2.connect(url),
        lambda: asyncio.run(asyncpg.connect(url)), lambda: MySQLdb.connect(host="db", passwd="s3cret"),
    ):
        try:
            call()
        except ForbiddenConnection as error:
            print(error)
"""
    paths = os.pathsep.join([str(tmp_path), *sys.path])

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )

    lines = done.stdout.splitlines()
    assert len(lines) == 5
    assert all("postgresql://app@127.0.0.1:1/real" in line for line in lines[:4])
    assert "host=db" in lines[4]
    assert "s3cret" not in done.stdout
