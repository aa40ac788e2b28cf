"""What a database holds, in few words: its revisions, and how many rows each table has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ..live.row_sql import table_name
from ..live.shapes import TableShape

_SQLITE_TABLES = (
    "SELECT NULL, name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
    "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
)
# Tables of extensions are made by CREATE EXTENSION, and pg_dump leaves most of them out.
_POSTGRESQL_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Held:
    """The revisions in the version table, and the number of rows by table, that one left out."""

    revisions: tuple[str, ...]
    rows: Mapping[str, int]

    def differences(self, other: Held) -> list[str]:
        """Sentences on what the other one holds otherwise."""
        found = []
        if sorted(self.revisions) != sorted(other.revisions):
            found.append(f"it stands at {_named(other.revisions)}, not at {_named(self.revisions)}")
        for table in sorted(self.rows.keys() | other.rows.keys()):
            here, there = self.rows.get(table), other.rows.get(table)
            if there is None:
                found.append(f"table {table} is missing")
            elif here is None:
                found.append(f"table {table} is one more")
            elif here != there:
                found.append(f"table {table} has {there} rows, not {here}")
        return found


def held(connection: Connection, version_table: str) -> Held:
    """What one connection sees, in the transaction that it is in."""
    tables = _tables(connection)
    own = tuple(version_table.rpartition(".")[::2])
    rows = {
        _shown(schema, name): _count(connection, schema, name) for schema, name in tables if not _is(own, schema, name)
    }
    return Held(revisions(connection, version_table), rows)


def has_version_table(connection: Connection, version_table: str) -> bool:
    """Whether Alembic has run here."""
    schema, _, name = version_table.rpartition(".")
    return any(_is((schema, name), *each) for each in _tables(connection))


def revisions(connection: Connection, version_table: str) -> tuple[str, ...]:
    """What the version table names, sorted; empty where there is none."""
    if not has_version_table(connection, version_table):
        return ()
    schema, _, name = version_table.rpartition(".")
    found = connection.exec_driver_sql(
        " ".join(("SELECT version_num FROM", table_name(TableShape(name, schema or None))))
    )
    return tuple(sorted(row[0] for row in found))


@contextmanager
def one_moment(connection: Connection) -> Iterator[None]:
    """A transaction in which every question is answered as of the same moment."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    else:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
    try:
        yield
    finally:
        try:
            connection.rollback()
        except SQLAlchemyError:  # the server is gone, and with it the transaction
            connection.invalidate()


def _tables(connection: Connection) -> list[tuple[str | None, str]]:
    sql = _POSTGRESQL_TABLES if connection.dialect.name == "postgresql" else _SQLITE_TABLES
    found = connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
    return [(row[0], row[1]) for row in found]


def _is(own: tuple[str, ...], schema: str | None, name: str) -> bool:
    return name == own[1] and (schema or "") in ((own[0],) if own[0] else ("", "public"))


def _shown(schema: str | None, name: str) -> str:
    return name if schema in (None, "public") else f"{schema}.{name}"


def _count(connection: Connection, schema: str | None, name: str) -> int:
    return int(
        connection.exec_driver_sql(
            " ".join(("SELECT count(*) FROM", table_name(TableShape(name, schema))))
        ).scalar_one()
    )


def _named(revisions: tuple[str, ...]) -> str:
    return ", ".join(revisions) if revisions else "no revision"
