"""How Alembic reaches the database: every revision whole or not at all, and no statement waits long for a lock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from logging.config import fileConfig
from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, event, make_url
from sqlalchemy.pool import NullPool

from app.database import create_engine, database_url
from app.models import Base

TURN = 60  # seconds that an upgrade of PostgreSQL waits until another one is through
LOCK = 5  # seconds that a statement waits for a lock: while it waits, PostgreSQL lets nobody else at the table

config = context.config
if config.config_file_name is not None and config.attributes.get("configure_logger", True):
    fileConfig(config.config_file_name, disable_existing_loggers=False)

url = database_url(config.get_main_option("sqlalchemy.url") or "")
options: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "compare_type": True,
    "compare_server_default": True,
    "transaction_per_migration": True,
    "transactional_ddl": True,  # Alembic expects the contrary of SQLite, as Python's driver begins too late for DDL
}


def run_offline() -> None:
    """Print the SQL for `--sql`, without a connection."""
    sqlite = make_url(url).get_backend_name() == "sqlite"
    context.configure(
        url=url, literal_binds=True, dialect_opts={"paramstyle": "named"}, render_as_batch=sqlite, **options
    )
    context.execute("PRAGMA foreign_keys = OFF" if sqlite else f"SET lock_timeout = '{LOCK}s'")
    with context.begin_transaction():
        context.run_migrations()


async def run_online() -> None:
    """Migrate the configured database over a connection of our own."""
    engine = create_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


def run(connection: Connection) -> None:
    """Migrate over this connection and leave its settings as they were."""
    if connection.in_transaction():
        raise CommandError("The connection is in a transaction, and each revision needs one of its own: commit first.")
    guarded = whole_transactions if connection.dialect.name == "sqlite" else short_waits
    with guarded(connection):
        context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite", **options)
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def whole_transactions(connection: Connection) -> Iterator[None]:
    """Give each revision one real SQLite transaction, DDL included, in which no key may end up broken.

    SQLite changes a table by making a new one and dropping the old, and that drop would delete the rows of every
    child with ON DELETE CASCADE. So foreign keys are off meanwhile and checked before each commit instead.
    The pragma does nothing inside a transaction: https://sqlite.org/pragma.html#pragma_foreign_keys
    """
    before = connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one()
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one():
        raise CommandError("SQLite would not turn foreign keys off: the connection is in a transaction of its driver.")
    connection.rollback()
    event.listen(connection, "begin", begin_immediate)
    event.listen(connection, "commit", refuse_broken_keys)
    try:
        yield
    finally:
        connection.rollback()
        event.remove(connection, "begin", begin_immediate)
        event.remove(connection, "commit", refuse_broken_keys)
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {before}")
        connection.rollback()


def begin_immediate(connection: Connection) -> None:
    """Begin for writing at once, so that nobody else changes the database between our reading and our writing."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def refuse_broken_keys(connection: Connection) -> None:
    """Raise CommandError, which undoes the transaction, if a row refers to a row that is not there."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        rows = "; ".join(f"{table} rowid {rowid} -> {parent}" for table, rowid, parent, _key in broken[:10])
        more = f"; and {len(broken) - 10} more" if len(broken) > 10 else ""
        raise CommandError(f"The revision was undone, as these rows refer to a row that is not there: {rows}{more}.")


@contextmanager
def short_waits(connection: Connection) -> Iterator[None]:
    """Let one upgrade of a PostgreSQL database run at a time, and none of its statements wait long for a lock.

    Both settings are of the session, and committed: an open transaction would swallow those of the revisions.
    """
    connection.exec_driver_sql(f"SET lock_timeout = '{TURN}s'")
    connection.exec_driver_sql("SELECT pg_advisory_lock(hashtext('alembic upgrade'))")
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK}s'")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql("SELECT pg_advisory_unlock(hashtext('alembic upgrade'))")
        connection.exec_driver_sql("RESET lock_timeout")
        connection.commit()


if context.is_offline_mode():
    run_offline()
elif (given := config.attributes.get("connection")) is not None:
    run(given)
else:
    asyncio.run(run_online())
