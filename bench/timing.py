"""Commands timed side by side, and the table that compares them with their budgets."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROUNDS = 7


@dataclass(frozen=True)
class Line:
    """One budget: what was measured, beside the peer that it is a ratio of."""

    work: str
    ours: float
    peer: str
    theirs: float
    budget: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def is_met(self) -> bool:
        return self.ratio <= self.budget


def medians(
    commands: Mapping[str, Sequence[str]],
    cwd: Path,
    rounds: int = ROUNDS,
    before: Mapping[str, Callable[[], None]] | None = None,
    *,
    warm: bool = True,
) -> dict[str, float]:
    """The median seconds that each command takes. They take turns, so that a busy moment hits all of them.

    One more round than these comes first, unless that takes too long to `warm` up. `before` is what is done, untimed,
    each time before some of the commands.
    Raises SystemExit where one cannot be run at all; findings (exit code 1) are no failure.
    """
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(0 if warm else 1, rounds + 1):  # the first one warms the caches and does not count
        for name, command in commands.items():
            if before and name in before:
                before[name]()
            start = time.perf_counter()
            done = subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
            seconds = time.perf_counter() - start
            if done.returncode not in (0, 1):
                words = done.stderr.decode(errors="replace").strip().splitlines()
                sys.exit(f"{name} ended with {done.returncode}: {words[-1] if words else 'no word'}")
            if turn:
                taken[name].append(seconds)
    return {name: statistics.median(values) for name, values in taken.items()}


def peak_megabytes(command: Sequence[str], cwd: Path) -> float:
    """The largest resident memory of a command, in MB of 1,000,000 bytes."""
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    scale = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes on macOS, kilobytes on Linux
    return usage.ru_maxrss * scale / 1e6


def table(lines: Sequence[Line]) -> str:
    """The measured figures beside their budgets."""
    head = ("work", "ours", "beside", "theirs", "ratio", "budget", "")
    rows = [
        (
            line.work,
            _figure(line.ours, line.unit),
            line.peer,
            _figure(line.theirs, line.unit),
            f"{line.ratio:.2f}",
            f"{line.budget:g}",
            "met" if line.is_met else "MISSED",
        )
        for line in lines
    ]
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )


def as_json(lines: Sequence[Line]) -> str:
    """The same for machines."""
    return json.dumps([asdict(line) | {"ratio": line.ratio, "met": line.is_met} for line in lines], indent=2) + "\n"


def _figure(value: float, unit: str) -> str:
    return f"{value * 1000:.0f} ms" if unit == "s" and value < 1 else f"{value:.2f} {unit}"
