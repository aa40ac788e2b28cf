"""Rounds of harm by the disk: full at each write of a command, by a limit on the size of files, and where we may mount one,
on a small disk of its own."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.operate.project import Project

from .operating import Case

STEP = 4096  # bytes: SQLite's page


@dataclass
class Scarcity:
    """What came of all rounds of one command."""

    command: str
    how: str
    rounds: int = 0
    refused: int = 0  # rounds in which the command said so, and changed nothing
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        """For people."""
        found = f"{self.command}, {self.how}: {self.rounds} rounds, {self.refused} of them refused; "
        return found + (f"{len(self.wrong)} WRONG:\n  " + "\n  ".join(self.wrong) if self.wrong else "nothing wrong")


def tried(
    case: Case, project: Project, tally: Scarcity, size: int, relief: Callable[[], None], **options: object
) -> None:
    """One round: run the command, give it room again, and look."""
    done = subprocess.run(
        project.command(*case.command),
        cwd=project.root,
        env={**project.environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    printed = done.stdout + done.stderr
    tally.rounds += 1
    tally.refused += done.returncode == 4
    relief()
    try:
        assert done.returncode in (0, 4), f"exit code {done.returncode}: {printed[-200:]}"
        assert "Traceback" not in printed, printed[-300:]
        state = case.state(project)
        assert done.returncode == 4 or state == "new", "it said that it was done, and was not"
        left = [path.name for path in project.backups.glob("*.part*")]
        assert left == [], left
        case.again(project)
    except (AssertionError, OSError, sqlite3.Error) as error:
        tally.wrong.append(f"at {size:,}: {type(error).__name__} {error}"[:500])


def by_limit(case: Case, most: int, jobs: int = 2, step: int = STEP) -> Scarcity:
    """No file may grow beyond a size (man 2 setrlimit), for each size up to the largest."""
    tally = Scarcity(case.name, "no file beyond a size")

    def one(size: int) -> None:
        with tempfile.TemporaryDirectory(prefix="scarce-") as folder:
            project = Project(Path(shutil.copytree(case.template, Path(folder) / "project")))
            tried(case, project, tally, size, lambda: None, preexec_fn=lambda: _limit(size))

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, range(0, most, step)))
    return tally


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def by_disk(case: Case, most: int, step: int = STEP) -> Scarcity | None:
    """A disk with so many bytes left beside the project, for each number up to the largest. None where we may not mount
    one."""
    tally = Scarcity(case.name, "a small disk")
    for left in range(0, most, step):
        with tempfile.TemporaryDirectory(prefix="scarce-") as name, _disk(Path(name)) as mounted:
            if not mounted:
                return None
            project = Project(Path(shutil.copytree(case.template, Path(name) / "project")))
            usage = shutil.disk_usage(name)
            _resized(name, usage.used + left)
            tried(case, project, tally, left, lambda: _resized(name, 256 << 20))
    return tally


@contextmanager
def _disk(folder: Path) -> Iterator[bool]:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", str(folder)], check=True)


def _resized(folder: str, size: int) -> None:
    size += -size % os.sysconf("SC_PAGESIZE")
    subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)
