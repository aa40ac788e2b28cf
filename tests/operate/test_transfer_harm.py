"""A transfer that is killed, cut off, disturbed or out of room, there and back: one clear line, nothing is lost, and what
the next run makes is what a run makes that nobody disturbs. Many more kills are in `nox -s harm -- --only transfer`."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from migration_guard.errors import CannotFinish
from migration_guard.live.postgresql.adapter import OwnServer
from migration_guard.operate.moving import reader, session
from migration_guard.operate.moving.session import RECORD
from migration_guard.operate.moving.spool import Spool
from migration_guard.operate.transfer_back import TransferBack
from migration_guard.operate.turn import KEY

from .pair import Grounds, Pair, Progress
from .test_postgresql_harm import own  # noqa: F401 - a fixture

WAYS = pytest.mark.parametrize("way", ["there", "back"])


@pytest.fixture(autouse=True)
def _processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small files of these tests are read as large ones are."""
    monkeypatch.setattr(reader, "LARGE", 0)


@pytest.fixture
def pair(grounds: Grounds, tmp_path: Path) -> Pair:
    return grounds.pair(tmp_path)


def once(harm: Callable[[], object], part: str = "copy") -> Progress:
    """A progress that does harm when a part of the work begins."""
    left = [harm]

    def progress(now: str, *_: object) -> None:
        if now == part and left:
            left.pop()()

    return progress


@WAYS
def test_a_run_after_a_kill_makes_what_an_undisturbed_one_makes(grounds: Grounds, tmp_path: Path, way: str) -> None:
    pair = grounds.pair(tmp_path, way)
    pair.killed(way)
    assert not (pair.root / "back.db").exists()

    assert pair.digests(way) == grounds.digests
    assert any(line.startswith("Going on: ") for line in pair.said)
    assert pair.at_server("SELECT count(*) FROM notes JOIN words ON words.id = word_id") == [(5000,)]
    left = {path.name for path in pair.root.iterdir()} - {path.name for path in grounds.root.iterdir()}
    assert left <= {"back.db", ".back.db.deploy.lock"}


@WAYS
@pytest.mark.parametrize("part", ["copy", "check"])
def test_a_connection_that_is_cut_is_told_once_and_the_transfer_goes_on(
    grounds: Grounds, tmp_path: Path, way: str, part: str
) -> None:
    pair = grounds.pair(tmp_path, way)

    assert pair.digests(way, once(pair.cut, part)) == grounds.digests
    lost = [line for line in pair.said if line.startswith("The connection was lost (")]
    assert len(lost) == 1, pair.said
    assert lost[0].endswith("). Going on when the server answers.")


@WAYS
def test_a_server_that_restarts_in_the_middle_costs_nothing(
    grounds: Grounds,
    pair: Pair,
    way: str,
    own: tuple[OwnServer, Callable[[], None]],  # noqa: F811
) -> None:
    server, restart = own
    pair.url = server.new_database()
    if way == "back":
        pair.digests("there")

    assert pair.digests(way, once(restart)) == grounds.digests
    assert sum("The connection was lost (" in line for line in pair.said) == 1
    assert pair.at_server("SELECT count(*) FROM words") == [(5000,)]


def test_a_full_disk_on_the_way_back_is_one_line_and_the_next_run_ends(
    grounds: Grounds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = grounds.pair(tmp_path, "back")
    writing = TransferBack._writing

    def with_little_room(self: TransferBack) -> sqlite3.Connection:
        made = writing(self)
        made.execute("PRAGMA max_page_count = 30")
        return made

    with monkeypatch.context() as patch:
        patch.setattr(TransferBack, "_writing", with_little_room)
        with pytest.raises(CannotFinish, match=r"cannot be written: database or disk is full") as raised:
            pair.go("back")

    assert raised.value.hint == "make room and run it again"
    assert not (pair.root / "back.db").exists()
    assert pair.digests("back") == grounds.digests
    assert pair.sql("SELECT count(*) FROM notes", "back.db") == [(5000,)]


def test_a_full_disk_makes_the_way_there_read_rows_again(
    grounds: Grounds, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(Path("/dev/full").open("r+b", buffering=0))  # noqa: SIM115
    spool.add(b"text")
    assert not spool
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
        assert pair.digests("there") == grounds.digests
    assert pair.at_server("SELECT count(*) FROM notes") == [(5000,)]

    assert pair.digests("there") == grounds.digests
    assert "held the same rows before; nothing was copied." in pair.said[-1]


def test_a_file_that_was_written_to_meanwhile_is_told_and_the_next_run_brings_the_rest(pair: Pair) -> None:
    pair.sql("PRAGMA journal_mode = WAL")  # else nobody writes while it is read
    with pytest.raises(CannotFinish, match="was written to meanwhile"):
        pair.go("there", once(lambda: pair.sql("INSERT INTO words VALUES (0, 'late')")))

    pair.digests("there")

    assert any(line.endswith("since they were copied: words.") for line in pair.said)
    assert pair.at_server("SELECT word FROM words WHERE id = 0") == [("late",)]
    assert pair.at_server("SELECT to_regclass('migration_guard_transfer')") == [(None,)]


def test_rows_that_changed_on_the_server_are_copied_again_on_the_way_back(grounds: Grounds, tmp_path: Path) -> None:
    pair = grounds.pair(tmp_path, "back")
    pair.killed("back")
    pair.at_server("UPDATE words SET word = 'new' WHERE id = 1")
    pair.at_server("UPDATE notes SET note = '[]' WHERE id = 1")

    pair.digests("back")

    assert sum("since they were copied: " in line for line in pair.said) == 1
    assert pair.sql("SELECT word, note FROM words JOIN notes USING (id) WHERE id = 1", "back.db") == [("new", "[]")]


def test_rows_of_somebody_else_in_the_target_are_not_overwritten(pair: Pair) -> None:
    pair.at_server(f"CREATE TABLE {RECORD} (what text, name text, value text, PRIMARY KEY (what, name))")
    pair.at_server("INSERT INTO words VALUES (7, 'theirs')")

    with pytest.raises(CannotFinish, match=r"words of .* holds 1 rows, and 0 were put there"):
        pair.go("there")
    assert pair.at_server("SELECT * FROM words") == [(7, "theirs")]


def test_a_second_transfer_at_the_same_time_is_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "WAIT", 0.3)
    with psycopg.connect(pair.url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (KEY,))

        with pytest.raises(CannotFinish, match="somebody else is transferring or deploying to"):
            pair.go("there")
