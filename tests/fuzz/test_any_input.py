"""A few hundred of the inputs that `nox -s fuzz` tries, the same ones each time."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest

from .__main__ import made_up
from .trying import CANARY, FORMS, Pool, Trial, pool, project, spoiled
from .watching import TooLong, Watch, limited


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="module")
def have() -> Pool:
    return pool([])


@pytest.fixture
def trial(tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Trial:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Trial(tmp_path, watch)


@pytest.mark.parametrize("number", range(4))
def test_damaged_files_are_read_to_the_end_and_nothing_of_them_runs(number: int, trial: Trial, have: Pool) -> None:
    dice = random.Random(number)  # noqa: S311

    for _ in range(40):
        trial.run(project(dice, have), dice.choice(FORMS))
        spoiled(dice, trial.folder / "cache")

    assert trial.broken == []
    assert trial.codes[1] > 20  # most are judged, and not refused


def test_made_up_revisions_are_read_to_the_end_and_nothing_of_them_runs(trial: Trial, have: Pool) -> None:
    made_up(trial, random.Random(7), have, 60, 7)  # noqa: S311

    assert trial.count == 60
    assert trial.broken == []


def test_what_would_run_is_noticed(trial: Trial, have: Pool) -> None:
    with trial.watch.watching():
        exec(compile("x = 1", "alembic/versions/r0.py", "exec"))  # noqa: S102
        os.system("true")  # noqa: S605
    trial.run(project(random.Random(1), have))  # noqa: S311

    assert [line.split()[0] for line in trial.broken[0].splitlines() if line] == ["exec", "os.system"]


def test_the_canary_sings_when_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAN", "0")

    with pytest.raises(SystemExit):
        exec(CANARY, {})  # noqa: S102

    assert (tmp_path / "ran").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no timer of processor time")
def test_what_does_not_end_is_noticed() -> None:
    def never_ends() -> None:
        while True:
            pass

    with pytest.raises(TooLong), limited(0.05):
        never_ends()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", "[tool.migration-guard]\nheads = " + "[" * 900 + "]" * 900),
        ("pyproject.toml", "tool = 3"),
        ("alembic.ini", "[alembic]\nscript_location = alembic\nfile_template\n   goes on"),
        ("alembic.ini", f"[alembic]\nscript_location = {'x' * 5000}"),
        (
            "alembic/versions/r0.py",
            'from alembic import op\nrevision = "a"\ndown_revision = None\ndef upgrade():\n'
            '    op.create_check_constraint(None, "a\\x00", "b > 0")\n',
        ),
    ],
)
def test_what_once_made_it_fail(name: str, content: str, trial: Trial, have: Pool) -> None:
    files = project(random.Random(2), have)  # noqa: S311

    trial.run({**files, name: content.encode()})

    assert trial.broken == []
