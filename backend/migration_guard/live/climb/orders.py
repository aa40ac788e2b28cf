"""Running orders of a history whose branches fork and merge: Alembic takes one that no file states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Orders:
    """Two running orders of one history. Revisions of two branches, of which neither stands on the other, are turned
    round in the other one."""

    first: tuple[str, ...]  # that of the stairway
    other: tuple[str, ...]

    @classmethod
    def of(cls, below: Mapping[str, Sequence[str]]) -> Orders:
        """Those of a history, given as revision -> those that must stand before it."""
        return cls(tuple(in_order(below)), tuple(in_order(below, last_first=True)))

    def forked(self) -> frozenset[str]:
        """The revisions that have others beside them."""
        place = {name: number for number, name in enumerate(self.first)}
        found = set()
        highest, lowest = -1, len(self.first)
        for name in self.other:
            if place[name] < highest:
                found.add(name)
            highest = max(highest, place[name])
        for name in reversed(self.other):
            if place[name] > lowest:
                found.add(name)
            lowest = min(lowest, place[name])
        return frozenset(found)

    def beside(self, name: str) -> tuple[str, ...]:
        """Those that run before a revision in one of the two orders and after it in the other."""
        before, earlier = ({*order[: order.index(name)]} for order in (self.first, self.other))
        return tuple(each for each in self.first if (each in before) != (each in earlier))


def in_order(below: Mapping[str, Sequence[str]], *, last_first: bool = False) -> list[str]:
    """Parents before children, each branch to its end before the next one, of several the one with the first id before
    the others: Alembic's own order depends on how the file system lists the files. With `last_first`, the last id."""
    above: dict[str, list[str]] = {}
    missing = {name: len(set(names)) for name, names in below.items()}
    for name, names in below.items():
        for parent in set(names):
            above.setdefault(parent, []).append(name)
    waiting = sorted((name for name, count in missing.items() if not count), reverse=not last_first)
    order = []
    while waiting:
        order.append(waiting.pop())
        ready = []
        for name in above.get(order[-1], ()):
            missing[name] -= 1
            if not missing[name]:
                ready.append(name)
        waiting += sorted(ready, reverse=not last_first)
    return order
