"""Rows are compared as they lie in the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from migration_guard.live.sqlite.pages import Lying, OpenFile, Pages
from migration_guard.live.sqlite.reader import SqliteReader


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "database.sqlite"


@pytest.fixture
def connection(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None)) as made:
        made.execute("PRAGMA synchronous = OFF")
        made.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)")
        made.execute("CREATE TABLE other (id INTEGER PRIMARY KEY, x TEXT)")
        yield made


def fill(connection: sqlite3.Connection, rows: int, length: int) -> None:
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t (x) VALUES (?)", [("a" * length,)] * rows)
    connection.execute("COMMIT")


def lying(file: Path, connection: sqlite3.Connection, before: dict[str, Lying]) -> dict[str, Lying]:
    pages = Pages.of(OpenFile(file).blocks())
    assert pages is not None
    roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'"))
    return pages.tables(roots, before)


@pytest.mark.parametrize(
    ("rows", "length"),
    [(3, 20), (3, 5_000), (2, 30_000), (400, 40), (30, 3_000)],
    ids=["one page", "an overflow page each", "many of them", "leaves", "leaves with overflow"],
)
@pytest.mark.parametrize("size", [512, 4096, 65536])
def test_each_change_of_a_row_is_another_page(
    file: Path, connection: sqlite3.Connection, rows: int, length: int, size: int
) -> None:
    connection.execute(f"PRAGMA page_size = {size}")
    connection.execute("VACUUM")
    fill(connection, rows, length)
    before = lying(file, connection, {})
    if len(before) < 2:
        assert rows * length > 100 * size // 2  # too many pages for a comparison
        return
    for place in sorted({1, rows // 2, rows}):
        connection.execute("UPDATE t SET x = substr(x, 1, length(x) - 1) || 'b' WHERE id = ?", (place,))

        after = lying(file, connection, before)

        assert after["t"] != before["t"]
        assert after["other"] is before["other"]
        assert lying(file, connection, after)["t"] is after["t"]
        before = after


def test_tables_without_rowid_are_left_out(file: Path, connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE k (id TEXT PRIMARY KEY) WITHOUT ROWID")

    assert set(lying(file, connection, {})) == {"t", "other"}


def test_large_tables_are_left_out(file: Path, connection: sqlite3.Connection) -> None:
    fill(connection, 120, 4000)

    assert set(lying(file, connection, {})) == {"other"}


def test_a_file_with_a_log_beside_it_tells_nothing(file: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO t (x) VALUES ('a')")

    assert Pages.of(OpenFile(file).blocks()) is None


def test_what_is_no_database_tells_nothing() -> None:
    assert Pages.of([b"no database"]) is None
    assert Pages.of([]) is None


def test_a_look_leaves_the_locks_that_others_in_this_process_hold(file: Path, connection: sqlite3.Connection) -> None:
    engine = create_engine(f"sqlite:///{file}")
    writes = f"import sqlite3; sqlite3.connect({str(file)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
    connection.execute("BEGIN IMMEDIATE")

    with engine.connect() as eyes:
        marks = [SqliteReader().look(eyes).rows for _ in range(2)]
        other = subprocess.run([sys.executable, "-c", writes], capture_output=True, text=True, check=False)
    engine.dispose()

    assert marks[0].keys() == {"t", "other"}
    assert "database is locked" in other.stderr


def test_a_file_that_another_one_took_the_place_of_is_told(file: Path, connection: sqlite3.Connection) -> None:
    held = OpenFile(file)
    before = held.is_it(file)
    file.rename(file.with_name("before"))
    file.touch()

    assert before
    assert not held.is_it(file)
