"""What a PostgreSQL database (14 to 18) holds besides rows, from one catalogue query."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..schema import Key, Snapshot
from .questions import in_one, query

if TYPE_CHECKING:
    from sqlalchemy import Connection


def snapshot(connection: Connection) -> Snapshot:
    """The catalogue of the connected database: every schema but the system's own, less what extensions own."""
    return Snapshot(described(connection))


def described(connection: Connection) -> dict[Key, dict[str, str]]:
    """Everything in the database, by kind and name."""
    with _fixed_search_path(connection):
        rows = connection.exec_driver_sql(query("snapshot"), execution_options={"no_parameters": True})
        # One by one: of a large schema, a document would take more memory than all that is made of it.
        return described_in((*of, told if of[0] in _NOTES else json.loads(told)) for *of, told in rows)


def as_document(snapshot: str) -> str:
    """What the query asks of a few relations, with all rows in one JSON document."""
    told = "case when kind in ('comment', 'grants') then pg_catalog.to_json(told) else told::json end"
    return in_one(snapshot, 'kind, schema, "table", name, address', told)


def described_in(rows: Iterable[Sequence[Any]]) -> dict[Key, dict[str, str]]:
    """What the rows of the query describe, be it everything or what it says of a few relations; their JSON is read."""
    objects: dict[Key, dict[str, str]] = {}
    by_address: dict[tuple[str, str], dict[str, str]] = {}
    noted: list[tuple[tuple[str, str], str, str]] = []
    for kind, schema, table, name, address, told in rows:
        if kind in _NOTES:
            noted.append(((schema, address), kind, told or "none"))
            continue
        prefix = "" if schema in (None, "public") else f"{schema}."
        properties: dict[str, str] = {key: str(value) for key, value in told.items() if value != ""}
        if table is not None:
            properties["table"] = prefix + table
            if kind in _NAMED_BY_TABLE:
                prefix += f"{table}."
        objects[kind, prefix + name] = properties
        by_address[_CATALOGUE_OF.get(kind, "pg_class"), address] = properties
    for at, kind, note in noted:
        if at in by_address:
            by_address[at][kind] = note
    return objects


@contextmanager
def _fixed_search_path(connection: Connection) -> Iterator[None]:
    """A migration may set the search path; definitions are printed with or without schema by what it is."""
    before = _value(connection, "select current_setting('search_path')")
    if before == "public":
        yield
        return
    _value(connection, "select set_config('search_path', 'public', false)")
    yield
    quoted = before.replace("'", "''")
    _value(connection, f"select set_config('search_path', '{quoted}', false)")


def _value(connection: Connection, sql: str) -> Any:
    return connection.exec_driver_sql(sql, execution_options={"no_parameters": True}).scalar()


_NOTES = {"comment", "grants"}  # rows that say something of an object by its address
# Constraint and column names are unique within their table only.
_NAMED_BY_TABLE = {
    *("column", "primary key", "foreign key", "unique", "check", "exclusion"),
    *("trigger", "policy", "rule"),
}
_CATALOGUE_OF = {
    **dict.fromkeys(("primary key", "foreign key", "unique", "check", "exclusion"), "pg_constraint"),
    **dict.fromkeys(("enum", "domain", "type"), "pg_type"),
    **dict.fromkeys(("function", "procedure", "aggregate"), "pg_proc"),
    "trigger": "pg_trigger",
    "policy": "pg_policy",
    "rule": "pg_rewrite",
    "schema": "pg_namespace",
    "extension": "pg_extension",
    "collation": "pg_collation",
    "statistics": "pg_statistic_ext",
    "event trigger": "pg_event_trigger",
    "text search configuration": "pg_ts_config",
    "publication": "pg_publication",
    "foreign server": "pg_foreign_server",
    "default privileges": "pg_default_acl",
}
