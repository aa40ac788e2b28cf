"""The reference application for each test, and its database."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from migration_guard.live import Server

from .pair import Grounds
from .project import BACKEND, BEHIND, HEAD, ROOT, Project, written

__all__ = ["BACKEND", "BEHIND", "HEAD", "ROOT", "Project"]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a database that holds rows and stands some revisions below the head."""
    return written(tmp_path_factory.mktemp("reference")).root


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Project:
    """A copy that a test may change."""
    return Project(Path(shutil.copytree(template, tmp_path / "project")))


@pytest.fixture(scope="session")
def grounds(tmp_path_factory: pytest.TempPathFactory, postgresql: Server) -> Grounds:
    """Where transfers begin, with rows on both sides."""
    return Grounds(tmp_path_factory.mktemp("small"), postgresql)


@pytest.fixture
def new_database(project: Project) -> Callable[[], None]:
    """Takes the database away, so that there is none."""

    def gone() -> None:
        for file in project.database.parent.glob("*"):
            file.unlink()

    return gone
