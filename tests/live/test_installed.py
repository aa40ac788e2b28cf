"""What is told of the project's own code is not told of what was installed into its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migration_guard.live.climb.treading import words_of_refusal
from migration_guard.live.project.environment import cause_in
from migration_guard.live.project.installed import is_own

RAISING = "def check():\n    raise ValueError('no')\n\ncheck()\n"


@pytest.mark.parametrize(
    ("file", "own"),
    [
        ("/app/models.py", True),
        ("/app/site-packages.py", True),
        ("/app/alembic/env.py", True),
        ("/application/models.py", False),
        ("/app/.venv/src/lib/a.py", False),
        ("/app/venv/lib/python3.12/site-packages/lib/a.py", False),
        ("/app/usr/lib/python3/dist-packages/a.py", False),
    ],
)
@pytest.mark.parametrize("above", ["", "/usr/site-packages", "/home/.venv"])
def test_where_the_root_lies_does_not_make_its_code_installed(above: str, file: str, own: bool) -> None:
    assert is_own((above + file).replace("/", os.sep), Path(f"{above}/app")) is own


@pytest.mark.parametrize(("folder", "own"), [("app", True), (".venv/src/lib", False), ("lib/site-packages", False)])
def test_causes_and_refusals_are_of_the_same_files(tmp_path: Path, folder: str, own: bool) -> None:
    root = tmp_path / "site-packages" / "project"
    file = root / folder / "module.py"
    file.parent.mkdir(parents=True)
    file.write_text(RAISING)

    with pytest.raises(ValueError, match="no") as caught:
        exec(compile(RAISING, str(file), "exec"), {})  # noqa: S102 - as importing it does

    cause = cause_in(caught.value, root)
    assert cause == ((f"{folder}/module.py", 2) if own else None)
    assert words_of_refusal(caught.value, root) == ("no" if own else None)
