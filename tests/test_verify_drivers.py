"""The driver of a project is the one that its revisions run on; where another takes its place, that is said."""

from __future__ import annotations

import shutil
from pathlib import Path

from migration_guard.config import load
from migration_guard.findings import Report
from migration_guard.verify import verify

PROJECTS = Path(__file__).parent / "fixtures" / "projects"


def verified(folder: Path, url: str) -> Report:
    """What `verify` makes of a project with a failing revision, whose ini has this URL."""
    root = Path(shutil.copytree(PROJECTS / "rows_without_a_value_meet_not_null", folder / "project"))
    ini = root / "alembic.ini"
    ini.write_text(ini.read_text().replace("sqlite:///%(here)s/real.db", url))
    return verify(root, load(root), databases=("sqlite",))


def test_a_failure_under_another_driver_is_told_as_one(tmp_path: Path) -> None:
    report = verified(tmp_path, "sqlite+pysqlcipher:///app.db")

    assert "upgrade-fails" in {finding.rule.id for finding in report.findings}
    assert [(gap.path, gap.why) for gap in report.not_judged if "driver" in gap.why] == [
        (
            "migrations/env.py",
            "sqlite: whether failures are the project's own: its driver pysqlcipher is not installed here, and "
            "another ran in its place",
        )
    ]


def test_a_failure_under_the_projects_own_driver_is_certain(tmp_path: Path) -> None:
    report = verified(tmp_path, "sqlite:///app.db")

    assert "upgrade-fails" in {finding.rule.id for finding in report.findings}
    assert not [gap for gap in report.not_judged if "driver" in gap.why]
