"""A deploy to PostgreSQL while its server restarts, or its connections are cut, or others deploy as well."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from migration_guard.errors import CannotFinish
from migration_guard.live.postgresql.adapter import OwnServer
from migration_guard.live.postgresql.binaries import installs
from migration_guard.live.postgresql.server import running
from migration_guard.live.postgresql.user import run_as, server_user
from migration_guard.live.project.redirect import own_engine
from migration_guard.live.scratch.folder import Scratch
from tests.operate.project import HEAD, OLDEST, Project

from .damage import Seen
from .operating import ROWS
from .small import BETWEEN, small

_AT_OLDEST = (
    "CREATE TABLE personas (id text PRIMARY KEY, name text)",
    f"INSERT INTO personas SELECT 'p' || n, 'ada' || n FROM generate_series(1, {ROWS}) n",
    "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
    f"INSERT INTO alembic_version VALUES ('{OLDEST}')",
)
_CONNECTED = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)
_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid()"
)


def sql(url: str, *statements: str) -> list[tuple[object, ...]]:
    """The rows of the last statement, all committed."""
    engine = own_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                done = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
            return [tuple(row) for row in done] if done.returns_rows else []
    finally:
        engine.dispose()


@contextmanager
def server(folder: Path) -> Iterator[tuple[OwnServer, Callable[[], None]]]:
    """A server of our own, and what restarts it as a crash would."""
    install, user = installs()[0], server_user()

    def pg_ctl(*arguments: str) -> None:
        command = [str(install.bin / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **run_as(user))

    # It says at the end that its server is another one.
    with Scratch() as scratch, suppress(CannotFinish), running(install, scratch) as sockets:
        data = sockets / "data"
        try:
            yield OwnServer(sockets, install.version), lambda: pg_ctl("-l", str(data / "log"), "restart")
        finally:
            pg_ctl("stop")


def harmed(folder: Path, rounds: int, seed: int) -> Iterator[Seen]:
    """So many rounds of each."""
    order = random.Random(seed)  # noqa: S311 - moments, no secrets
    project = small(folder, OLDEST, 0)
    with server(folder) as (own, restart):
        began = time.monotonic()
        _begun(project, _database(own)).communicate()
        longest = time.monotonic() - began
        for how, harm in (("its server restarted", lambda _: restart()), ("its connections cut", _cut)):
            yield _rounds(how, project, own, harm, rounds, order, longest)
        yield _together(project, own, rounds)


def _cut(url: str) -> None:
    sql(url, _OTHERS)


def _database(own: OwnServer) -> str:
    url = own.new_database()
    sql(url, *_AT_OLDEST)
    return url


def _begun(project: Project, url: str) -> subprocess.Popen[str]:
    command = project.command("deploy", "--force", "--no-backup", "--url", url)
    return subprocess.Popen(command, cwd=project.root, env=project.environment, stdout=-1, stderr=-2, text=True)


def _rounds(
    how: str,
    project: Project,
    own: OwnServer,
    harm: Callable[[str], None],
    rounds: int,
    order: random.Random,
    longest: float,
) -> Seen:
    seen = Seen(f"a deploy to PostgreSQL, {how}")
    for number in range(rounds):
        url = _database(own)
        process = _begun(project, url)
        while process.poll() is None and sql(url, _CONNECTED) == [(0,)]:
            time.sleep(0.02)
        with suppress(subprocess.TimeoutExpired):
            process.wait(order.uniform(0, longest / 2))
        harm(url)
        printed = process.communicate()[0]
        seen.rounds += 1
        seen.refused += process.returncode == 4
        try:
            assert process.returncode in (0, 4), printed
            assert "Traceback" not in printed, printed
            assert _state(url) in (OLDEST, BETWEEN, HEAD)
            assert process.returncode or _state(url) == HEAD, printed
            again = _begun(project, url)
            said = again.communicate()[0]
            assert again.returncode == 0, said
            assert _state(url) == HEAD
        except (AssertionError, SQLAlchemyError) as error:
            seen.wrong.append(f"round {number}: {error}"[:400])
    return seen


def _together(project: Project, own: OwnServer, rounds: int, at_once: int = 3) -> Seen:
    seen = Seen(f"{at_once} deploys to PostgreSQL at once")
    for number in range(rounds):
        url = _database(own)
        started = [_begun(project, url) for _ in range(at_once)]
        printed = [process.communicate()[0] for process in started]
        codes = [process.returncode for process in started]
        seen.rounds += 1
        seen.refused += codes.count(4)
        try:
            assert 0 in codes, printed
            assert {*codes} <= {0, 4}, printed
            assert sum("Ran 2 revisions." in text for text in printed) == 1, printed
            assert _state(url) == HEAD
        except AssertionError as error:
            seen.wrong.append(f"round {number}: {error}"[:400])
    return seen


def _state(url: str) -> str:
    """The revision. Raises AssertionError where rows or columns are not those of it."""
    ((revision,),) = sql(url, "SELECT version_num FROM alembic_version")
    ((rows, upper),) = sql(url, "SELECT count(*), count(*) FILTER (WHERE name = upper(name)) FROM personas")
    columns = sql(url, "SELECT column_name FROM information_schema.columns WHERE table_name = 'personas'")
    assert rows == ROWS, rows
    assert upper == (0 if revision == OLDEST else ROWS), (revision, upper)
    assert (("age",) in columns) == (revision == HEAD), (revision, columns)
    return str(revision)
