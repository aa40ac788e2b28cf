"""Which commits a hook may let pass without reading a migration."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migration_guard.read.concern import concerns_migrations
from migration_guard.read.git import Repository


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "chore: start")
    return tmp_path


@pytest.mark.parametrize("name", ["b.py", "alembic.ini", "pyproject.toml", "seed.sql", "HEAD", "max_migration.txt"])
def test_what_a_migration_may_depend_on_concerns_them(name: str, repository: Path) -> None:
    (repository / name).write_text("x")
    git(repository, "add", ".")

    assert concerns_migrations(Repository.at(repository))


def test_a_deleted_file_concerns_them(repository: Path) -> None:
    git(repository, "rm", "-q", "a.py")

    assert concerns_migrations(Repository.at(repository))


@pytest.mark.parametrize("name", ["README.md", "page.html", "logo.png"])
def test_other_files_do_not(name: str, repository: Path) -> None:
    (repository / name).write_text("x")
    (repository / "a.py").write_text("not staged")
    git(repository, "add", name)

    assert not concerns_migrations(Repository.at(repository))


def test_without_a_commit_or_a_repository_everything_does(tmp_path: Path) -> None:
    assert concerns_migrations(Repository.at(tmp_path))
    git(tmp_path, "init", "-q")
    assert concerns_migrations(Repository.at(tmp_path))
