"""A squash that is killed: the next one finishes it, or nothing had happened."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from migration_guard.change.files import Edit
from migration_guard.config import Settings
from migration_guard.errors import UsageError
from migration_guard.squash.removal import PLAN, Gone, carry_out, left, resume
from migration_guard.squash.run import Wish, squash
from tests.change.repository import VERSIONS, git

from .histories import files, project

BACKEND = Path(__file__).parents[2] / "backend"
# Kills itself right before the n-th call that changes a folder: a file is opened for writing, renamed or removed.
DIES = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {backend!r})
from migration_guard.change.files import Edit
from migration_guard.squash import removal
left = [{calls}]
def counted(event, arguments):
    changes = event in ("os.rename", "os.remove", "os.mkdir") or (event == "open" and arguments[1] and "w" in str(arguments[1]))
    if changes and not isinstance(arguments[0], int) and {folder!r} in os.path.abspath(os.fsdecode(arguments[0])):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
folder = Path({folder!r})
old = [removal.Gone(file, file.read_bytes()) for file in sorted(folder.glob("old*.py"))]
edit = Edit(folder / "base.py", "base.py", None, b"base")
sys.addaudithook(counted)
removal.carry_out([edit], old)
print("done")
"""
AFTER = ["base.py"]
BEFORE = ["old1.py", "old2.py", "old3.py"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in BEFORE:
        (tmp_path / name).write_text(name)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def gone(folder: Path) -> list[Gone]:
    return [Gone(file, file.read_bytes()) for file in sorted(folder.glob("old*.py"))]


def base(folder: Path, content: bytes = b"base") -> Edit:
    return Edit(folder / "base.py", "base.py", None, content)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows kills otherwise")
@pytest.mark.parametrize("calls", range(1, 9))
def test_a_kill_before_any_change_of_the_folder_leaves_what_the_next_run_settles(folder: Path, calls: int) -> None:
    code = DIES.format(backend=str(BACKEND), folder=str(folder), calls=calls)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == (-signal.SIGKILL if "done" not in done.stdout else 0), done.stderr
    for plan in left([folder]):
        resume(plan)
    kept = [name for name in names(folder) if not name.startswith(".migration-guard-")]

    assert kept in (BEFORE, AFTER)
    assert not (folder / PLAN).exists()


def test_a_run_that_was_cut_off_after_the_base_is_finished(folder: Path) -> None:
    old = gone(folder)
    carry_out([base(folder)], [])
    (folder / PLAN).write_text(_plan_of(folder, old))

    assert "the rest of its old files are gone now" in resume(folder / PLAN)
    assert names(folder) == AFTER


def test_an_old_file_that_somebody_changed_meanwhile_stays_and_is_named(folder: Path) -> None:
    old = gone(folder)
    carry_out([base(folder)], [])
    (folder / PLAN).write_text(_plan_of(folder, old))
    (folder / "old2.py").write_text("work of hours")

    assert "old2.py changed meanwhile and stays" in resume(folder / PLAN)
    assert names(folder) == ["base.py", "old2.py"]


def test_a_plan_without_its_base_is_forgotten(folder: Path) -> None:
    (folder / PLAN).write_text(_plan_of(folder, gone(folder)))

    assert "nothing had changed" in resume(folder / PLAN)
    assert names(folder) == BEFORE


def test_half_a_plan_is_forgotten(folder: Path) -> None:
    (folder / PLAN).write_text('{"base": ["base')

    assert "cut off before it began" in resume(folder / PLAN)
    assert names(folder) == BEFORE


def test_a_file_that_changed_since_the_plan_stops_it_before_anything_is_touched(folder: Path) -> None:
    old = gone(folder)
    (folder / "old3.py").write_text("changed")

    with pytest.raises(UsageError, match=r"old3\.py was changed meanwhile"):
        carry_out([base(folder)], old)

    assert names(folder) == BEFORE


def test_moved_files_are_all_there(folder: Path) -> None:
    old = [Gone(each.path, each.content, folder / "retired" / each.path.name) for each in gone(folder)]

    carry_out([base(folder)], old)

    assert names(folder) == ["base.py", "retired"]
    assert names(folder / "retired") == BEFORE


def _plan_of(folder: Path, old: list[Gone]) -> str:
    def digest(content: bytes) -> str:
        return hashlib.sha256(content).hexdigest()

    return json.dumps(
        {"base": ["base.py", digest(b"base")], "gone": [[each.path.name, digest(each.content), None] for each in old]}
    )


def test_the_next_squash_finishes_what_a_killed_one_began(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = project(tmp_path, 'op.execute("CREATE TABLE a (b INTEGER)")', 'op.execute("CREATE TABLE c (d INTEGER)")')
    wish, settings = Wish("r2"), Settings(root=root, databases=("sqlite",))
    squash(settings, wish)
    (base,) = (root / VERSIONS).glob("*.py")
    git(root, "checkout", "-q", "--", VERSIONS)
    old = [Gone(file, file.read_bytes()) for file in sorted((root / VERSIONS).glob("*_step.py"))]
    (root / VERSIONS / PLAN).write_text(_plan_of(root, old).replace("base.py", base.name).replace(*_digests(base)))

    assert squash(settings, wish) == 0

    assert "the rest of its old files are gone now" in capsys.readouterr().out
    assert files(root) == [base.name]


def _digests(base: Path) -> tuple[str, str]:
    return hashlib.sha256(b"base").hexdigest(), hashlib.sha256(base.read_bytes()).hexdigest()
