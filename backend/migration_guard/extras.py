"""What a command needs beyond the reading side, and how to get it."""

from __future__ import annotations

from importlib.util import find_spec

from .errors import UsageError

LIVE = ("alembic", "sqlalchemy", "greenlet", "sqlglot")


def needed(command: str) -> None:
    """Nothing, when the packages that run migrations are installed here; UsageError naming the missing one else."""
    for package in LIVE:
        if find_spec(package) is None:
            raise UsageError(
                f"`migration-guard {command}` runs migrations and needs {package}, which is not installed here",
                'install the guard beside the project: pip install "migration-guard[live,postgresql]"',
            )
