"""Several at once: deploys that meet, a writer at full speed during backups, a clock that jumps."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
from contextlib import closing
from pathlib import Path

from migration_guard.operate.backup import backups, proved
from migration_guard.operate.packing import Packing
from tests.operate.project import HEAD, OLDEST, Project

from .damage import Seen
from .operating import ROWS, clean, sound, whole
from .small import small


def deploys(rounds: int, at_once: int = 3) -> Seen:
    """So many deploys to one SQLite file at once: one goes through, the others are refused or have nothing to do."""
    seen = Seen(f"{at_once} deploys to SQLite at once")
    with tempfile.TemporaryDirectory(prefix="together-") as name:
        template = small(Path(name) / "template", OLDEST, ROWS)
        for number in range(rounds):
            project = Project(Path(shutil.copytree(template.root, Path(name) / str(number))))
            started = [_started(project, "deploy", "--force") for _ in range(at_once)]
            printed = [process.communicate()[0] for process in started]
            codes = [process.returncode for process in started]
            seen.rounds += 1
            seen.refused += codes.count(4)
            try:
                assert 0 in codes, printed
                assert {*codes} <= {0, 4}, printed
                assert project.revision == HEAD
                assert sum("Ran 2 revisions." in text for text in printed) == 1, printed
                assert project.sql("SELECT count(*) FROM personas") == [(ROWS,)]
                assert sound(project) == 1
                clean(project)
            except AssertionError as error:
                seen.wrong.append(f"round {number}: {error}"[:400])
            shutil.rmtree(project.root)
    return seen


def writer(rounds: int) -> Seen:
    """Backups under a writer that never rests: each of one moment, and the writer never waits longer than its timeout."""
    seen = Seen("backup, a writer at full speed during it")
    with tempfile.TemporaryDirectory(prefix="together-") as name:
        project = small(Path(name), HEAD, ROWS)
        project.sql(
            "PRAGMA journal_mode = WAL", "CREATE TABLE pairs (a INTEGER, b INTEGER)", "INSERT INTO pairs VALUES (0, 0)"
        )
        stop, errors, written = threading.Event(), [], [0]

        def write() -> None:
            with closing(sqlite3.connect(project.database, timeout=5, isolation_level=None)) as connection:
                while not stop.is_set():
                    written[0] += 1
                    try:
                        connection.execute("BEGIN IMMEDIATE")
                        connection.execute("INSERT INTO pairs VALUES (?, ?)", (written[0], written[0]))
                        connection.execute("UPDATE pairs SET a = ?, b = ? WHERE rowid = 1", (written[0], written[0]))
                        connection.execute("COMMIT")
                    except sqlite3.Error as error:
                        errors.append(f"the writer: {error}")

        thread = threading.Thread(target=write)
        thread.start()
        try:
            for _ in range(rounds):
                seen.rounds += 1
                project.run("backup")
        finally:
            stop.set()
            thread.join()
        seen.wrong += errors
        for made in backups(project.backups):
            with closing(sqlite3.connect(made.file)) as copy:
                rows, newest = copy.execute("SELECT count(*) - 1, max(a) FROM pairs").fetchone()
                if rows != newest or copy.execute("SELECT a, b FROM pairs WHERE rowid = 1").fetchone() != (rows, rows):
                    seen.wrong.append(f"{made.file.name} is of no one moment")
        seen.how += f" ({written[0]:,} transactions)"
        whole(project)
    return seen


def clock(built: Path, rounds: int) -> Seen:
    """Backups, deploys and a prune while the clock jumps by days, there and back: the newest stays the newest."""
    seen = Seen("backup, a clock that jumps")
    with tempfile.TemporaryDirectory(prefix="together-") as name:
        project = small(Path(name), OLDEST, ROWS)
        for number in range(rounds):
            days = (0, 400, -400, 1, -30, 3650, -3650, 0)[number % 8]
            project.environment |= {"LD_PRELOAD": str(built), "HARM_CLOCK": str(days * 86_400 + number)}
            if number == 1:
                project.run("deploy", "--force")
            project.sql(f"UPDATE personas SET name = 'round {number}' WHERE id = 'p1'")
            before = len(backups(project.backups))
            seen.rounds += 1
            project.run("backup")
            made = backups(project.backups)
            try:
                assert len(made) > before
                with closing(sqlite3.connect(proved(made[0].file, Packing()).file)) as copy:
                    newest = copy.execute("SELECT name FROM personas WHERE id = 'p1'").fetchone()
                assert newest == (f"round {number}",), newest
                if number % 5 == 4:
                    project.run("prune", "--yes", "--keep-last", "1")
                    assert backups(project.backups)[0].file == made[0].file
            except AssertionError as error:
                seen.wrong.append(f"round {number}: {error}"[:300])
        project.run("restore", "--yes")
        assert project.sql("SELECT name FROM personas WHERE id = 'p1'") == [(f"round {rounds - 1}",)]
    return seen


def _started(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        project.command(*arguments),
        cwd=project.root,
        env={**project.environment, "HARM": str(os.getpid())},
        stdout=-1,
        stderr=-2,
        text=True,
    )
