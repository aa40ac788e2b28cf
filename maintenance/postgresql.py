"""Whether the guard still runs on the PostgreSQL versions that it should: `nox -s postgresql-versions`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

GUARD = Path(__file__).parents[1] / ".github" / "workflows" / "guard.yml"
SOURCE = "https://www.postgresql.org/support/versioning/"
# First release and last day of support, both from SOURCE.
VERSIONS = {
    14: (date(2021, 9, 30), date(2026, 11, 12)),
    15: (date(2022, 10, 13), date(2027, 11, 11)),
    16: (date(2023, 9, 14), date(2028, 11, 9)),
    17: (date(2024, 9, 26), date(2029, 11, 8)),
    18: (date(2025, 9, 25), date(2030, 11, 14)),
}
# What a person decided, and until when: run on a version longer than it is supported, or not yet on the next one.
DECIDED = {
    14: date(2027, 5, 31),  # managed services go on with it for half a year and more
    19: date(2027, 2, 28),  # it was in beta in October 2026
}


def needs_a_person(today: date, run_on: Sequence[int]) -> Iterator[str]:
    """A sentence for each version that `run_on` holds too long, or lacks."""
    for version in run_on:
        if version not in VERSIONS:
            yield f"the guard runs on PostgreSQL {version}, of which maintenance/postgresql.py knows no dates"
        elif VERSIONS[version][1] < today and not _decided(version, today):
            yield f"PostgreSQL {version} is out of support since {VERSIONS[version][1]}: take it out of the matrix"
    for version, (released, ends) in VERSIONS.items():
        if released <= today <= ends and version not in run_on:
            yield f"PostgreSQL {version} is supported until {ends}, and the guard does not run on it"
    newest = max(VERSIONS)
    # A major version comes each autumn, by the end of October: see SOURCE
    due = date(VERSIONS[newest][0].year + 1, 11, 1)
    if today >= due and not _decided(newest + 1, today):
        yield f"PostgreSQL {newest + 1} was due by {due}: add it to maintenance/postgresql.py and to the matrix"


def _decided(version: int, today: date) -> bool:
    return version in DECIDED and today <= DECIDED[version]


def matrix(workflow: str) -> list[int]:
    """The versions in the matrix of guard.yml. Raises ValueError where there is none."""
    found = re.search(r"^ +postgresql: \[([^]]+)\]$", workflow, re.MULTILINE)
    if found is None:
        raise ValueError("guard.yml has no matrix of PostgreSQL versions")
    return [int(version) for version in re.findall(r"\d+", found[1])]


def main(today: date) -> int:
    """Print the versions and what is wrong with them; 1 when a person has to decide something."""
    run_on = matrix(GUARD.read_text(encoding="utf-8"))
    for version in run_on:
        _, ends = VERSIONS.get(version, (None, None))
        print(f"PostgreSQL {version}: supported until {ends or 'nobody knows when'}")
    for version, until in DECIDED.items():
        if today <= until:
            print(f"PostgreSQL {version}: a decision stands until {until}, see maintenance/postgresql.py")
    wrong = list(needs_a_person(today, run_on))
    for line in wrong:
        print(f"error: {line}\n  Try: compare with {SOURCE}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(date.today()))
