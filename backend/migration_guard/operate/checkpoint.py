"""SQLite's write-ahead log, moved into the database file (sqlite.org/pragma.html#pragma_wal_checkpoint)."""

from __future__ import annotations

from ..errors import UsageError
from .target import Target


def checkpoint(target: Target) -> bool | None:
    """Whether some of the log stays, as somebody reads or writes; None where there is no log. Raises UsageError for
    another database than SQLite."""
    if target.dialect != "sqlite":
        raise UsageError(f"{target.shown} is no SQLite database", "PostgreSQL checkpoints by itself")
    with target.connect() as connection:
        busy, _, moved = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() or (0, 0, 0)
    return None if moved < 0 else bool(busy)
