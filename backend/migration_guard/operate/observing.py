"""What one revision does to a database while it runs on a copy: which tables it locks and for how long, how many rows
it changes, how much room it takes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event, make_url

from ..facts.lock_modes import MODES
from ..live.project.redirect import own_engine
from ..live.statements import Recorder, tables_written
from ..live.steps import Lock, Statement

NOBODY_WRITES = MODES.index("SHARE")  # from here on up (postgresql.org/docs/current/explicit-locking.html)
_REBUILT = re.compile(r"\s*INSERT\s+INTO\s+\W?_alembic_tmp_(\w+)", re.IGNORECASE)  # Alembic's batch mode
_ROOM = "SELECT pg_database_size(current_database()), pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"


@dataclass
class Observed:
    """What is known once the revision has run. Seconds and bytes."""

    locks: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)  # changed, by table
    rebuilt: dict[str, int] = field(default_factory=dict)  # copied to a new table by Alembic's batch mode
    grown: int = 0
    logged: int | None = None  # bytes of PostgreSQL's write-ahead log, which replicas and archives get, too


@contextmanager
def observed(url: str, recorder: Recorder, file: str, version_table: str) -> Iterator[tuple[list[Statement], Observed]]:
    """The statements of a revision's file and, on leaving, what they did."""
    found = Observed()
    parsed = make_url(url)
    postgresql = parsed.get_backend_name() == "postgresql"
    began: dict[int, float] = {}

    with recorder.watching(file, locks=postgresql, version_table=version_table) as statements:

        def before(*_: Any) -> None:
            began.setdefault(len(statements) - 1, time.monotonic())

        def after(_connection: Any, cursor: Any, sql: str, *_: Any) -> None:
            number = max(0, getattr(cursor, "rowcount", 0) or 0)
            if not number or not statements or statements[-1].sql != sql:
                return
            if batch := _REBUILT.match(sql):
                found.rebuilt[batch[1]] = found.rebuilt.get(batch[1], 0) + number
            for table in tables_written([statements[-1]]):
                found.rows[table] = found.rows.get(table, 0) + number

        event.listen(Engine, "before_cursor_execute", before)
        event.listen(Engine, "after_cursor_execute", after)
        size, log = _room(url)
        try:
            yield statements, found
        finally:
            ended = time.monotonic()
            event.remove(Engine, "before_cursor_execute", before)
            event.remove(Engine, "after_cursor_execute", after)
    found.locks = _by_table(recorder.locks(), began, ended)
    size_after, log_after = _room(url)
    found.grown = size_after - size
    found.logged = None if log is None or log_after is None else log_after - log


def _by_table(locks: Sequence[Lock], began: dict[int, float], ended: float) -> list[dict[str, Any]]:
    """For each table that others have to wait for: the strongest mode, the seconds, and why it takes long."""
    tables: dict[str, dict[str, Any]] = {}
    for lock in locks:
        strength = MODES.index(lock.mode) if lock.mode else -1
        if strength < NOBODY_WRITES and not lock.rewritten:
            continue
        since = began.get(lock.since, ended)
        until = began.get(lock.statement + 1, ended) if lock.outside else ended
        one = tables.setdefault(lock.relation, {"table": lock.relation, "mode": "", "seconds": 0.0, "work": ""})
        if lock.mode and (not one["mode"] or strength > MODES.index(one["mode"])):
            one["mode"] = lock.mode
        one["seconds"] = round(max(one["seconds"], until - since), 3)
        works = (("written anew", lock.rewritten), ("an index is built", lock.built), ("read whole", lock.scanned))
        one["work"] = one["work"] or next((work for work, true in works if true), "")
    return list(tables.values())


def _room(url: str) -> tuple[int, int | None]:
    """Bytes of the database, and of all that its server's log was ever given."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        from .sqlite import bytes_of

        return bytes_of(str(parsed.database)), None
    with own_engine(url).connect() as connection:
        size, log = connection.exec_driver_sql(_ROOM).one()
        return int(size), int(log)
