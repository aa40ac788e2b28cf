"""action.yml and the reusable workflow as texts: no logic, everything pinned, inputs that the code knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from migration_guard import __version__
from migration_guard.github.inputs import Inputs
from migration_guard.github.steps import STEPS
from tests.acting import ROOT

ACTION = ROOT / "action.yml"
WORKFLOW = ROOT / ".github" / "workflows" / "migrations.yml"
FILES = pytest.mark.parametrize("file", [ACTION, WORKFLOW], ids=lambda file: file.name)


def loaded(file: Path) -> dict[Any, Any]:
    data: dict[Any, Any] = yaml.safe_load(file.read_text())
    return data


def steps(file: Path) -> list[dict[str, Any]]:
    data = loaded(file)
    if "runs" in data:
        return list(data["runs"]["steps"])
    return [step for job in data["jobs"].values() for step in job["steps"]]


@FILES
def test_a_step_runs_one_part_of_the_package_and_nothing_else(file: Path) -> None:
    for step in steps(file):
        if "run" in step:
            assert (
                found := re.fullmatch(r'(?:python3?|"\$GUARD_PYTHON") -m migration_guard\.github (\w+)', step["run"])
            )
            assert found[1] in STEPS
            assert step["working-directory"].endswith("/backend")  # where no file of the checkout is imported


@FILES
def test_actions_of_others_are_pinned_to_a_commit_with_the_version_beside_it(file: Path) -> None:
    for line in file.read_text().splitlines():
        if (used := re.search(r"^\s*(?:- )?uses: (\S+)(.*)$", line)) and not used[1].startswith("./"):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used[1]), line
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", used[2]), line


def test_every_input_is_known_to_the_code_with_the_same_default() -> None:
    known = {name.replace("_", "-"): default for name, default in vars(Inputs()).items()}
    of_the_files = {"artifact", "token", "since", "report", "runner"}  # what the YAML itself needs
    action, workflow = loaded(ACTION)["inputs"], loaded(WORKFLOW)[True]["workflow_call"]["inputs"]

    for name, given in (*action.items(), *workflow.items()):
        assert name in known or name in of_the_files, name
        if name in known and name != "artifact":
            assert str(given["default"]).lower() == known[name], name
    assert set(known) <= {*action, *workflow}


def test_the_version_that_stands_in_for_an_unknown_commit_is_this_one() -> None:
    fallbacks = re.findall(r"job\.workflow_sha \|\| '(.*?)'", WORKFLOW.read_text())

    assert set(fallbacks) == {f"v{__version__}"}


def test_the_jobs_that_run_migrations_may_read_and_do_nothing_else() -> None:
    jobs = loaded(WORKFLOW)["jobs"]

    assert {name: job.get("permissions") for name, job in jobs.items()} == {
        "plan": {"contents": "read"},
        "check": {"contents": "read"},
        "verify": {"contents": "read"},
        "report": None,  # what the caller grants: it runs nothing of the repository
    }
    assert [step["with"]["path"] for step in jobs["report"]["steps"] if "checkout" in step.get("uses", "")] == [
        ".migration-guard"
    ]


def test_a_gitignore_above_the_guard_takes_no_file_out_of_its_wheel() -> None:
    """The workflow checks the guard out below the caller's repository, whose .gitignore may say `scratch.py`."""
    table = (ROOT / "pyproject.toml").read_text().partition("[tool.hatch.build.targets.wheel]")[2].partition("\n[")[0]

    assert re.search(r"^ignore-vcs = true\b", table, re.MULTILINE)


def test_every_job_checks_out_the_guard_in_the_same_way() -> None:
    jobs = loaded(WORKFLOW)["jobs"].values()
    found = [[step for step in job["steps"] if step.get("name", "").startswith("Check out the guard")] for job in jobs]

    assert [len(each) for each in found] == [1] * len(jobs) == [1, 1, 1, 1]
    (first,), *others = found
    assert all(other == [first] for other in others)
    texts = re.findall(
        r"^ *- name: Check out the guard.*?(?=^ *- name:)", WORKFLOW.read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(texts) == len(jobs)
    assert len(set(texts)) == 1  # with their comments
