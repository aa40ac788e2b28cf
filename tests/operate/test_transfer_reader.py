"""A SQLite file read by a process of its own: what comes back, and how it ends."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from migration_guard.errors import CannotFinish
from migration_guard.operate.moving import reader
from migration_guard.operate.moving.reader import Elsewhere, Reader, several
from migration_guard.operate.moving.source import Source

ROWS = 1000


def nowhere() -> Any:
    """No server is asked for the types of these tests."""
    raise AssertionError


def numbers(source: Source, ends: int) -> Iterator[int]:
    for (number,) in source.execute("SELECT n FROM t WHERE n <", str(ends), "ORDER BY n"):
        yield number


def failing(source: Source, error: type[Exception], *words: str) -> Iterator[int]:
    yield from numbers(source, 2)
    raise error(*words)


def dying(source: Source, how: int) -> Iterator[int]:
    yield from numbers(source, 2)
    print("its last words", file=sys.stderr, flush=True)
    os.kill(os.getpid(), how)
    time.sleep(10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "here.db"
    with closing(sqlite3.connect(made)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO t VALUES (?)", ((n,) for n in range(ROWS)))
    return made


@pytest.fixture
def sources(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Source]]:
    monkeypatch.setattr(reader, "LARGE", 0)
    with several(file, nowhere, 2) as found:
        yield found


def test_all_sources_see_the_same_moment_whoever_reads_them(file: Path, sources: list[Source]) -> None:
    here, there = sources
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM t WHERE n > 10")

    assert isinstance(there, Elsewhere)
    assert list(here.each(numbers, ROWS)) == list(there.each(numbers, ROWS)) == [*range(ROWS)]


def test_what_nobody_reads_to_its_end_does_not_come_with_the_next_answer(sources: list[Source]) -> None:
    for source in sources:
        with source.ahead(numbers, ROWS) as parts:
            assert next(parts) == 0

        assert list(source.each(numbers, 3)) == [0, 1, 2]


@pytest.mark.parametrize("error", [(CannotFinish, "it cannot", "try again"), (sqlite3.OperationalError, "I/O error")])
def test_an_error_there_is_the_same_error_here(sources: list[Source], error: Any) -> None:
    kind, words, *hint = error
    for source in sources:
        with pytest.raises(kind) as raised:
            list(source.each(failing, *error))

        assert str(raised.value) == words
        assert not hint or getattr(raised.value, "hint", "") == hint[0]
        assert list(source.each(numbers, 2)) == [0, 1]


def test_a_process_that_dies_is_one_line_with_its_last_words(sources: list[Source]) -> None:
    with pytest.raises(CannotFinish, match=r"the process that reads here\.db was ended by signal 15: its last words"):
        list(sources[1].each(dying, signal.SIGTERM))


def test_the_process_ends_with_the_one_that_asks(file: Path) -> None:
    asked = Reader(file, nowhere)
    with closing(asked):
        asked.open()
        process = asked._process
        assert process.stdin is not None
        process.stdin.close()

        assert process.wait(10) == 0


def test_a_small_file_is_read_by_threads(file: Path) -> None:
    with several(file, nowhere, 2) as found:
        assert [type(source) for source in found] == [Source, Source]
