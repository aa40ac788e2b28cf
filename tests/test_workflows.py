"""The pull-request workflow, run for real on this machine by act in host mode."""

from __future__ import annotations

from html import unescape
from pathlib import Path

from tests.acting import ON_LINUX, act, checkout, commit, git

__all__ = ["checkout"]  # a fixture

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

pytestmark = ON_LINUX


def test_the_static_job_passes_on_a_pull_request_without_migrations(checkout: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    payload = {"number": 1, "pull_request": {"base": {"sha": base}}}

    done = act(checkout, "guard.yml", "pull_request", payload, "static")

    assert done.code == 0, done.log
    assert "::error" not in done.log


def test_the_static_job_stops_a_second_head_on_its_line_and_in_the_summary(checkout: Path) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    (checkout / "alembic" / "versions" / "ffff00000001_second_head.py").write_text(BAD)
    commit(checkout, "feat: second head")

    done = act(checkout, "guard.yml", "merge_group", {"merge_group": {"base_sha": base}}, "static")

    assert done.code == 1
    (found,) = [each for each in done.annotations if "multiple-heads" in each.at.get("title", "")]
    assert found.at["file"].startswith("alembic/versions/")
    assert "multiple-heads" in unescape(done.summary())


def test_the_sqlite_job_steps_through_the_history(checkout: Path) -> None:
    done = act(checkout, "guard.yml", "push", {"ref": "refs/heads/main"}, "sqlite", "--matrix", "python:3.13")

    assert done.code == 0, done.log
    assert "sqlite" in done.log.lower()
