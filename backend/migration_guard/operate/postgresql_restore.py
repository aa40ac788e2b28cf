"""A dump in the place of a PostgreSQL database, which is kept under another name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ..errors import CannotFinish
from ..live.redirect import own_engine
from ..live.statements import first_line
from ..live.urls import hide_in
from .clients import client_for, contents, restored, run

if TYPE_CHECKING:
    from .target import Target

KEY = 0x6D_69_67_67  # of the advisory lock of those who put a database back, "migg", beside a digest of its name
# Entries of pg_restore's script that are about the database itself, and their statements.
_ABOUT = re.compile(r"(?:DATABASE .*; Type: (?:ACL|COMMENT)|.*; Type: DATABASE(?: PROPERTIES)?);")
_STATEMENT = re.compile(
    r"^((?:CREATE|ALTER|COMMENT ON|(?:GRANT|REVOKE) [A-Z, ]+ ON) DATABASE )" + r'(?:"(?:[^"]|"")*"|\w+)(.*);$',
    re.MULTILINE,
)


def maintenance(target: Target) -> Target:
    """The database of the same server from which others are made, renamed and dropped."""
    return replace(target, url=target.url.set(database="postgres"))


@contextmanager
def alone(target: Target) -> Iterator[None]:
    """Nobody else is connected, and nobody else puts a database in its place meanwhile. Raises CannotFinish where
    somebody is, or does."""
    name = target.url.database
    with maintenance(target).connect() as connection:
        taken = connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (KEY, name)).scalar()
        others = connection.exec_driver_sql(
            "SELECT coalesce(nullif(application_name, ''), usename) || ' (' || pid || ')' FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
            (name,),
        ).scalars()
        names = sorted(others)
        connection.commit()
        if not taken:
            raise CannotFinish(f"somebody else is restoring {target.shown}", "wait until that is through")
        if names:
            raise CannotFinish(
                f"{target.shown} is in use by {', '.join(names[:5])}", "stop the application, then run it again"
            )
        yield


def put_back(target: Target, new: Path, kept: Path, held: object) -> Sequence[str]:
    """Restore a dump into a new database and give it the name of the old one, which is kept under the name of `kept`.
    Sentences on what does not come back with it.

    Both renames are one transaction, so that there is a database of that name at every moment
    (postgresql.org/docs/current/sql-alterdatabase.html). Only for a caller who holds it `alone`.
    """
    del held
    name, old = str(target.url.database), kept.name
    fresh = f"{name[:45]}_being_restored"  # what a killed run left is dropped by the next
    engine = own_engine(maintenance(target).url)
    quote = engine.dialect.identifier_preparer.quote
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                lost = _filled(connection, target, new, fresh)
            except CannotFinish:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quote(fresh)}")
                raise
        with engine.begin() as connection:
            there = connection.exec_driver_sql("SELECT datname FROM pg_database").scalars().all()
            if name in there:
                connection.exec_driver_sql(f"ALTER DATABASE {quote(name)} RENAME TO {quote(old)}")
            connection.exec_driver_sql(f"ALTER DATABASE {quote(fresh)} RENAME TO {quote(name)}")
    except SQLAlchemyError as error:
        says = first_line(error)
        raise CannotFinish(
            f"{target.shown} cannot be put back: {hide_in(says)}",
            "stop the application, then run it again"
            if "being accessed" in says
            else "the user must be allowed to make databases and own this one",
        ) from error
    finally:
        engine.dispose()
    return lost


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
