"""A backup of a SQLite database in WAL mode while somebody writes, beside `cp` and sync of its file.

`python bench/backup.py [--size MB] [--rounds N] [--json FILE]`, with migration-guard installed. Part of
`nox -s bench -- operations`. The plain copy is the neighbour in speed only: made like this, it is no backup.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from timing import Line, as_json, table

WRITES = 200  # a second
REST = 4.0  # seconds in which only the writer works, before each backup
BUDGETS = {"backup": 2.5, "verification": 2.0, "p99": 2.0, "memory": 150.0}
TABLES = 5


def filled(file: Path, megabytes: int) -> None:
    """A database of about this size: tables with an index, texts of many lengths, and a ledger that must add up."""
    rolls = random.Random(1)  # noqa: S311 - the same rows in every run
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT PRIMARY KEY)")
        connection.execute("CREATE TABLE ledger (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)")
        connection.execute("INSERT INTO ledger VALUES (0, 0)")
        for number in range(TABLES):
            connection.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, c TEXT)")
            connection.execute(f"CREATE INDEX i{number} ON t{number} (b)")
        while file.stat().st_size < megabytes * 1_000_000:
            connection.execute("BEGIN")
            for number in range(TABLES):
                rows = (
                    (f"{rolls.getrandbits(128):032x}" * rolls.randint(1, 12), rolls.getrandbits(40), "word " * 9)
                    for _ in range(2000)
                )
                connection.executemany(f"INSERT INTO t{number} (a, b, c) VALUES (?, ?, ?)", rows)  # noqa: S608
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def write_on(file: Path, stop: Path, told: Path) -> None:
    """Commit so many times a second until a file is there, then tell when each began and how long it took (seconds).

    Each commit adds a row to the ledger and its counterpart, so that its sum is 0 at every moment.
    """
    took: list[tuple[float, float]] = []
    with closing(sqlite3.connect(file, timeout=5, isolation_level=None)) as connection:
        number = connection.execute("SELECT max(id) FROM ledger").fetchone()[0]
        connection.execute("PRAGMA synchronous = NORMAL")
        planned = time.time()
        while not stop.exists():
            planned += 1 / WRITES
            time.sleep(max(0.0, planned - time.time()))
            began = time.time()
            connection.execute("BEGIN IMMEDIATE")
            number += 1
            connection.execute("INSERT INTO ledger VALUES (?, ?)", (2 * number, number))
            connection.execute("INSERT INTO ledger VALUES (?, ?)", (2 * number + 1, -number))
            connection.execute("UPDATE t1 SET b = b + 1 WHERE id = ?", (number,))
            connection.execute("COMMIT")
            took.append((began, time.time() - began))
    told.write_text(json.dumps(took))


def ours(database: Path, folder: Path) -> dict[str, float]:
    """One backup, in this process: when each part of the work began and how long it took, and the memory it needed."""
    import resource

    from migration_guard.config import Settings
    from migration_guard.operate.addresses import own_url
    from migration_guard.operate.backup import backup, proved
    from migration_guard.operate.packing import Packing
    from migration_guard.operate.target import Target

    target = Target(own_url(f"sqlite:///{database}", folder), None, Settings(root=folder))  # type: ignore[arg-type]
    moments: dict[str, float] = {}
    begun = time.time()
    made = backup(target, folder, lambda part, *_: moments.setdefault(part, time.time()))
    copied, ended = moments["read back"], time.time()
    proved(made.file, Packing())
    verified = time.time()
    with closing(sqlite3.connect(made.file)) as copy:
        total, rows = copy.execute("SELECT sum(amount), count(*) FROM ledger").fetchone()
    assert total == 0 and rows % 2 == 1, f"the backup is of no single moment: {total}, {rows}"
    scale = 1e6 if sys.platform == "darwin" else 1e3
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    return {
        "begun": begun,
        "copy": copied - begun,
        "whole": ended - begun,
        "verification": verified - ended,
        "memory": memory,
    }


def plain(database: Path, folder: Path) -> float:
    """Seconds that `cp` and sync of the file take."""
    to = folder / "plain"
    begun = time.time()
    subprocess.run(["cp", str(database), str(to)], check=True)
    descriptor = os.open(to, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    return time.time() - begun


def p99(took: Sequence[tuple[float, float]], begin: float, end: float) -> float:
    """The 99th of 100 commits, by seconds, among those that began in this time."""
    found = sorted(seconds for began, seconds in took if begin <= began < end)
    return found[int(len(found) * 0.99)] if found else 0.0


def measured(folder: Path, megabytes: int, rounds: int) -> list[Line]:
    """All lines, from medians of the rounds."""
    database, backups = folder / "app.db", folder / "backups"
    filled(database, megabytes)
    found: dict[str, list[float]] = {}
    for number in range(rounds + 1):  # the first one warms the caches and does not count
        stop, told = folder / f"stop-{number}", folder / f"told-{number}"
        program = [sys.executable, str(Path(__file__)), "--write", str(database), str(stop), str(told)]
        writer = subprocess.Popen(program)
        begun = time.time()
        time.sleep(REST)
        rested = time.time()
        neighbour = plain(database, folder)
        done = subprocess.run(
            [sys.executable, str(Path(__file__)), "--one", str(database), str(backups)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        stop.touch()
        if writer.wait():
            sys.exit("the writer failed: its busy timeout of five seconds was not enough")
        one = json.loads(done.stdout)
        took = json.loads(told.read_text())
        at = one.pop("begun")
        figures = one | {
            "cp": neighbour,
            "p99 alone": p99(took, begun + 1, rested),
            "p99": p99(took, at, at + one["whole"]),
        }
        if number:
            for name, value in figures.items():
                found.setdefault(name, []).append(value)
        shutil.rmtree(backups)
    middle = {name: statistics.median(values) for name, values in found.items()}
    return [
        Line(f"backup of {megabytes} MB, synced", middle["copy"], "cp, sync", middle["cp"], BUDGETS["backup"]),
        Line("its verification", middle["verification"], "the backup", middle["copy"], BUDGETS["verification"]),
        Line("db backup: both, and a checksum", middle["whole"], "cp, sync", middle["cp"], 7.5),
        Line("writer's p99 meanwhile", middle["p99"] * 1e6, "alone", middle["p99 alone"] * 1e6, BUDGETS["p99"], "us"),
        Line("memory", middle["memory"], "1 MB", 1.0, BUDGETS["memory"], "MB"),
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=1000, metavar="MB")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", type=Path, metavar="FILE")
    options.add_argument("--write", type=Path, nargs=3, help=argparse.SUPPRESS)
    options.add_argument("--one", type=Path, nargs=2, help=argparse.SUPPRESS)
    given, _ = options.parse_known_args()
    if given.write:
        write_on(*given.write)
    elif given.one:
        print(json.dumps(ours(*given.one)))
    else:
        with tempfile.TemporaryDirectory() as name:
            lines = measured(Path(name), given.size, given.rounds)
        print(table(lines))
        if given.json:
            given.json.write_text(as_json(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
