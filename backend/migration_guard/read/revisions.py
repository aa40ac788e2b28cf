"""Revisions by id, and what hangs on what: the graph that a history is made from."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath

from ..facts import Migration, UnknownParent

# A file without `revision = ...` has the id that its name spells, if it spells one (Alembic 0.1; script/base.py).
_LEGACY_NAME = re.compile(r"([a-f0-9]+)\.py$")
_Links = dict[str, list[str]]


class Revisions:
    """The migrations of one script directory, linked by id.

    Two files with one id are one revision here, with the parents of both. Links that lead nowhere are left out.
    """

    def __init__(self, migrations: Iterable[Migration]) -> None:
        self.migrations = tuple(sorted(map(_identified, migrations), key=lambda migration: migration.path))
        self.files: dict[str, list[Migration]] = {}
        self.unidentified: list[Migration] = []
        for migration in self.migrations:
            if isinstance(migration.revision, str):
                self.files.setdefault(migration.revision, []).append(migration)
            else:
                self.unidentified.append(migration)
        self._labelled = {
            label: revision
            for revision, files in self.files.items()
            for migration in files
            for label in migration.branch_labels
        }
        self._parents: _Links = {}  # down_revision
        self._needs: _Links = {}  # down_revision and depends_on
        missing: list[UnknownParent] = []
        for migration in self.migrations:
            parents = [name for name in migration.parents if name in self.files]
            # Only depends_on may name a label; Alembic looks both up whole, though its command line takes beginnings.
            needs = [self._labelled.get(name, name) for name in migration.depends_on]
            missing += [UnknownParent(migration, n, "down_revision") for n in migration.parents if n not in self.files]
            missing += [
                UnknownParent(migration, name, "depends_on")
                for name, found in zip(migration.depends_on, needs, strict=True)
                if found not in self.files
            ]
            key = migration.id
            if len(self.files.get(key, ())) > 1:  # a copy that follows its original: the id is wrong, not the link
                parents = [name for name in parents if name != key]
            self._parents[key] = list(dict.fromkeys([*self._parents.get(key, ()), *parents]))
            known = [name for name in needs if name in self.files]
            self._needs[key] = list(dict.fromkeys([*self._needs.get(key, ()), *parents, *known]))
        self._children = _reversed(self._parents)
        self._needed_by = _reversed(self._needs)
        names = list(dict.fromkeys(gap.name for gap in missing))
        self._perhaps_files = self._names_of_unread_files(names)
        self.unknown_parents = tuple(gap for gap in missing if gap.name not in self._perhaps_files)

    def _names_of_unread_files(self, names: list[str]) -> frozenset[str]:
        """Of the ids that no file is known to have, those that a file whose id cannot be read may have.

        Such a file is reported by itself. Most files carry their id in their name; where names do not tell, ids are
        excused only as long as there is a file for each.
        """
        unread = [m for m in self.unidentified if m.revision is not None or m.broken is not None]
        told = {name for name in names if any(name in PurePosixPath(m.path).name for m in self.unidentified)}
        silent = [m for m in unread if not any(name in PurePosixPath(m.path).name for name in told)]
        rest = set(names) - told
        return frozenset(told | rest if len(rest) <= len(silent) else told)

    def heads(self) -> tuple[Migration, ...]:
        """What nothing follows for certain, oldest first: by distance from the base, then by path.

        A migration whose parents cannot be read may follow any revision that is not above it, even several, as a
        merge. Such an apparent head is left out, because a wrong "two heads" stops people's work, while the unread
        parents are reported either way. Of two such migrations only one can follow the other: the later by path.
        """
        apparent = {revision for revision in self.files if not self._children.get(revision)}
        apparent |= {m.path for m in self.unidentified if m.broken or m.revision is not None or m.parents}
        if self._perhaps_files:
            apparent -= {m.path for m in self.unidentified}
        order = {migration.id: at for at, migration in reversed(list(enumerate(self.migrations)))}
        unread = {m.id for m in self.migrations if m.parents_unread is not None or m.broken is not None}
        for follower in sorted(unread, key=order.__getitem__):
            if len(apparent) < 2:
                break
            above = _reachable(follower, self._children)
            apparent -= {head for head in apparent - above if head not in unread or order[head] < order[follower]}
        first = {migration.id: migration for migration in reversed(self.migrations)}
        return tuple(first[key] for key in sorted(apparent, key=lambda key: (self._depths[key], order[key])))

    @cached_property
    def _depths(self) -> Mapping[str, int]:
        """How many steps the longest way from a base takes; one more than any for what stands on a loop."""
        waiting = {key: len(needs) for key, needs in self._needs.items()}
        depths = {key: 0 for key, count in waiting.items() if not count}
        todo = deque(depths)
        while todo:
            key = todo.popleft()
            for above in self._needed_by.get(key, ()):
                waiting[above] -= 1
                if not waiting[above]:
                    # The last of its needs to be done is also the deepest: the queue runs level by level.
                    depths[above] = depths[key] + 1
                    todo.append(above)
        return depths | {key: len(self._needs) for key, count in waiting.items() if count}

    def cycles(self) -> tuple[tuple[Migration, ...], ...]:
        """Loops through down_revision and depends_on, one for each knot, each as A, what A follows, ... back to A."""
        stuck = {key for key, depth in self._depths.items() if depth == len(self._needs)}
        # What merely stands on a loop, and is not in one, goes from the other end.
        waiting = {key: len(stuck.intersection(self._needed_by.get(key, ()))) for key in stuck}
        todo = [key for key, count in waiting.items() if not count]
        while todo:
            key = todo.pop()
            stuck.discard(key)
            for below in self._needs[key]:
                if below in waiting:
                    waiting[below] -= 1
                    if not waiting[below]:
                        todo.append(below)
        loops = []
        first = {migration.id: migration for migration in reversed(self.migrations)}
        for key in dict.fromkeys(migration.id for migration in self.migrations):
            if key in stuck and (loop := self._way_back(key, stuck)):
                # With one id in two files the links of both count, so a loop through it proves nothing.
                if all(len(self.files.get(step, ())) < 2 for step in loop):
                    loops.append(tuple(first[step] for step in loop))
                stuck -= _reachable(key, self._needs) & _reachable(key, self._needed_by)
        return tuple(loops)

    def _way_back(self, start: str, inside: set[str]) -> list[str]:
        """The shortest loop through a revision, empty where there is none."""
        came_from: dict[str, str] = {}
        todo = deque([start])
        while todo:
            key = todo.popleft()
            for below in self._needs[key]:
                if below == start:
                    way = [key]
                    while way[-1] != start:
                        way.append(came_from[way[-1]])
                    return way[::-1]
                if below in inside and below not in came_from:
                    came_from[below] = key
                    todo.append(below)
        return []

    def labels(self) -> dict[str, frozenset[str]]:
        """The branch labels of each revision that has any: its own, those from below, and, as long as nothing
        branches or merges, those from above."""
        found: dict[str, set[str]] = {}
        for label, revision in self._labelled.items():
            branch = _reachable(revision, self._children)
            if not any(map(self._forks, branch)):
                below = self._parents[revision]
                while below and below[0] not in branch and not self._forks(below[0]):
                    branch.add(below[0])
                    below = self._parents[below[0]]
            for member in branch:
                found.setdefault(member, set()).add(label)
        return {revision: frozenset(labels) for revision, labels in sorted(found.items())}

    def _forks(self, revision: str) -> bool:
        return len(self._needed_by.get(revision, ())) > 1 or len(self._parents[revision]) > 1


def _identified(migration: Migration) -> Migration:
    """The migration with its id, also where only the file's name tells it."""
    if migration.revision is not None or migration.broken is not None:
        return migration
    legacy = _LEGACY_NAME.fullmatch(PurePosixPath(migration.path).name)
    return replace(migration, revision=legacy[1]) if legacy else migration


def _reversed(links: _Links) -> _Links:
    found: _Links = {}
    for key, targets in links.items():
        for target in targets:
            found.setdefault(target, []).append(key)
    return found


def _reachable(start: str, links: _Links) -> set[str]:
    """What the links lead to, with the start itself."""
    seen = {start}
    todo = [start]
    while todo:
        for target in links.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen
