"""A real git repository with migrations in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from migration_guard.config import Settings
from migration_guard.lint import check

VERSIONS = "alembic/versions"
TEMPLATE = (Path(__file__).parents[2] / "alembic" / "script.py.mako").read_text()
BODY = '''"""do {id}

Revision ID: {id}
Revises: {told}
Create Date: 2026-11-22
"""

revision = "{id}"
down_revision = {parent}


def upgrade() -> None:
    pass  # {id}


def downgrade() -> None:
    pass
'''


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def write(root: Path, name: str, *parents: str, text: str | None = None) -> Path:
    file = root / VERSIONS / f"{name}_x.py"
    parent = f'"{parents[0]}"' if len(parents) == 1 else repr(parents or None)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes((text or BODY.format(id=name, told=", ".join(parents), parent=parent)).encode())
    return file


def project(root: Path) -> Path:
    """A repository on `main` with revisions a <- b."""
    (root / VERSIONS).mkdir(parents=True)
    (root / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/alembic\n")
    (root / "alembic" / "script.py.mako").write_text(TEMPLATE)
    write(root, "a1")
    write(root, "b1", "a1")
    git(root, "init", "-q", "-b", "main")
    commit(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "more")


def branch(root: Path, *revisions: tuple[str, ...], ahead: tuple[tuple[str, ...], ...] = (("t1", "b1"),)) -> None:
    """Branch `mine` with these revisions, while `main` goes on with others; `mine` is left checked out."""
    git(root, "switch", "-q", "-c", "mine")
    for one in revisions:
        write(root, *one)
    commit(root)
    git(root, "switch", "-q", "main")
    for one in ahead:
        write(root, *one)
    commit(root)
    git(root, "switch", "-q", "mine")


def rules(root: Path, base: str | None = "main") -> set[str]:
    """The ids of what `check` finds."""
    return {finding.rule.id for finding in check(root, Settings(root=root), base=base).findings}
