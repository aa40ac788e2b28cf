"""Rows are compared as they lie in the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from migration_guard.live.sqlite_pages import Lying, Pages


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
    pages = Pages.of(file)
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

    assert Pages.of(file) is None


def test_what_is_no_database_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("no database")

    assert Pages.of(tmp_path / "words") is None
    assert Pages.of(tmp_path / "missing") is None
