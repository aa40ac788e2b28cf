"""One stairway divided among processes: each takes up what is below its share, and walks that alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

WALK = 7  # what it takes to walk a revision, in times of taking one up: three steps, and a look after each
TWICE = 300  # revisions later a step takes twice the time of the first one, as the schema has grown


@dataclass(frozen=True)
class Share:
    """The one with this number, from 1, of so many: `--shard 2/8`, or one of the processes of `--jobs`."""

    number: int = 1
    of: int = 1

    @property
    def is_last(self) -> bool:
        """Whether it comes to the heads: it also compares the models and takes up everything at once."""
        return self.number == self.of


def mine(revisions: Sequence[str], shares: Sequence[Share]) -> Sequence[str]:
    """The revisions that are left of these, in running order, when each share is taken of the one before."""
    start, end, last = 0, len(revisions), True
    for share in shares:
        ends = _ends(start, end, share.of, len(revisions) if last else 0)
        start, end = ([start, *ends][share.number - 1], ends[share.number - 1])
        last = last and share.is_last
    return revisions[start:end]


def climbing(revisions: int) -> int:
    """How long it takes to take up so many from the first one on."""
    return revisions * (2 * TWICE + revisions)  # a step's time grows by a TWICE-th of the first one's with each


def _reached_in(time: int) -> int:
    """How many revisions are taken up in that time."""
    return isqrt(TWICE * TWICE + time) - TWICE


def _ends(start: int, end: int, parts: int, extra: int) -> list[int]:
    """Where each part ends, so that all take about the same time; the last one has `extra` revisions to take up."""
    low, high = 0, (WALK + 1) * climbing(end) + climbing(extra)
    while low < high:
        time = (low + high) // 2
        if _reached(start, end, parts, extra, time) is None:
            low = time + 1
        else:
            high = time
    return _reached(start, end, parts, extra, low) or [end] * parts


def _reached(start: int, end: int, parts: int, extra: int, time: int) -> list[int] | None:
    """Where each part ends that has this much time, None where that is not enough."""
    ends = []
    for number in range(parts):
        below = climbing(start)
        left = time - below - (climbing(extra) if number == parts - 1 else 0)
        start = min(end, _reached_in(below + max(0, left) // WALK))
        ends.append(start)
    return ends if start == end else None
