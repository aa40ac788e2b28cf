"""Two threads that share the questions see what integrity_check sees of the whole file."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from migration_guard.operate import sqlite_damage
from migration_guard.operate.sqlite_damage import damage

PAGE = 4096


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small database with indexes, long values and free pages, looked at as if it were a large one."""
    made = tmp_path / "app.db"
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.executescript(
            "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT); CREATE INDEX ia ON a (word);"
            "CREATE TABLE b (id INTEGER PRIMARY KEY, word TEXT); CREATE TABLE gone (word TEXT);"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)"
            "INSERT INTO a (word) SELECT hex(zeroblob(30)) || i FROM n;"
            "INSERT INTO b SELECT id, word FROM a; INSERT INTO gone SELECT word FROM a;"
            "INSERT INTO b VALUES (1000, hex(zeroblob(9000))); DROP TABLE gone"
        )
        assert connection.execute("PRAGMA freelist_count").fetchone()[0] > 5
    monkeypatch.setattr(sqlite_damage, "LARGE", 0)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0), raising=False)
    return made


def whole(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file)) as connection:
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)])
    except sqlite3.DatabaseError:
        return False


def seen(file: Path) -> bool:
    try:
        return bool(damage(file))
    except sqlite3.DatabaseError:
        return True


def test_a_whole_file_is_looked_at_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    pages = sqlite_damage._pages_have_one_use
    monkeypatch.setattr(sqlite_damage, "_pages_have_one_use", lambda *given: asked.append(pages(*given)) or asked[-1])

    assert damage(file) == []
    assert asked == [True]  # so it did not ask about the whole


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'a') WHERE name = 'b'",
        "DELETE FROM sqlite_master WHERE name = 'b'",
    ],
    ids=["a page with two uses", "pages with none"],
)
def test_what_no_table_shows_is_seen(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(sql)

    assert not whole(file)
    assert seen(file)


def test_whatever_integrity_check_sees_is_seen(file: Path) -> None:
    content = file.read_bytes()
    dice = random.Random(7)  # noqa: S311 - the same damage in every run
    harmed = 0
    for _ in range(80):
        bytes_ = bytearray(content)
        place = dice.randrange(0, len(content), PAGE) + dice.choice([dice.randrange(20), dice.randrange(PAGE)])
        bytes_[place] ^= 1 << dice.randrange(8)
        file.write_bytes(bytes_)
        harmed += not whole(file)
        assert whole(file) or seen(file), place
    assert harmed > 20
