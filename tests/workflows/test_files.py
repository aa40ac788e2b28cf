"""What must hold of every workflow, read as text and as YAML; `nox -s lint` gives them to zizmor, too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nox
import pytest
import yaml

import noxfile
from maintenance.postgresql import VERSIONS, matrix

ROOT = Path(__file__).parents[2]
# migrations.yml is for other repositories: it has their tokens, and calls the package itself.
WORKFLOWS = [file for file in sorted((ROOT / ".github" / "workflows").glob("*.yml")) if file.stem != "migrations"]
SESSIONS = set(re.findall(r'(?:name="|operating\("|^def )([\w-]+)', Path(noxfile.__file__).read_text(), re.MULTILINE))


def loaded(file: Path) -> dict[str, Any]:
    text = yaml.safe_load(file.read_text())
    assert isinstance(text, dict)
    return text


def jobs(file: Path) -> dict[str, dict[str, Any]]:
    return loaded(file)["jobs"]  # type: ignore[no-any-return]


every = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


@every
def test_a_workflow_is_granted_nothing_and_each_job_says_why_it_needs_what_it_has(file: Path) -> None:
    granted = re.findall(r"^ +[\w-]+: (?:read|write)( #.*)?$", file.read_text(), re.MULTILINE)

    assert loaded(file)["permissions"] == {}
    assert all("permissions" in job for job in jobs(file).values())
    assert [reason for reason in granted if not reason] == []


@every
def test_every_job_ends_some_day_and_a_newer_run_knows_of_the_older(file: Path) -> None:
    assert "group" in loaded(file).get("concurrency", {})
    assert all(job.get("timeout-minutes", 0) > 0 for job in jobs(file).values())


@every
def test_every_step_that_does_work_is_a_nox_session_that_exists(file: Path) -> None:
    steps = [step for job in jobs(file).values() for step in job.get("steps", ())]
    ran = [step["run"] for step in steps if "run" in step]
    sessions = [found[1] for line in ran if (found := re.match(r'python3 -m nox -s ("\$SESSION"|[\w-]+)', line))]
    from_matrix = re.findall(r"session: ([\w-]+)", file.read_text())

    assert set(sessions) - {'"$SESSION"'} <= SESSIONS
    assert set(from_matrix) <= SESSIONS
    assert [
        line for line in ran if not re.match(r"python3 -m (nox -s|pip install nox$)|gh release create ", line)
    ] == []
    assert [line for line in ran if "${{" in line] == []


def test_an_action_is_pinned_to_one_commit_of_one_version_everywhere() -> None:
    used: dict[str, set[str]] = {}
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        for action, rest in re.findall(r"^[^#\n]*uses: ([\w.-]+/[\w./-]+)@(.+)$", file.read_text(), re.MULTILINE):
            used.setdefault(action, set()).add(rest)

    assert used
    assert all(len(pins) == 1 and re.match(r"[0-9a-f]{40} # v\d+\.\d+\.\d+$", *pins) for pins in used.values()), used


def test_only_a_job_that_publishes_may_ask_for_an_identity() -> None:
    asking = [
        (file.stem, name)
        for file in WORKFLOWS
        for name, job in jobs(file).items()
        if "id-token" in (job.get("permissions") or {})
    ]

    assert asking == [("docs", "publish"), ("release", "publish")]
    assert jobs(ROOT / ".github/workflows/release.yml")["publish"]["environment"]["name"] == "pypi"


@pytest.mark.parametrize("file", ["guard", "ci", "self-test"])
def test_the_required_check_waits_for_every_other_job_and_runs_whatever_became_of_them(file: str) -> None:
    found = jobs(ROOT / ".github" / "workflows" / f"{file}.yml")

    assert found[file]["if"] == "${{ always() }}"
    assert sorted(found[file]["needs"]) == sorted(set(found) - {file})


def test_the_guard_runs_on_every_version_of_postgresql_that_it_knows() -> None:
    assert matrix((ROOT / ".github/workflows/guard.yml").read_text()) == sorted(VERSIONS)


def test_every_part_of_the_maintenance_has_its_day_and_can_be_asked_for() -> None:
    text = (ROOT / ".github/workflows/maintenance.yml").read_text()
    workflow = loaded(ROOT / ".github/workflows/maintenance.yml")
    days = {each["cron"] for each in workflow[True]["schedule"]}  # YAML 1.1 reads the key `on` as true
    parts = set(workflow[True]["workflow_dispatch"]["inputs"]["part"]["options"])
    conditions = set(
        re.findall(r"if: \$\{\{ github.event.schedule == '([^']+)' \|\| inputs.part == '(\w+)' \}\}", text)
    )

    assert all("if" in job for job in workflow["jobs"].values())
    assert {day for day, _ in conditions} == days
    assert {part for _, part in conditions} == parts


def test_a_hook_and_the_session_of_the_same_tool_use_one_version_of_it() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    pinned = {wanted for hook in hooks for wanted in hook.get("additional_dependencies", []) if "==" in wanted}
    assert pinned == set(nox.project.load_toml(ROOT / "pyproject.toml")["dependency-groups"]["lint"])
