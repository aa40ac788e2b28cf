"""The commands as people type them."""

import os
import signal
from pathlib import Path

import pytest

from migration_guard.change.files import Edit, write
from migration_guard.cli import main
from migration_guard.errors import UsageError

from .repository import VERSIONS, branch, git, project, rules
from .repository import write as revision


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path)


def test_rebase_and_merge_leave_nothing_to_find(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    branch(root, ("m1", "b1"))
    git(root, "merge", "-q", "--no-edit", "main")

    assert main(["-C", str(root), "rebase", "--base", "main", "--dry-run"]) == 0
    assert "multiple-heads" in rules(root)
    assert main(["-C", str(root), "rebase", "--base", "main"]) == 0
    assert main(["-C", str(root), "check", "--base", "main"]) == 0
    revision(root, "x1", "m1")
    revision(root, "x2", "m1")
    assert main(["-C", str(root), "merge", "x1", "x2", "-m", "both", "--rev-id", "z1"]) == 0
    assert main(["-C", str(root), "check", "--base", "main"]) == 0
    assert "z1 joins x1, x2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "says", "hint"),
    [
        (["rebase", "--base", "nowhere"], 2, "the base nowhere does not exist here", "give one of `git branch`"),
        (["rebase", "--base", "main", "--onto", "zz"], 2, "--onto zz is no id of any revision", "git log main"),
        (["merge", "zz", "b1"], 3, "zz is no revision here", "the heads are b1"),
    ],
)
def test_errors_are_one_line_and_one_to_try(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, says: str, hint: str
) -> None:
    assert main(["-C", str(root), *arguments]) == code

    error, attempt = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {says}")
    assert attempt.startswith(f"  Try: {hint}")


def test_file_that_changed_since_the_plan_is_left_alone_and_so_are_all_others(root: Path) -> None:
    first, second = (root / VERSIONS / f"{name}_x.py" for name in ("a1", "b1"))
    before = first.read_bytes()
    edits = [Edit(first, "a", before, b"new"), Edit(second, "b", b"something else", b"new")]

    with pytest.raises(UsageError, match="b was changed meanwhile, and nothing was written"):
        write(edits)

    assert first.read_bytes() == before
    assert [path.name for path in (root / VERSIONS).iterdir() if path.name.startswith(".")] == []


def test_written_file_keeps_its_mode(root: Path) -> None:
    file = root / VERSIONS / "a1_x.py"
    file.chmod(0o750)

    write([Edit(file, "a", file.read_bytes(), b"new")])

    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o750)


def killed_at(number: int, root: Path) -> None:
    """Run `rebase` in a process that is killed before it renames the file of that number."""
    done = 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal done
        done += 1
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)
        os.replace(self, target)  # noqa: PTH105
        return target

    child = os.fork()
    if not child:
        Path.replace = replace  # type: ignore[method-assign, assignment]
        main(["-C", str(root), "rebase", "--base", "main"])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("number", [1, 2, 3])
def test_rebase_that_was_killed_is_done_by_the_next_one(root: Path, number: int) -> None:
    (root / VERSIONS / "HEAD").write_text("b1\n")
    branch(root, ("m1", "b1"), ("n1", "b1"), ("z1", "m1", "n1"))
    git(root, "merge", "-q", "--no-edit", "main")
    before = {file.name: file.read_bytes() for file in (root / VERSIONS).iterdir()}
    killed_at(number, root)
    for file in (root / VERSIONS).iterdir():
        assert file.name.startswith(".") or file.read_bytes() == before[file.name] or b"t1" in file.read_bytes()

    assert main(["-C", str(root), "rebase", "--base", "main"]) == 0

    assert (root / VERSIONS / "HEAD").read_text() == "z1\n"
    assert rules(root) == set()
    assert {file.name for file in (root / VERSIONS).iterdir()} - {"__pycache__"} == before.keys()
