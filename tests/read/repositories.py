"""Repositories of git for tests: made, written to and committed in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from migration_guard.read.git import Repository

VERSIONS = "db/my versions"


def git(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=os.environ | (env or {}), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(folder: Path, name: str, content: str = "x = 1\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def commit(folder: Path, *names: str, content: str = "x = 1\n") -> str:
    for name in names:
        write(folder, name, content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "some")
    return git(folder, "rev-parse", "HEAD")


def at(folder: Path) -> Repository:
    found = Repository.at(folder)
    assert found is not None
    return found
