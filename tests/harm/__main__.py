"""Many rounds of harm: `python -m tests.harm --rounds 200`, or `nox -s harm`."""

from __future__ import annotations

import argparse
import sys

from .killing import rounds


def main() -> int:
    """Print what came of it; 1 where anything was left."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=200, metavar="N", help="kills, half on each database")
    options.add_argument("--seed", type=int, default=4242)
    given = options.parse_args()
    failed = False
    for database in ("sqlite", "postgresql"):
        tally = rounds(database, given.rounds // 2, given.seed)
        print(
            f"{database}: {tally.rounds} kills ({tally.ended_first} of them after the end, {tally.with_watcher} with the "
            f"watcher); nothing left within {tally.slowest:.1f} s"
            if not tally.left
            else f"{database}: {tally.rounds} kills, and left were:\n" + "\n".join(tally.left),
            flush=True,
        )
        failed = failed or bool(tally.left)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
