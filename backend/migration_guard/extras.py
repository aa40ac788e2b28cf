"""What a command needs beyond the reading side, and how to get it."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from .errors import UsageError

OLDEST = {"sqlalchemy": (2, 0), "alembic": (1, 13)}
LIVE = ("alembic", "sqlalchemy", "greenlet", "sqlglot")


def needed(command: str) -> None:
    """Nothing, when the packages that run migrations are installed here; UsageError naming the missing one else."""
    for package in LIVE:
        if find_spec(package) is None:
            raise UsageError(
                f"`migration-guard {command}` runs migrations and needs {package}, which is not installed here",
                'install the guard beside the project: pip install "migration-guard[live,postgresql]"',
            )
    for package, oldest in OLDEST.items():
        found = _version(package)
        if found is not None and found < oldest:
            wanted, have = (".".join(map(str, each)) for each in (oldest, found))
            raise UsageError(
                f"`migration-guard {command}` needs {package} {wanted} or newer, and {have} is installed here",
                "install the guard in an environment that has it; `migration-guard check` needs neither",
            )


def _version(package: str) -> tuple[int, int] | None:
    """The first two numbers of an installed package's version; None where it has none."""
    try:
        found = re.match(r"(\d+)\.(\d+)", version(package))
    except PackageNotFoundError:
        return None
    return (int(found[1]), int(found[2])) if found else None
