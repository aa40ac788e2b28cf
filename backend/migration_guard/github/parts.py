"""The reports that the jobs of the reusable workflow leave for its last one, each an artifact of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import UsageError

_INFIX = "--part--"  # as .github/workflows/migrations.yml writes it: `<artifact>--part--<name>`
# Letters of a pattern of download-artifact would fetch others' parts, or none.
_NAME = re.compile(r"(?!.*--part)[\w. -]*\w[\w. -]*", re.ASCII)


def artifact_of(environment: Mapping[str, str]) -> str:
    """The input `artifact` of the reusable workflow. Raises UsageError for one that could stand for parts of another's.

    With `a` and `a-api` in one run, what belongs to whom is only as clear as the names are.
    """
    name = environment.get("GUARD_ARTIFACT", "migration-guard")
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"the input artifact is {name!r}",
            "give a name of letters, digits, dots, spaces, `-` and `_`, without `--part`",
        )
    return name


def gathered(folder: Path, expected: Sequence[str], artifact: str) -> tuple[list[Path], list[str]]:
    """The reports of this workflow's own jobs among what was downloaded to a folder, and the jobs that left none.

    `expected` are names of the reports without `.json`, each with the words for its job after a colon. What lies there
    under another name is another workflow's.
    """
    # Where the pattern finds one artifact alone, download-artifact (5 and later) makes no folder of its name.
    alone = folder.is_dir() and not any(each.is_dir() for each in folder.iterdir())
    found: list[Path] = []
    missing: list[str] = []
    for name, _, job in (entry.partition(":") for entry in expected):
        file = (folder if alone else folder / f"{artifact}{_INFIX}{name}") / f"{name}.json"
        if file.is_file():
            found.append(file)
        else:
            missing.append(job)
    return found, missing
