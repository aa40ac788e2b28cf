"""Questions about locks to a session of PostgreSQL: what it holds, what stands there, which indexes are half-built."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ...facts.lock_modes import MODES

if TYPE_CHECKING:
    from sqlalchemy import Connection

_STRENGTH = {f"{mode.title().replace(' ', '')}Lock": strength for strength, mode in enumerate(MODES)}
KINDS = {
    "r": "table",
    "p": "partitioned table",
    "m": "materialized view",
    "v": "view",
    "f": "foreign table",
}


@dataclass
class Sample:
    """What the session holds after a statement."""

    transaction: str | None
    timeout: bool
    locked: dict[int, tuple[int, int | None, int]]  # by relation: strength, file (None: gone), scans
    indexes: dict[int, int]  # locked for everybody, with the tables that they are on


def sampled(connection: Any) -> Sample | None:
    """What the session holds now; None where its transaction is broken."""
    answer = _ask(connection, "locks.sql")
    if answer is None:
        return None
    transaction, timeout, rows = answer
    locked: dict[int, tuple[int, int | None, int]] = {}
    indexes: dict[int, int] = {}
    for oid, mode, kind, file, scans, table in rows or ():
        strength = _STRENGTH[mode]
        if kind in ("i", "I"):
            if table is not None and strength == len(MODES) - 1:
                indexes[oid] = table
        elif kind in KINDS or kind is None:
            locked[oid] = max(strength, locked.get(oid, (-1,))[0]), file, scans or 0
    return Sample(transaction, timeout not in ("0", ""), locked, indexes)


def relations(connection: Any) -> Any:
    """The newest object identifier, and of each relation its own, its name, kind, file and how often it was read whole.
    None where the transaction is broken."""
    return _ask(connection, "relations.sql")


def _ask(connection: Any, query: str) -> Any:
    """The answer, on the session itself, past everything that listens to the project's engine. None where the
    transaction is broken and takes no more questions."""
    cursor = connection.connection.cursor()
    with contextlib.closing(cursor), contextlib.suppress(connection.dialect.loaded_dbapi.Error):
        cursor.execute(_query(query))
        row = cursor.fetchone()
        return json.loads(next(iter(row.values())) if isinstance(row, dict) else row[0])
    return None


@cache
def _query(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def session_of(connection: Any) -> Any:
    """The driver's own connection."""
    return connection.connection.dbapi_connection


def invalid_indexes(connection: Connection) -> tuple[str, ...]:
    """The indexes that no query uses, as their concurrent build failed: "persona.ix_persona_name"."""
    rows = connection.exec_driver_sql(_query("invalid.sql"), execution_options={"no_parameters": True}).fetchall()
    connection.rollback()
    return tuple(f"{table}.{index}" for table, index in rows)
