"""What a guard left that was killed together with its watcher is gone when the next one starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from migration_guard.live.scratch import watcher
from migration_guard.live.scratch.folder import Scratch
from migration_guard.live.scratch.leftovers import sweep

BACKEND = Path(__file__).parents[2] / "backend"
GUARD = """\
import sys, time
from pathlib import Path
from migration_guard.live.scratch.folder import Scratch
with Scratch(Path(sys.argv[1])) as scratch:
    scratch.new_folder(scratch.folder.parent / "mg-beside")
    print(scratch._watcher.pid, flush=True)
    time.sleep(1000)
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")


@pytest.fixture
def guard(tmp_path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", GUARD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(BACKEND)},
    )


def killed(guard: subprocess.Popen[str]) -> None:
    assert guard.stdout is not None
    watching = int(guard.stdout.readline())
    os.kill(watching, signal.SIGKILL)
    guard.kill()
    guard.communicate()
    while not has_ended(watching):  # until then it holds the lock that says that the folder is in use
        time.sleep(0.01)


def has_ended(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def test_all_that_was_registered_is_gone_after_the_next_start(tmp_path: Path, guard: subprocess.Popen[str]) -> None:
    killed(guard)
    assert (tmp_path / "mg-beside").is_dir()

    with Scratch(tmp_path) as scratch:
        assert list(tmp_path.iterdir()) == [scratch.folder]

    assert list(tmp_path.iterdir()) == []


def test_a_guard_that_runs_is_left_alone(tmp_path: Path, guard: subprocess.Popen[str]) -> None:
    assert guard.stdout is not None
    pid = int(guard.stdout.readline())
    before = sorted(tmp_path.iterdir())

    sweep(tmp_path)

    assert sorted(tmp_path.iterdir()) == before
    os.kill(pid, signal.SIGKILL)
    guard.kill()
    guard.communicate()


def test_a_folder_of_a_guard_that_was_killed_before_it_wrote_its_book_is_gone(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    assert not watcher.is_alive(gone.pid)
    (tmp_path / f"migration-guard-{gone.pid}-0123456789ab").mkdir()
    (tmp_path / f"migration-guard-{gone.pid}-0123456789ac").mkdir()
    (tmp_path / f"migration-guard-{gone.pid}-0123456789ac" / "book.json.new").write_text("[")
    (tmp_path / f"migration-guard-{os.getpid()}-0123456789ab").mkdir()

    sweep(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [f"migration-guard-{os.getpid()}-0123456789ab"]


@pytest.mark.parametrize("book", ["", "[]", "{}", '{"guards": 3, "left": []}', '{"guards": [], "left": [["folder"]]}'])
def test_a_broken_book_is_no_error(tmp_path: Path, book: str) -> None:
    folder = tmp_path / "migration-guard-1-0123456789ab"
    folder.mkdir()
    (folder / "book.json").write_text(book)

    sweep(tmp_path)

    assert folder.is_dir()


def test_what_is_no_folder_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "migration-guard-notes.txt").write_text("mine")
    (tmp_path / "migration-guard-cache").mkdir()
    (tmp_path / "migration-guard-link").symlink_to(tmp_path)

    sweep(tmp_path)

    assert len(list(tmp_path.iterdir())) == 3
