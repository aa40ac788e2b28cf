"""`fix` when the ground moves: files that change meanwhile, folders that refuse, a full disk, an end in the middle."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from migration_guard.change import files as files_module
from migration_guard.change import fix as module
from migration_guard.change.files import Edit
from migration_guard.errors import UsageError
from tests.permissions import permissions_bind, without_power_over_permissions

from .fixing import PERSONA, fixed, project
from .test_fix import IDLE, ONE_COLUMN

BACKEND = Path(__file__).parents[2] / "backend"


def contents(files: list[Path]) -> list[bytes]:
    return [file.read_bytes() for file in files]


def listed(files: list[Path]) -> list[str]:
    return sorted(one.name for one in files[0].parent.iterdir() if one.name != "__pycache__")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return project(tmp_path, PERSONA, ONE_COLUMN, ONE_COLUMN.replace("age", "size") + IDLE)


def test_a_file_that_changed_meanwhile_is_left_alone(
    tmp_path: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = files_module.write

    def later(edits: list[Edit]) -> None:
        files[2].write_text(files[2].read_text() + "# mine\n")
        write(edits)

    monkeypatch.setattr(module, "write", later)
    before = contents(files)

    with pytest.raises(UsageError, match="was changed meanwhile, and nothing was written"):
        fixed(tmp_path)

    assert contents(files) == [*before[:2], before[2] + b"# mine\n"]


def test_a_full_disk_leaves_every_file_as_it_was(tmp_path: Path, files: list[Path]) -> None:
    before, names = contents(files), listed(files)

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before[1]) + 8, len(before[1]) + 8))

    done = subprocess.run(
        [sys.executable, "-B", "-m", "migration_guard", "-C", str(tmp_path), "fix"],
        env={"PYTHONPATH": str(BACKEND), "PATH": os.environ["PATH"]},
        preexec_fn=limited,  # the limit is for the child alone
        capture_output=True,
        text=True,
    )

    assert (done.returncode, contents(files)) == (4, before), done.stderr
    assert [name for name in listed(files) if name not in names] == []


@permissions_bind
def test_a_folder_that_refuses_leaves_every_file_as_it_was(tmp_path: Path, files: list[Path]) -> None:
    before = contents(files)
    files[0].parent.chmod(0o555)

    done = subprocess.run(
        [sys.executable, "-B", "-m", "migration_guard", "-C", str(tmp_path), "fix"],
        env={"PYTHONPATH": str(BACKEND), "PATH": os.environ["PATH"]},
        preexec_fn=without_power_over_permissions,
        capture_output=True,
        text=True,
    )

    files[0].parent.chmod(0o755)
    assert (done.returncode, contents(files)) == (4, before)
    assert "Permission denied" in done.stderr


def test_an_end_between_two_files_leaves_whole_files(tmp_path: Path, files: list[Path]) -> None:
    before = contents(files)
    killing = """
import os, signal, sys
from pathlib import Path
from migration_guard.cli import main
replace, done = Path.replace, []
def once(self, target):
    if done:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(target)
    return replace(self, target)
Path.replace = once
main(["-C", sys.argv[1], "fix"])
"""
    ended = subprocess.run(
        [sys.executable, "-c", killing, str(tmp_path)],
        env={"PYTHONPATH": str(BACKEND), "PATH": os.environ["PATH"]},
        capture_output=True,
    )
    assert ended.returncode == -signal.SIGKILL
    after = contents(files)

    assert fixed(tmp_path) == 0

    whole = contents(files)
    assert all(one in pair for one, pair in zip(after, zip(before, whole, strict=True), strict=True))
    assert b"def downgrade() -> None:\n    op.drop_column" in whole[1]
    assert b"def downgrade() -> None:\n    op.drop_column" in whole[2]


def test_a_link_keeps_leading_to_its_file(tmp_path: Path, files: list[Path]) -> None:
    real = tmp_path / "kept.py"
    files[1].rename(real)
    files[1].symlink_to(real)

    assert fixed(tmp_path) == 0

    assert files[1].is_symlink()
    assert "def downgrade" in real.read_text()


def test_the_mode_of_a_file_stays(tmp_path: Path, files: list[Path]) -> None:
    files[1].chmod(0o640)

    fixed(tmp_path)

    assert files[1].stat().st_mode & 0o777 == 0o640
