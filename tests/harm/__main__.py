"""Many rounds of harm: `python -m tests.harm --rounds 200`, or `nox -s harm`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from migration_guard.live import dialect
from migration_guard.live.scratch import Scratch
from tests.operate.project import Project

from . import transferring
from .killing import rounds
from .operating import CASES, Case, harmed
from .scarce import STEP, Scarcity, by_disk, by_limit

LIMIT = 250_000  # bytes that the reference database has at its head, and a little more
DISK = 1_000_000


def main() -> int:
    """Print what came of it; 1 where anything was left or wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=200, metavar="N", help="kills of verify, half on each database")
    options.add_argument("--moments", type=int, default=100, metavar="N", help="random moments for each db command")
    options.add_argument("--every", type=int, default=1, metavar="N", help="kill db commands at each N-th statement")
    options.add_argument("--only", choices=("verify", "db", "transfer"))
    options.add_argument("--jobs", type=int, default=2, metavar="N", help="db commands at a time")
    options.add_argument("--seed", type=int, default=4242)
    given = options.parse_args()
    failed = False
    if given.only in (None, "verify"):
        failed = _verify(given.rounds, given.seed)
    if given.only in (None, "transfer"):
        failed = _transfer(given.moments, given.seed) or failed
    if given.only in (None, "db"):
        for made in CASES:
            with tempfile.TemporaryDirectory(prefix="harm-") as folder:
                case = made(Path(folder))
                tally = harmed(case, given.moments, given.seed, given.jobs, given.every)
                print(tally.line(), flush=True)
                failed = failed or bool(tally.wrong)
                for scarcity in _scarce(case, given.jobs, given.every):
                    print(scarcity.line(), flush=True)
                    failed = failed or bool(scarcity.wrong)
    return int(failed)


def _scarce(case: Case, jobs: int, every: int) -> Iterator[Scarcity]:
    """The disk full at each page that the command writes; removing needs no room."""
    if case.name == "prune":
        return
    size = Project(case.template).database.stat().st_size
    yield by_limit(case, max(2 * size, LIMIT), jobs, STEP * every)
    found = by_disk(case, max(5 * size, DISK), STEP * every)
    if found is None:
        print(f"{case.name}: no small disk, as this user may not mount one", flush=True)
    else:
        yield found


def _transfer(count: int, seed: int) -> bool:
    failed = False
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harm-")))
        scratch = stack.enter_context(Scratch())
        server = stack.enter_context(dialect("postgresql").servers("postgresql", scratch))
        ground = transferring.Ground.made(folder, 30_000)
        for way in (transferring.there, transferring.back):
            tally = way(ground, server, count, seed)
            print(tally.line(), flush=True)
            failed = failed or bool(tally.wrong)
    return failed


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
