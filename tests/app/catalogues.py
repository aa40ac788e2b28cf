"""What a database says of its own tables, for tests that compare two of them. It shares no code with the guard."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, inspect, text

POSTGRESQL_CONSTRAINTS = """
    SELECT conrelid::regclass::text || ' ' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
POSTGRESQL_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def catalogue(connection: Connection) -> dict[str, Any]:
    """Tables with their columns, types, defaults, keys, checks and indexes, without Alembic's own table."""
    seen = inspect(connection)
    found: dict[str, Any] = {}
    for table in seen.get_table_names():
        if table == "alembic_version":
            continue
        found[table] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in seen.get_columns(table)
            },
            "primary key": seen.get_pk_constraint(table),
            "foreign keys": by_name(seen.get_foreign_keys(table)),
            "uniques": by_name(seen.get_unique_constraints(table)),
            "checks": by_name(seen.get_check_constraints(table)),
            "indexes": by_name(seen.get_indexes(table)),
        }
    if connection.dialect.name == "postgresql":
        for query in (POSTGRESQL_CONSTRAINTS, POSTGRESQL_INDEXES):
            rows = connection.execute(text(query))
            found |= {name: definition for name, definition in rows if "alembic_version" not in name + definition}
    return found


def by_name(things: Any) -> dict[str, str]:
    """Constraints or indexes by their names: their order is not a difference."""
    return {thing["name"]: str(thing) for thing in things}
