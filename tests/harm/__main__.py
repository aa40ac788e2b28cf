"""Many rounds of harm: `python -m tests.harm --rounds 200`, or `nox -s harm`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .killing import rounds
from .operating import CASES, harmed


def main() -> int:
    """Print what came of it; 1 where anything was left or wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=200, metavar="N", help="kills of verify, half on each database")
    options.add_argument("--moments", type=int, default=100, metavar="N", help="random moments for each db command")
    options.add_argument("--every", type=int, default=1, metavar="N", help="kill db commands at each N-th statement")
    options.add_argument("--only", choices=("verify", "db"))
    options.add_argument("--jobs", type=int, default=2, metavar="N", help="db commands at a time")
    options.add_argument("--seed", type=int, default=4242)
    given = options.parse_args()
    failed = False
    if given.only != "db":
        failed = _verify(given.rounds, given.seed)
    if given.only != "verify":
        for made in CASES:
            with tempfile.TemporaryDirectory(prefix="harm-") as folder:
                tally = harmed(made(Path(folder)), given.moments, given.seed, given.jobs, given.every)
            print(tally.line(), flush=True)
            failed = failed or bool(tally.wrong)
    return int(failed)


def _verify(count: int, seed: int) -> bool:
    failed = False
    for database in ("sqlite", "postgresql"):
        tally = rounds(database, count // 2, seed)
        print(
            f"{database}: {tally.rounds} kills ({tally.ended_first} of them after the end, {tally.with_watcher} with the "
            f"watcher); nothing left within {tally.slowest:.1f} s"
            if not tally.left
            else f"{database}: {tally.rounds} kills, and left were:\n" + "\n".join(tally.left),
            flush=True,
        )
        failed = failed or bool(tally.left)
    return failed


if __name__ == "__main__":
    sys.exit(main())
