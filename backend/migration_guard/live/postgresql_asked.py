"""Questions to a PostgreSQL database over a connection of the guard's own, past SQLAlchemy: it asks a thousand times,
and a way through the layers of a library costs more than most of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PREPARED = "migration_guard prepared"  # among what SQLAlchemy keeps beside a connection


class Question(NamedTuple):
    """A query, and what it is given in place of `$1` and so on."""

    sql: str
    given: Sequence[Iterable[int] | str]


def asked(connection: Connection, *questions: Question) -> list[list[Any]]:
    """The rows of each question, all asked in one go. The server plans each query once for a connection.

    https://www.postgresql.org/docs/current/sql-prepare.html
    """
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "prepare_threshold"):
        driver.prepare_threshold = None  # else psycopg 3 prepares, too, and after a rollback says DEALLOCATE ALL
    prepared: set[str] = connection.info.setdefault(_PREPARED, set())
    names = [f"guard_{crc32(sql.encode()):x}" for sql, _ in questions]
    statements = [
        f"PREPARE {name} AS {sql}" for name, (sql, _) in zip(names, questions, strict=True) if name not in prepared
    ]
    for name, (_, given) in zip(names, questions, strict=True):
        values = ", ".join(f"'{each if isinstance(each, str) else _array(each)}'" for each in given)
        statements.append(f"EXECUTE {name}({values})")
    answers = told(connection, ";\n".join(statements))
    prepared.update(names)
    return [rows for rows in answers if rows is not None]


def told(connection: Connection, statements: str) -> list[list[Any] | None]:
    """The rows that each of these statements returns, None for one that returns none. Outside of a transaction where
    none is open; raises DBAPIError as SQLAlchemy does."""
    driver: Any = connection.connection.driver_connection
    alone = not connection.in_transaction()
    found: list[list[Any] | None] = []
    try:
        if alone:
            driver.autocommit = True
        with driver.cursor() as cursor:
            cursor.execute(statements)
            while True:
                found.append(cursor.fetchall() if cursor.description else None)
                if not cursor.nextset():
                    return found
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(statements, None, error) from error
    finally:
        if alone and not driver.closed:
            driver.autocommit = False


@cache
def query(name: str) -> str:
    """One of the queries of this folder."""
    return files(__package__).joinpath(f"postgresql_{name}.sql").read_text(encoding="utf-8")


def _array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
