"""A dump in the place of a PostgreSQL database, which is kept under another name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from ..errors import CannotFinish
from ..live.project.redirect import own_engine
from ..live.statements import first_line
from ..live.urls import hide_in
from .clients import client_for, contents, restored, run
from .turn import turn

if TYPE_CHECKING:
    from .target import Target

KEY = 0x6D_69_67_67  # of the advisory lock of those who put a database back, "migg", beside a digest of its name
_LONGEST = 63  # bytes of a name (postgresql.org/docs/current/limits.html)
# Entries of pg_restore's script that are about the database itself, and their statements.
_ABOUT = re.compile(r"(?:DATABASE .*; Type: (?:ACL|COMMENT)|.*; Type: DATABASE(?: PROPERTIES)?);")
_STATEMENT = re.compile(
    r"^((?:CREATE|ALTER|COMMENT ON|(?:GRANT|REVOKE) [A-Z, ]+ ON) DATABASE )" + r'(?:"(?:[^"]|"")*"|\w+)(.*);$',
    re.MULTILINE,
)


def maintenance(target: Target) -> Target:
    """The database of the same server from which others are made, renamed and dropped."""
    return replace(target, url=target.url.set(database="postgres"))


def fitting(name: str, end: str) -> str:
    """A name with an end, of which the server cuts nothing off."""
    return name.encode()[: _LONGEST - len(end.encode())].decode(errors="ignore") + end


def being_restored(name: str) -> str:
    """What is to be a database of this name is called until then; what a killed run left is dropped by the next."""
    return fitting(name, f"_being_restored_{hashlib.sha256(name.encode()).hexdigest()[:8]}")


@contextmanager
def alone(target: Target) -> Iterator[ExitStack]:
    """Nobody else is connected, and nobody else puts a database in its place or deploys to it meanwhile. Raises
    CannotFinish where somebody is, or does. What comes is closed to give back the lock of deploys: it is held by a
    connection, and a database that has one cannot be renamed."""
    name = target.url.database
    with maintenance(target).connect() as connection:
        taken = connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (KEY, name)).scalar()
        names = _others(connection, str(name))
        there = connection.exec_driver_sql("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).scalar()
        connection.commit()
        if not taken:
            raise CannotFinish(f"somebody else is restoring {target.shown}", "wait until that is through")
        if names:
            raise CannotFinish(
                f"{target.shown} is in use by {', '.join(names[:5])}", "stop the application, then run it again"
            )
        with ExitStack() as deploys:
            if there:
                deploys.enter_context(turn(target))
            yield deploys


def _others(connection: Connection, name: str) -> list[str]:
    """Who is connected to a database, for people."""
    found = connection.exec_driver_sql(
        "SELECT coalesce(nullif(application_name, ''), usename) || ' (' || pid || ')' FROM pg_stat_activity "
        "WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        (name,),
    ).scalars()
    return sorted(found)


def put_back(target: Target, new: Path, kept: Path, held: ExitStack) -> Sequence[str]:
    """Restore a dump into a new database and give it the name of the old one, which is kept under the name of `kept`.
    Sentences on what does not come back with it.

    Both renames are one transaction, so that there is a database of that name at every moment
    (postgresql.org/docs/current/sql-alterdatabase.html). The server refuses the first one where anybody is connected,
    and lets nobody connect until the second. Only for a caller who holds it `alone`.
    """
    name, old = str(target.url.database), kept.name
    fresh = being_restored(name)
    engine = own_engine(maintenance(target).url)
    quote = engine.dialect.identifier_preparer.quote
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                lost = _filled(connection, target, new, fresh)
                held.close()
                _renamed(engine, target, fresh, old)
            except (CannotFinish, SQLAlchemyError):
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quote(fresh)}")
                raise
    except SQLAlchemyError as error:
        says = first_line(error)
        raise CannotFinish(
            f"{target.shown} cannot be put back: {hide_in(says)}",
            "the user must be allowed to make databases and own this one",
        ) from error
    return lost


def _renamed(engine: Engine, target: Target, fresh: str, old: str) -> None:
    """Give the new database the name of the old one. Raises CannotFinish where somebody is connected to that."""
    name, quote = str(target.url.database), engine.dialect.identifier_preparer.quote
    try:
        with engine.begin() as connection:
            if connection.exec_driver_sql("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).scalar():
                connection.exec_driver_sql(f"ALTER DATABASE {quote(name)} RENAME TO {quote(old)}")
            connection.exec_driver_sql(f"ALTER DATABASE {quote(fresh)} RENAME TO {quote(name)}")
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != "55006":  # object_in_use
            raise
        with engine.connect() as connection:
            names = ", ".join(_others(connection, name)[:5]) or "somebody"
        raise CannotFinish(
            f"{target.shown} is in use by {names}, who came while the backup was restored: nothing is changed",
            "stop the application, then run it again",
        ) from error


def _filled(connection: Connection, target: Target, file: Path, fresh: str) -> list[str]:
    """Restore a dump into a new database, as it was: with its locale, owners, grants and settings. What comes back is
    what this server does not take of these: a role that is not there, a locale."""
    quote = connection.dialect.identifier_preparer.quote(fresh)
    client = client_for(str(contents(file).client))
    shape = run(client, "pg_restore", None, "--schema-only", "--create", "--file=-", str(file))
    entries = [each for each in re.split(r"^--\n-- Name: ", shape, flags=re.MULTILINE) if _ABOUT.match(each)]
    making, *giving = [f"{verb}{quote}{rest}" for each in entries for verb, rest in _STATEMENT.findall(each)]
    owners = _takes_owners(connection, target, file, fresh)
    lost = [] if owners is None else [f"owners and grants: {owners}"]
    connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quote}")
    if said := _refused(connection, making):
        connection.exec_driver_sql(f"CREATE DATABASE {quote} TEMPLATE template0")
        lost.append(f"its locale: {said}")
    restored(file, target.url.set(database=fresh), client, owners=owners is None)
    return lost + [f"{statement}: {said}" for statement in giving if (said := _refused(connection, statement))]


def _refused(connection: Connection, statement: str) -> str | None:
    """What the server says against a statement; None where it takes it."""
    try:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    except SQLAlchemyError as error:
        return hide_in(first_line(error))
    return None


def _takes_owners(connection: Connection, target: Target, file: Path, fresh: str) -> str | None:
    """Why owners and grants of a dump cannot be restored here, as its schema alone shows soon; None where they can."""
    quote = connection.dialect.identifier_preparer.quote(fresh)
    connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quote}")
    connection.exec_driver_sql(f"CREATE DATABASE {quote} TEMPLATE template0")
    try:
        restored(file, target.url.set(database=fresh), owners=True, schema_only=True)
    except CannotFinish as error:
        return str(error)
    return None
