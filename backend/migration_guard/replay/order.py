"""Which revisions run before which, kept as runs along first parents, so that a look back takes few steps."""

from __future__ import annotations

import heapq

from ..facts import History, Migration


class Order:
    """The revisions of one history as runs: inside a run each revision follows the one before it first.

    A merge goes on with the run of its first parent; what its other parents bring is `aside` of it.
    """

    def __init__(self, history: History) -> None:
        self.known = history.by_id
        self.depth: dict[str, int] = {}  # the length of the longest way from a base; those in a loop have none
        self.run: dict[str, tuple[int, int]] = {}  # revision -> its run and its position in it
        self.runs: list[list[str]] = []
        self._aside: dict[str, tuple[str, ...]] = {}
        self._below = {name: self._named(one) for name, one in self.known.items()}
        self._sort()

    def below(self, revision: str) -> tuple[str, ...]:
        """What a revision follows or depends on, among the files that are there; nothing inside a loop."""
        return self._below[revision] if revision in self.depth else ()

    def start(self, migration: Migration) -> tuple[str, ...]:
        """What a migration follows, also where another file has its id."""
        if (own := self.known.get(migration.id)) is not None and own.path == migration.path:
            return self.below(migration.id)
        return tuple(name for name in self._named(migration) if name in self.depth)

    def aside(self, revision: str) -> tuple[str, ...]:
        """What runs before a revision but not before the first one that it follows: the other side of a merge."""
        if revision not in self._aside:
            first, *others = self.below(revision)
            self._aside[revision] = self.beside(first, others)
        return self._aside[revision]

    def beside(self, first: str, others: list[str]) -> tuple[str, ...]:
        """The revisions at and below `others` that are not at or below `first`, in the order in which they can run."""
        main, side = 1, 2
        seen = {first: main}
        queue = [(-self.depth[first], first)]
        found: list[str] = []
        waiting = 0  # how many in the queue are reached from the side alone
        for name in others:
            if name not in seen:
                seen[name] = side
                heapq.heappush(queue, (-self.depth[name], name))
                waiting += 1
        while waiting:
            _, name = heapq.heappop(queue)
            marks = seen[name]
            if marks == side:
                waiting -= 1
                found.append(name)
            for parent in self.below(name):
                before = seen.get(parent, 0)
                seen[parent] = before | marks
                if not before:
                    heapq.heappush(queue, (-self.depth[parent], parent))
                waiting += (before | marks == side) - (before == side)
        return tuple(reversed(found))

    def _named(self, migration: Migration) -> tuple[str, ...]:
        names = dict.fromkeys((*migration.parents, *migration.depends_on))
        return tuple(name for name in names if name in self.known)

    def _sort(self) -> None:
        above: dict[str, list[str]] = {}
        missing = {name: len(below) for name, below in self._below.items()}
        for name, below in self._below.items():
            for parent in below:
                above.setdefault(parent, []).append(name)
        ready = [name for name, count in missing.items() if not count]
        self.depth = dict.fromkeys(ready, 0)
        for name in ready:  # grows while it is walked
            self._place(name)
            for child in above.get(name, ()):
                self.depth[child] = max(self.depth.get(child, 0), self.depth[name] + 1)
                missing[child] -= 1
                if not missing[child]:
                    ready.append(child)
        for name in missing.keys() - set(ready):  # in a loop, or above one
            self.depth.pop(name, None)
        for name in self._below:
            if name not in self.run:
                self._new_run(name)

    def _place(self, name: str) -> None:
        below = self._below[name]
        if below:
            number, position = self.run[below[0]]
            if position == len(self.runs[number]) - 1:
                self.run[name] = number, position + 1
                self.runs[number].append(name)
                return
        self._new_run(name)

    def _new_run(self, name: str) -> None:
        self.run[name] = len(self.runs), 0
        self.runs.append([name])
