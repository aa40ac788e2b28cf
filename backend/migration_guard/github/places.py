"""Where a step finds the checkout, and where what is ours goes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError

Variables = Mapping[str, str]


def workspace(environment: Variables) -> Path:
    """The checkout. Raises UsageError where there is none."""
    top = environment.get("GITHUB_WORKSPACE")
    if not top or not Path(top).is_dir():
        raise UsageError("GITHUB_WORKSPACE names no folder", "this runs in a step of a workflow on GitHub")
    return Path(top).resolve()


def own(environment: Variables) -> Path:
    """The folder of this job for what is ours."""
    folder = Path(environment.get("RUNNER_TEMP") or environment.get("TMPDIR") or "/tmp")  # noqa: S108
    return folder / "migration-guard"


def report_file(environment: Variables) -> Path:
    """Where the report of this job goes, in a new folder."""
    name = environment.get("GUARD_REPORT") or ("check" if environment.get("GUARD_PART") == "check" else "verify")
    return fresh(environment, "parts") / f"{name}.json"


def fresh(environment: Variables, name: str) -> Path:
    """A new folder of ours: another project of this job may have one of that name."""
    own(environment).mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=own(environment)))
