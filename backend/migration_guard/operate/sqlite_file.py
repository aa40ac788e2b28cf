"""A SQLite file opened for one question, without ever making one."""

from __future__ import annotations

import sqlite3
import urllib.parse
from pathlib import Path


def opened(file: Path, *, read_only: bool = False, timeout: float = 30) -> sqlite3.Connection:
    """A connection in autocommit mode, which waits `timeout` seconds for others. Raises sqlite3.OperationalError where
    there is no such file."""
    mode = "ro" if read_only else "rw"
    address = f"file:{urllib.parse.quote(str(file.absolute()))}?mode={mode}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=timeout)
