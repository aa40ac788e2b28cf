"""This repository's own workflows, run for real on this machine by act in host mode."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from migration_guard.cli import main
from migration_guard.live import dialect
from migration_guard.live.scratch.folder import Scratch
from noxfile import fingerprint
from tests.acting import ON_LINUX, ROOT, Acted, act, checkout, commit, git

__all__ = ["checkout"]  # a fixture

# Of each matrix the part that this machine can be: the newest Python, and PostgreSQL 16 out of the wheel.
HERE = ("--matrix", "python:3.13", "--matrix", "session:verify", "--matrix", "postgresql:16")
SERVICE = "postgresql://postgres@localhost:5432/postgres"
OLD = "0" * 40  # the base commit of the event, which may be behind its branch and is not asked
NOBODY = "postgresql://postgres@localhost:9/postgres"  # the port of `discard`, where no PostgreSQL answers
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

GOOD = """\
\"\"\"settings may have a note

Revision ID: eeee00000001
Revises: 7d1f4be02c95
\"\"\"

import sqlalchemy as sa
from alembic import op

revision = "eeee00000001"
down_revision = "7d1f4be02c95"


def upgrade() -> None:
    op.add_column("agent_config", sa.Column("note", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("agent_config", "note")
"""

pytestmark = ON_LINUX


@pytest.fixture
def environments(tmp_path: Path) -> Path:
    """What the sessions would install, with the programs of the environment that runs this test instead."""
    folder = tmp_path / "environments"
    for name in ("guard", "guard-reads"):
        programs = folder / name / "bin"
        programs.mkdir(parents=True)
        commands = {"python": "", "alembic": "-m alembic", "migration-guard": "-m migration_guard"}
        for program, module in commands.items():
            where = f"PYTHONPATH={ROOT / 'backend'}:$PYTHONPATH"
            (programs / program).write_text(f'#!/bin/sh\n{where} exec {sys.executable} {module} "$@"\n')
            (programs / program).chmod(0o755)
        (folder / name / "installed.txt").write_text(fingerprint(sys.version))
    return folder


@pytest.fixture(scope="module")
def service(session_scratch: Scratch) -> Iterator[str]:
    """The URL of a PostgreSQL 16, which stands in for the service container: act starts none in host mode."""
    with dialect("postgresql").servers("postgresql-16", session_scratch) as server:
        yield server.new_database()


@pytest.fixture
def on_pull_request(checkout: Path) -> object:
    """The event of a pull request that adds what is committed after this fixture."""
    git(checkout, "update-ref", "refs/remotes/origin/main", "HEAD")
    return {"number": 1, "pull_request": {"base": {"ref": "main", "sha": OLD}}}


def run(checkout: Path, environments: Path, event: str, payload: object, job: str, service: str = SERVICE) -> Acted:
    """A job of guard.yml and those that it needs; with a URL in place of the service container's."""
    workflow = checkout / ".github" / "workflows" / "guard.yml"
    text = workflow.read_text()
    assert SERVICE in text
    workflow.write_text(text.replace(SERVICE, service))
    return act(checkout, "guard.yml", event, payload, job, *HERE, "--env", f"GUARD_ENVIRONMENTS={environments}")


def reports(checkout: Path) -> dict[str, Any]:
    """The JSON reports that the jobs kept, by their names."""
    return {file.stem: json.loads(file.read_text()) for file in (checkout.parent / "artifacts").rglob("*.json")}


def test_a_pull_request_with_a_good_migration_is_green_with_one_summary_of_all_jobs(
    checkout: Path, environments: Path, service: str, on_pull_request: object
) -> None:
    (checkout / "alembic" / "versions" / "eeee00000001_settings_may_have_a_note.py").write_text(GOOD)
    model = checkout / "backend" / "app" / "models" / "agent_config.py"
    model.write_text(model.read_text().replace("    updated_at:", "    note: Mapped[str | None]\n    updated_at:"))
    git(checkout, "config", "user.name", "Ada")
    git(checkout, "config", "user.email", "ada@example.org")
    assert main(["-C", str(checkout), "review", "eeee00000001", "--yes"]) == 0
    commit(checkout, "feat: settings may have a note")

    done = run(checkout, environments, "pull_request", on_pull_request, "guard", service)

    assert done.code == 0, done.log
    assert set(done.jobs.values()) == {"success"}
    assert sorted(done.jobs) == ["guard", "postgresql", "sqlite", "static", "together"]
    assert sorted(reports(checkout)) == ["guard", "old-code", "parity", "postgresql", "sqlite", "static"]
    assert "settings may have a note" in (checkout.parent / "artifacts/migration-guard/guard.html").read_text()
    assert done.summary() == done.summary("guard")
    summary = unescape(done.summary())
    assert "No findings" in summary
    assert "PostgreSQL 16" in summary
    assert "eeee00000001" in summary
    assert "settings may have a note" in summary
    assert "ALTER TABLE agent_config ADD COLUMN note" in summary
    assert [each.level for each in done.annotations] == []


def test_a_merge_group_with_a_second_head_is_stopped_by_the_required_check_on_its_line(
    checkout: Path, environments: Path, service: str
) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    (checkout / "alembic" / "versions" / "ffff00000001_second_head.py").write_text(BAD)
    commit(checkout, "feat: second head")

    done = run(checkout, environments, "merge_group", {"merge_group": {"base_sha": base}}, "guard", service)

    assert done.code == 1
    assert done.jobs["static"] == "failure"
    assert done.jobs["guard"] == "failure"
    (found,) = [each for each in done.annotations if "multiple-heads" in each.at.get("title", "")]
    assert found.level == "error"
    assert found.at["file"].startswith("alembic/versions/")
    assert "7d1f4be02c95" in found.message
    summary = unescape(done.summary("guard"))
    assert "multiple-heads" in summary
    assert "- static: failure" in summary
    assert done.summary() == done.summary("guard")


def test_a_push_to_main_steps_through_the_whole_history(checkout: Path, environments: Path) -> None:
    done = run(checkout, environments, "push", {"ref": "refs/heads/main"}, "sqlite")

    assert done.code == 0, done.log
    assert "sqlite: 11 revisions taken up, down and up" in done.log
    assert reports(checkout)["sqlite"]["looked_at"]["revisions"] == 11


def test_a_database_service_that_never_comes_up_is_named_in_the_report_of_its_job(
    checkout: Path, environments: Path, on_pull_request: object
) -> None:
    done = run(checkout, environments, "pull_request", on_pull_request, "postgresql", NOBODY)

    assert done.code == 1
    assert done.jobs == {"postgresql": "failure"}
    (error,) = reports(checkout)["postgresql"]["errors"]
    assert "cannot reach the PostgreSQL server at localhost:9" in error["message"]


def test_the_monthly_maintenance_backs_up_restores_and_tells_it_on_its_page(checkout: Path, environments: Path) -> None:
    """The schedule picks the job: nothing else of the workflow runs."""
    monthly = {"schedule": "17 5 2 * *"}

    done = act(checkout, "maintenance.yml", "schedule", monthly, None, "--env", f"GUARD_ENVIRONMENTS={environments}")

    assert done.code == 0, done.log
    assert done.jobs == {"drill": "success"}
    titles = re.findall(r"^### (.*)$", done.summary(), re.MULTILINE)
    assert titles == [f"nox -s {name}: ended well" for name in ("backup", "drill", "restore", "status")]
    assert done.summary().count("2,520 rows") == 3


def test_the_weekly_maintenance_tells_the_history_and_which_versions_somebody_should_see_to(
    checkout: Path, environments: Path
) -> None:
    """Its third job is the suite itself."""
    weekly = ("--env", f"GUARD_ENVIRONMENTS={environments}", "--matrix", "session:none")

    done = act(checkout, "maintenance.yml", "schedule", {"schedule": "17 4 * * 1"}, None, *weekly)

    assert done.jobs["history"] == "success", done.log
    assert set(done.jobs) == {"history", "postgresql"}
    assert "### nox -s history" in done.summary("history")
    assert "PostgreSQL 18: supported until 2030-11-14" in done.summary("postgresql")


def test_the_quarterly_maintenance_keeps_one_backup_that_can_be_relied_on(checkout: Path, environments: Path) -> None:
    quarterly = {"inputs": {"part": "quarterly"}}
    options = ("--input", "part=quarterly", "--env", f"GUARD_ENVIRONMENTS={environments}")

    done = act(checkout, "maintenance.yml", "workflow_dispatch", quarterly, None, *options)

    assert done.code == 0, done.log
    assert done.jobs == {"prune": "success"}
    assert len(re.findall(r"^keep ", done.summary(), re.MULTILINE)) == 1
    assert len(re.findall(r"^remove ", done.summary(), re.MULTILINE)) == 1
    assert "It can be relied on." in done.summary()


def test_a_tag_that_is_not_that_of_the_version_is_built_into_nothing(checkout: Path) -> None:
    git(checkout, "tag", "v99.0.0")

    done = act(checkout, "release.yml", "push", {"ref": "refs/tags/v99.0.0", "ref_type": "tag"})

    assert done.code == 1
    assert done.jobs == {"build": "failure"}
    assert "error: the tag is v99.0.0, and the package says" in done.log
    assert reports(checkout) == {}


def test_our_own_action_passes_a_good_project_and_fails_a_bad_one(checkout: Path, environments: Path) -> None:
    shutil.copytree(ROOT / "tests/fixtures/self_test", checkout / "tests/fixtures/self_test")
    commit(checkout, "test: projects")

    done = act(checkout, "self-test.yml", "push", {"ref": "refs/heads/main"}, "self-test")

    assert done.code == 0, done.log
    assert done.jobs == {"good": "success", "bad": "success", "self-test": "success"}
    assert {each.at.get("title", "").split()[0] for each in done.annotations} >= {"not-null-without-default"}
