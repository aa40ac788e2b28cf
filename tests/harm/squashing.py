"""`squash` killed at random moments: the old files stand, or the next run finishes what was begun."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.squash.histories import SQLITE, files, project

BACKEND = Path(__file__).parents[2] / "backend"


def harmed(rounds: int, seed: int) -> bool:
    """Print in which state the kills left the files; true where a run after one did not end as an undisturbed one."""
    chosen = random.Random(seed)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory(prefix="harm-") as folder:
        source, copy = project(Path(folder, "source"), *SQLITE), Path(folder, "copy")
        old = files(source)
        shutil.copytree(source, copy)
        began = time.monotonic()
        _squash(copy).wait()
        lasts, new = time.monotonic() - began, files(copy)
        states: Counter[str] = Counter()
        wrong = 0
        for number in range(rounds):
            shutil.rmtree(copy)
            shutil.copytree(source, copy)
            run = _squash(copy)
            time.sleep(chosen.uniform(0 if number % 2 else 0.8 * lasts, lasts))  # the files change at the end
            run.send_signal(signal.SIGKILL)
            run.wait()
            states[_state(copy, old, new)] += 1
            _squash(copy).wait()
            wrong += files(copy) != new
    print(f"squash, {rounds} kills: {dict(states)}; {wrong} not as an undisturbed run leaves it")
    return bool(wrong)


def _state(root: Path, old: list[str], new: list[str]) -> str:
    """Which files stand there, plans and files beside left out."""
    there = [name for name in files(root) if not name.startswith(".migration-guard-")]
    return "old" if there == old else "new" if there == new else "between"


def _squash(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "migration_guard", "-C", str(root), "squash", "r3", "--database", "sqlite"],
        env={**os.environ, "PYTHONPATH": str(BACKEND)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":  # `python -m tests.harm.squashing 100`
    sys.exit(harmed(int(sys.argv[1]), 4242))
