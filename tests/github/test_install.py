"""A project installed by pip, for real and without a network: packages come from a folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from migration_guard.errors import CannotFinish
from migration_guard.github.environment import environment_of
from migration_guard.github.inputs import Inputs
from migration_guard.github.install import installed, python_in, refuse_older
from migration_guard.github.steps import main
from tests.acting import ROOT

pytestmark = pytest.mark.once  # pip is the same on every Python


def wheel(folder: Path, name: str) -> None:
    """A package that holds one empty module."""
    about = f"{name}-9.dist-info"
    with zipfile.ZipFile(folder / f"{name}-9-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 9\n")
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")


def test_where_the_project_cannot_be_installed_its_migrations_are_still_read(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (packages := tmp_path / "packages").mkdir()
    wheel(packages, "migration_guard")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "backend"))  # what `run` starts, as the wheel here is empty
    step = {
        **os.environ,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": packages.as_uri(),
        "GUARD_VERSION": "9",
        "GITHUB_WORKSPACE": str(project),
        "GITHUB_EVENT_NAME": "schedule",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GUARD_REQUIREMENTS": "nowhere",
        "GUARD_DATABASES": "sqlite",
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
    }

    assert main(["install"], step) == 0
    failed = re.findall(r"^failed<<(\S+)\n(.*)\n\1$", (tmp_path / "outputs").read_text(), re.MULTILINE)[0][1]
    assert main(["run"], {**step, "GUARD_FAILED": failed}) == 4

    (report,) = (tmp_path / "temp").rglob("report.json")
    told = json.loads(report.read_text())
    assert [error["message"].partition(":")[0] for error in told["errors"]] == ["the project cannot be installed"]
    assert told["looked_at"]["revisions"] == 2
    assert told["findings"]


def test_requirements_and_the_guard_stand_side_by_side_and_are_kept_for_the_next_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packages, project, into = tmp_path / "packages", tmp_path / "it's a project", tmp_path / "environment"
    packages.mkdir()
    project.mkdir()
    for name in ("migration_guard", "driver", "more"):
        wheel(packages, name)
    (project / "requirements.txt").write_text("driver==9\n")
    offline = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": packages.as_uri()}
    inputs = Inputs(version="9", requirements="more>=1; python_version >= '3.10'")
    how = environment_of(project, project)

    made = [installed(how, inputs, into, tmp_path, "key", offline) for _ in range(2)]

    assert made == [True, False]
    code = "import driver, more, migration_guard"
    assert subprocess.run([str(python_in(into)), "-c", code]).returncode == 0
    capsys.readouterr()
    about = next(into.rglob("site-packages")) / "sqlalchemy-1.4.54.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: SQLAlchemy\nVersion: 1.4.54\n")
    with pytest.raises(CannotFinish, match=r"the project runs on SQLAlchemy 1\.4\.54, and the guard runs"):
        refuse_older(python_in(into))
    (project / "requirements.txt").write_text("nowhere\n")
    with pytest.raises(CannotFinish, match="No matching distribution found for nowhere") as error:
        installed(how, inputs, into, tmp_path, "another key", offline)
    assert "\n" not in str(error.value)
    assert "$ " in capsys.readouterr().out  # the command, to be repeated at the desk
