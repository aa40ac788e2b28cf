"""SQLite counts no memory in a worker process, and works as before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).parents[2] / "backend"
BEFORE = """
import ctypes, sqlite3, _sqlite3
from migration_guard.live.sqlite.library import without_counting
used = ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used
used.restype = ctypes.c_int64
"""
AFTER = """
connection = sqlite3.connect(":memory:")
connection.execute("CREATE TABLE t (x)")
connection.execute("INSERT INTO t VALUES (1)")
print(connection.execute("SELECT x FROM t").fetchall(), used() > 0)
connection.close()
"""


@pytest.mark.parametrize(
    ("first", "prints"),
    [
        ("print(without_counting())", "True\n[(1,)] False\n"),
        ("print(without_counting(), without_counting())", "True True\n[(1,)] False\n"),
        ("held = sqlite3.connect(':memory:'); print(without_counting())", "False\n[(1,)] True\n"),
    ],
    ids=["nobody uses it", "twice", "a connection is open"],
)
def test_nothing_is_counted_where_no_connection_is_open(first: str, prints: str) -> None:
    command = [sys.executable, "-c", BEFORE + first + AFTER]
    environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == (prints, "")
