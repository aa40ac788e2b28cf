"""What a look at a SQLite database reads over: the connection that the project's revisions ran on, where that will do.

It knows the schema that a step left. Another connection parses the text of every object again before its first
statement, after each change of the schema (https://www.sqlite.org/fileformat2.html#schema_cookie).
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.exc import DBAPIError

from ..sight import LENT

if TYPE_CHECKING:
    from sqlalchemy import Connection


def eyes(connection: Connection) -> sqlite3.Connection:
    """The driver's connection to read over: the project's that was lent beside ours, else our own.

    The project's will do where it stands in no transaction, sees the same file and nothing beside it that would hide
    one of its tables, and gives rows as the driver does by itself. In a transaction of ours, ours alone sees all.
    """
    own = cast(sqlite3.Connection, connection.connection.driver_connection)
    project: Connection | None = connection.info.get(LENT)
    if project is None or own.in_transaction or project.closed or project.invalidated:
        return own
    lent = project.connection.driver_connection
    return lent if type(lent) is sqlite3.Connection and _will_do(lent, own) else own


def told(connection: Connection, statement: str) -> list[Any]:
    """The rows that a statement returns. Text that is no UTF-8, which SQLite keeps and its driver refuses to read, has
    `\\xff` for each such byte. Raises DBAPIError as SQLAlchemy does."""
    driver: Any = eyes(connection)
    # An async driver is asked through SQLAlchemy, which waits for its answer.
    cursor: Any = (driver if isinstance(driver, sqlite3.Connection) else connection.connection).cursor()
    before = driver.text_factory
    driver.text_factory = lambda content: content.decode("utf-8", "backslashreplace")
    try:
        cursor.execute(statement)
        found: list[Any] = cursor.fetchall()
    except sqlite3.Error as error:
        raise DBAPIError(statement, None, error) from error
    else:
        return found
    finally:
        driver.text_factory = before
        cursor.close()


def _will_do(lent: sqlite3.Connection, own: sqlite3.Connection) -> bool:
    try:
        if lent.in_transaction or lent.row_factory is not None or lent.text_factory is not str:
            return False
        files = {name: file for _, name, file in lent.execute("PRAGMA database_list")}
        hidden = lent.execute("SELECT 1 FROM sqlite_temp_master LIMIT 1").fetchall()
        return files.keys() <= {"main", "temp"} and not hidden and files["main"] == _file(own)
    except sqlite3.Error:  # closed, or used by one thread alone
        return False


def _file(own: sqlite3.Connection) -> str:
    return next(str(file) for _, name, file in own.execute("PRAGMA database_list") if name == "main")
