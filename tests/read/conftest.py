from __future__ import annotations

from pathlib import Path

import pytest

from tests.read.repositories import VERSIONS, commit, git


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository, in a folder whose name needs quoting, with one commit on main."""
    folder = tmp_path / "it's ä repo"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, f"{VERSIONS}/a.py")
    return folder
