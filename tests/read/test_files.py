"""Source files as git has them, in real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migration_guard.read.files import Committed
from migration_guard.read.git import Repository

NAMES = ("app/db.py", "app/gone.py", "app/new.py", "app", "../db.py", "app/large.py")


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Two files in the last commit, of which one is edited in the index and again in the working tree."""
    app = tmp_path / "app"
    app.mkdir()
    git(tmp_path, "init", "-q", "-b", "main")
    (app / "db.py").write_text("committed")
    (app / "gone.py").write_text("gone")
    (app / "large.py").write_text("x" * 600_000)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    (app / "db.py").write_text("staged")
    (app / "new.py").write_text("new")
    git(tmp_path, "rm", "-q", "app/gone.py")
    git(tmp_path, "add", ".")
    (app / "db.py").write_text("not yet")
    found = Repository.at(tmp_path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("commit", "there"),
    [
        ("HEAD", {"app/db.py": b"committed", "app/gone.py": b"gone"}),
        ("", {"app/db.py": b"staged", "app/new.py": b"new"}),
    ],
)
def test_the_first_files_and_those_looked_up_in_a_list_are_the_same(
    repository: Repository, commit: str, there: dict[str, bytes]
) -> None:
    files = Committed(repository.top, repository, commit)

    first, later = ([files.any_of([name]) for name in NAMES] for _ in range(2))

    assert first == later == [(name, there[name]) if name in there else None for name in NAMES]
    assert files.any_of(NAMES) == next(iter(there.items()))
    assert files.any_of(["app/none.py", *reversed(NAMES)]) == list(there.items())[-1]
