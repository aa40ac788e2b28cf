"""The samples of all rules: small migrations that mark the lines where a rule must speak."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal, cast

from migration_guard.config import Settings
from migration_guard.findings import Report
from migration_guard.lint import check

FOLDER = Path(__file__).parents[1] / "fixtures" / "rules"
TODAY = date(2026, 11, 22)
EXPECTED = re.compile(rb"# expect( below)?: ([a-z-]+(?:, [a-z-]+)*)")
SETTING = re.compile(rb'# settings: review = "(off|markers|stamp)"')


def situations(rule: str = "*") -> list[Path]:
    """The samples of a rule: a migration, or a folder of them that make one history."""
    return sorted(path for path in FOLDER.glob(f"{rule}/*") if path.suffix == ".py" or path.is_dir())


def files(situation: Path) -> list[Path]:
    """The migrations of one sample."""
    return sorted(situation.glob("*.py")) if situation.is_dir() else [situation]


def expected(paths: Iterable[Path]) -> set[tuple[str, int, str]]:
    """File, line and rule of each mark; `below` stands where the line itself has no room for one."""
    return {
        (path.name, number + bool(found[1]), rule)
        for path in paths
        for number, line in enumerate(path.read_bytes().splitlines(), 1)
        for found in [EXPECTED.search(line)]
        if found
        for rule in found[2].decode().split(", ")
    }


def project(folder: Path, contents: dict[str, bytes]) -> Path:
    """A project in an empty folder that holds these migrations."""
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/alembic\n")
    (folder / "alembic" / "env.py").write_text("from alembic import context\n")
    for name, content in contents.items():
        (versions / name).write_bytes(content)
    return folder


def report_on(folder: Path, contents: dict[str, bytes]) -> Report:
    """What all rules say about these migrations, with the settings that the first of them names."""
    root = project(folder, contents)
    setting = next((found[1].decode() for found in map(SETTING.search, contents.values()) if found), "markers")
    return check(root, Settings(root=root, review=cast("Literal['off', 'markers', 'stamp']", setting)), today=TODAY)
