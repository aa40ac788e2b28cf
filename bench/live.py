"""The budgets of the live side, measured: `nox -s bench -- live`.

`python bench/live.py [--revisions N] [--rounds N] [--only NAME] [--json FILE]`, with migration-guard, alembic and
pytest-alembic installed beside the Python that runs it. The servers are those that the guard brings.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import runnable
from timing import Line, as_json, medians, table

from migration_guard.facts.experiments import EXPERIMENTS
from migration_guard.live import Server, dialect
from migration_guard.live.postgresql.adapter import _install
from migration_guard.live.postgresql.server import running
from migration_guard.live.scratch.folder import Scratch

GUARD = [sys.executable, "-m", "migration_guard", "verify"]
PLAIN = ["--without", ",".join(EXPERIMENTS)]  # up, down, up, with the whole catalogue compared each time
ALEMBIC = [sys.executable, "-m", "alembic"]
NO_TRACE = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "downgrade_leaves_no_trace"]
BUDGETS = {"sqlite": (1 / 10, 1.5), "postgresql": (1 / 14, 2.5)}  # beside pytest-alembic, beside alembic


@contextmanager
def database(name: str, folder: Path, scratch: Scratch) -> Iterator[str]:
    """The URL of a database for the peers, of the kind that the guard's own are."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite'}"
        return
    with dialect(name).servers(name, scratch) as server:
        yield _new(server)


def _new(server: Server) -> str:
    return server.new_database()


def beside_peers(name: str, folder: Path, revisions: int, rounds: int) -> list[Line]:
    """The stairway alone, and all that `verify` does, beside pytest-alembic's nearest test, and beside alembic, which
    checks nothing."""
    root = runnable.write(folder / f"{name}-{revisions}", revisions)
    up_and_down = f"{' '.join(ALEMBIC)} upgrade head && {' '.join(ALEMBIC)} downgrade base"
    with Scratch() as scratch, database(name, folder, scratch) as url:
        os.environ["BENCH_URL"] = url
        took = medians(
            {
                "plain": [*GUARD, "--database", name, "--jobs", "1", *PLAIN],
                "one": [*GUARD, "--database", name, "--jobs", "1"],
                "two": [*GUARD, "--database", name, "--jobs", "2"],
                "alembic": ["sh", "-c", up_and_down],
            },
            root,
            rounds=rounds,
        )
        slow = medians({"pytest-alembic": NO_TRACE}, root, rounds=1, warm=False)["pytest-alembic"]
    beside_test, beside_alembic = BUDGETS[name]
    plain, rows = f"{name}: stairway", f"{name}: with rows, locks and all else"
    return [
        Line(plain, took["plain"], "pytest-alembic", slow, beside_test),
        Line(rows, took["one"], "pytest-alembic", slow, 1 / 6),
        Line(plain, took["plain"], "alembic up, down", took["alembic"], beside_alembic),
        Line(rows, took["one"], "alembic up, down", took["alembic"], beside_alembic),
        Line(f"{name}: two processes", took["two"], "one process", took["one"], 1 / 1.7),
    ]


def growth(name: str, folder: Path, revisions: int) -> list[Line]:
    """Five times the revisions: time of the stairway alone, time and memory of all that `verify` does."""
    small = runnable.write(folder / f"{name}-small", revisions)
    large = runnable.write(folder / f"{name}-large", 5 * revisions)
    command = [*GUARD, "--database", name, "--jobs", "1"]
    plain = [*command, *PLAIN]
    took = medians({"plain": plain, "all": command}, small, rounds=1, warm=False)
    alone = medians({"plain": plain}, large, rounds=1, warm=False)["plain"]
    begun = time.perf_counter()
    memory = family_megabytes(command, large)
    long = time.perf_counter() - begun
    return [
        Line(f"{name}: stairway, growth to {5 * revisions} revisions", alone, f"{revisions}", took["plain"], 5.5),
        Line(f"{name}: with all else, growth to {5 * revisions}", long, f"{revisions}", took["all"], 5.5),
        Line(f"{name}: memory at {5 * revisions} revisions", memory, "250 MB", 250, 1, "MB"),
    ]


def starts() -> list[Line]:
    """How long until an embedded PostgreSQL is ready to work, with nothing prepared and with a prepared folder."""
    took = []
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        for _ in range(4):
            with Scratch() as scratch, ExitStack() as stack:
                begun = time.perf_counter()
                stack.enter_context(running(_install("postgresql"), scratch))
                took.append(time.perf_counter() - begun)
    return [
        Line("PostgreSQL ready, nothing prepared", took[0], "1.5 s", 1.5, 1),
        Line("PostgreSQL ready, prepared folder", min(took[1:]), "0.3 s", 0.3, 1),
    ]


def family_megabytes(command: Sequence[str], cwd: Path) -> float:
    """The largest memory that a command and all that it started held at one moment, in MB of 1,000,000 bytes.

    Shared pages count in part, as /proc/PID/smaps_rollup has them (Pss): a PostgreSQL server is many processes.
    """
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    largest = 0.0

    def watch() -> None:
        nonlocal largest
        while process.poll() is None:
            largest = max(largest, sum(map(_own_megabytes, _family(process.pid))))
            time.sleep(0.5)

    watching = threading.Thread(target=watch)
    watching.start()
    process.wait()
    watching.join()
    return largest


def _family(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def _own_megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:")), 0.0)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--revisions", type=int, default=200)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", choices=("sqlite", "postgresql", "growth", "starts"))
    options.add_argument("--json", type=Path, metavar="FILE")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        parts: dict[str, Callable[[], list[Line]]] = {
            "sqlite": lambda: beside_peers("sqlite", folder, given.revisions, given.rounds),
            "postgresql": lambda: beside_peers("postgresql", folder, given.revisions, given.rounds),
            "growth": lambda: [line for each in BUDGETS for line in growth(each, folder, given.revisions)],
            "starts": starts,
        }
        lines = [line for part, measure in parts.items() if given.only in (None, part) for line in measure()]
    print(table(lines))
    if given.json:
        given.json.write_text(as_json(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
