"""Rounds of harm by each single write: the disk is full from it on, until the command has ended."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.operate.project import Project

from .operating import Case
from .scarce import Scarcity, tried


@contextmanager
def library() -> Iterator[Path | None]:
    """The library that makes a disk full and a clock wrong, built; None where no compiler is here."""
    compiler = shutil.which("cc")
    if compiler is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="harm-") as folder:
        built = Path(folder) / "full.so"
        source = Path(__file__).parent / "full.c"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, source, "-ldl"], check=True)
        yield built


def by_write(case: Case, built: Path, jobs: int = 2, at: Sequence[int] = ()) -> Scarcity:
    """The disk full from the N-th write to a file of the project on, for each write of a whole run or those of `at`."""
    tally = Scarcity(case.name, "the disk full from one write on")

    def one(number: int) -> int:
        """How many writes there were, which is meant for a whole run: number 0."""
        with tempfile.TemporaryDirectory(prefix="full-") as name:
            project = Project(Path(shutil.copytree(case.template, Path(name) / "project")))
            counts = Path(name) / "writes"
            counts.write_bytes(struct.pack("qq", 0, number))
            plain = dict(project.environment)
            project.environment |= {
                "LD_PRELOAD": str(built),
                "HARM_WRITES": str(counts),
                "HARM_FOLDER": f"{project.root}{os.sep}",
            }
            tried(
                case, project, tally, number, lambda: project.environment.clear() or project.environment.update(plain)
            )
            return int(struct.unpack("qq", counts.read_bytes())[0])

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, at or range(1, one(0) + 1)))
    return tally
