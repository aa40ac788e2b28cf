"""Whether every job that the last one waits for ended well: `nox -s green`, with `toJSON(needs)` in NEEDS."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

from . import page


def not_green(needs: str) -> list[str]:
    """A sentence for each job that did not succeed. One that was skipped proves nothing, so it is no success.

    Raises ValueError where `needs` is not what `toJSON(needs)` gives, or names no job.
    """
    jobs = json.loads(needs)
    if not isinstance(jobs, dict) or not jobs:
        raise ValueError("no jobs")
    results = {name: job["result"] for name, job in sorted(jobs.items())}
    return [f"{name}: {result}" for name, result in results.items() if result != "success"]


def main(environment: Mapping[str, str]) -> int:
    """Print and write on the summary page which jobs are not green; 0 when all are, 2 without NEEDS."""
    try:
        found = not_green(environment.get("NEEDS", ""))
    except (ValueError, KeyError, TypeError):
        print("error: NEEDS does not hold the jobs that this one waits for", file=sys.stderr)
        print("  Try: set NEEDS to ${{ toJSON(needs) }}", file=sys.stderr)
        return 2
    if not found:
        print("All jobs are green.")
        return 0
    for line in found:
        print(f"::error title=not green::{line}" if environment.get("GITHUB_ACTIONS") else f"error: {line}")
    lines = "\n".join(f"- {line}" for line in found)
    page.write(
        f"### Not green\n\n{lines}\n\nA job that failed before it could write a report, as one whose database never "
        "came up, is in no table above: its log says why.",
        environment,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
