"""Projects in which something is wrong, and what must not change in them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures" / "bad_input"
VERSIONS = "alembic/versions"


def project(folder: Path, *revisions: str) -> Path:
    """A copy of the sound project of two revisions, with more files of `fixtures/bad_input/revisions` beside them."""
    shutil.copytree(FIXTURES / "project", folder)
    for name in revisions:
        shutil.copy(FIXTURES / "revisions" / f"{name}.py", folder / VERSIONS)
    return folder


def text_of(revision: str) -> str:
    """The text of one of those files."""
    return (FIXTURES / "revisions" / f"{revision}.py").read_text(encoding="utf-8")


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every path below a folder with its mode and content, bytecode included."""
    found = {}
    for path in folder.rglob("*"):
        content = bytes(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[path.relative_to(folder).as_posix()] = (path.lstat().st_mode, content)
    return found


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


def committed(folder: Path, branch: str = "main") -> Path:
    """The folder as a repository with one commit."""
    git(folder, "init", "-q", "-b", branch)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "work")
    return folder
