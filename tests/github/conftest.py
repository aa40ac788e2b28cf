"""The guard's own repository as the action is fetched, and clones of a project as checkouts make them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acting import ROOT, commit, git

PROJECTS = ROOT / "tests" / "fixtures" / "projects"
REVISION = '''\
"""{message}

Revision ID: {id}
Revises: {below}
"""

import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {below!r}


def upgrade() -> None:
    op.create_table("{id}_things", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("{id}_things")
'''


@pytest.fixture(scope="session")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What of this repository the action and the reusable workflow need, as GitHub fetches it."""
    folder = tmp_path_factory.mktemp("guard")
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "backend" / "migration_guard", folder / "backend" / "migration_guard", ignore=unwanted)
    (folder / ".github" / "workflows").mkdir(parents=True)
    for name in ("action.yml", "pyproject.toml", "README.md", "LICENSE", ".github/workflows/migrations.yml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with revisions r1 and r2, committed as `main` in a git repository; `origin` answers to any commit."""
    folder = tmp_path / "project"
    shutil.copytree(PROJECTS / "models_agree", folder, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "chore: start")
    git(tmp_path, "clone", "--quiet", "--bare", str(folder), "origin.git")
    git(tmp_path / "origin.git", "config", "uploadpack.allowAnySHA1InWant", "true")  # as GitHub does
    git(folder, "remote", "add", "origin", (tmp_path / "origin.git").as_uri())
    return folder


def revision(folder: Path, id: str, below: str | None, message: str = "more") -> Path:
    """A revision file that makes one table."""
    file = folder / "migrations" / "versions" / f"{id}.py"
    file.write_text(REVISION.format(id=id, below=below, message=message))
    return file


def push(folder: Path) -> None:
    """All branches of a repository to its origin."""
    git(folder, "push", "--quiet", "--force", "origin", "--all")
