"""Three lines in a project's own tests: a case for each revision on each database, also over several workers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from migration_guard.live import Server

PROJECTS = Path(__file__).parent / "fixtures" / "projects"
BACKEND = Path(__file__).parents[1] / "backend"
THREE_LINES = """\
from migration_guard.testing import migrations

test_migrations = migrations({arguments})
"""


def run(root: Path, arguments: str, *options: str) -> tuple[dict[str, str], str]:
    """The outcome of each case, and everything that pytest printed."""
    (root / "tests").mkdir(exist_ok=True)
    (root / "tests" / "test_migrations.py").write_text(THREE_LINES.format(arguments=arguments))
    (root / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests", "-rA", "-p", "no:cacheprovider", *options],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(BACKEND)},
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.findall(r"^(PASSED|FAILED|SKIPPED).*?(?:test_migrations\[(\S+)\])", done.stdout, re.MULTILINE)
    return {case: outcome for outcome, case in told}, done.stdout + done.stderr


def copied(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(PROJECTS / name, folder / name))


def test_each_revision_is_a_case_of_its_own(tmp_path: Path) -> None:
    cases, printed = run(copied("branches_merge", tmp_path), '"sqlite"')

    assert list(cases) == [*(f"sqlite-r{number}" for number in range(1, 6)), "sqlite-history"], printed
    assert set(cases.values()) == {"PASSED"}


def test_a_case_fails_with_the_words_of_the_report(tmp_path: Path) -> None:
    cases, printed = run(copied("downgrade_leaves_an_index", tmp_path), '"sqlite"')

    assert [case for case, outcome in cases.items() if outcome == "FAILED"] == ["sqlite-r2"], printed
    assert "downgrade-leaves-traces" in printed
    assert "Instead:" in printed


def test_what_stands_on_a_revision_that_fails_is_skipped(tmp_path: Path) -> None:
    cases, printed = run(copied("begins_with_older_tables", tmp_path), '"sqlite"', "-v")

    assert cases["sqlite-r1"] == "FAILED"
    assert "not judged: it stands on r1, which fails" in printed


def test_a_project_that_cannot_be_run_fails_once_with_one_line(tmp_path: Path) -> None:
    cases, printed = run(copied("env_raises", tmp_path), '"sqlite"', "-v")

    assert [case for case, outcome in cases.items() if outcome == "FAILED"] == ["sqlite-history"], printed
    assert "raises RuntimeError: no tenant is set" in printed
    assert "Traceback" not in printed


def test_experiments_may_be_left_out(tmp_path: Path) -> None:
    cases, printed = run(copied("rows_without_a_value_meet_not_null", tmp_path), '"sqlite", without=("rows",)')

    assert set(cases.values()) == {"PASSED"}, printed


def test_an_experiment_that_nobody_knows_is_named(tmp_path: Path) -> None:
    _, printed = run(copied("branches_merge", tmp_path), '"sqlite", without=("row",)')

    assert "'row' is no experiment of verify" in printed


def test_several_workers_share_one_run(tmp_path: Path) -> None:
    root = copied("branches_merge", tmp_path)
    env = root / "migrations" / "env.py"
    env.write_text(f"open({str(tmp_path / 'runs')!r}, 'a').write('x')\n" + env.read_text())

    cases, printed = run(root, '"sqlite"', "-n", "3")

    assert len(cases) == 6, printed
    assert set(cases.values()) == {"PASSED"}
    once = len((tmp_path / "runs").read_text())
    (tmp_path / "runs").unlink()
    run(root, '"sqlite"')
    assert once == len((tmp_path / "runs").read_text())


@pytest.mark.usefixtures("postgresql")
def test_a_url_does_not_show_in_the_names_of_cases(tmp_path: Path, postgresql: Server) -> None:
    cases, printed = run(copied("url_in_ini", tmp_path), f'"sqlite", {postgresql.new_database()!r}')

    assert len(cases) == 6, printed
    assert {case.rpartition("-")[0] for case in cases} == {"sqlite", "postgresql+psycopg"}
