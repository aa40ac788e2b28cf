"""Every revision up, down and up again, with rows in the tables and the catalogue compared each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from pathlib import Path

from alembic.script import Script, ScriptDirectory

from ..errors import UsageError
from ..findings import NotJudged
from ..records import replace
from .environment import Stage
from .landing import FreshDatabase, Landing, Tried
from .observer import Observer
from .schema import Snapshot
from .statements import first_line
from .steps import Step
from .treading import Tread, place_of

Progress = Callable[[str, int, int], None]  # revision, done, total


@dataclass(frozen=True)
class Plan:
    """What is asked of one climb. `base` are the revisions of the base branch; they and those up to `since` are only
    taken up. `irreversible` gives the declared reasons of revisions that are not to be taken down."""

    root: Path
    database: str
    dialect: str
    seconds: int = 60  # for one step
    since: str | None = None
    base: frozenset[str] = frozenset()
    irreversible: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Tally:
    """How many revisions did what in one climb."""

    revisions: int = 0  # to be judged
    up: int = 0
    down_and_up: int = 0  # of these, taken down and up again
    refuse: int = 0  # of these, not to be taken down, by declaration or by their own code
    on_empty_tables: int = 0  # of these, found to work without rows only
    only_upgraded: int = 0  # history below those that are judged


class Stairway:
    """A climb over all revisions, which may need several databases: after a step that spoils one, `climb` raises
    FreshDatabase and is to be called with the stage of a new one, on which it first takes up what is known to work.

    `tell` gets each Step as it is made, `gap` what could not be judged.
    """

    def __init__(
        self, plan: Plan, tell: Callable[[Step], None], gap: Callable[[NotJudged], None], progress: Progress
    ) -> None:
        self.plan = plan
        self.tell = tell
        self.gap = gap
        self.progress = progress
        self.tally = Tally()
        self.filled: set[str] = set()  # tables that held rows before some step
        self.empty: dict[str, str] = {}  # tables that never did, with the reason
        self.lacking: set[str] = set()  # extensions that revisions need and the server has not
        self.heads: list[Script] = []
        self._order: list[Script] = []
        self._below: dict[str, tuple[str, ...]] = {}  # revision -> those that must stand before it
        self._stands: dict[str, bool] = {}  # False: it cannot be taken up
        self._tried: dict[str, Tried] = {}  # failed with rows, to be tried without
        self._given: frozenset[str] = frozenset()  # stand in a new database already
        self._above: dict[str, list[str]] = {}  # revision that cannot be taken up -> those that stand on it

    def climb(self, stage: Stage, observer: Observer) -> None:
        """Go on from the first revision that is not done yet."""
        if not self._order:
            self._below = {each.revision: _below(each, stage.script) for each in stage.script.walk_revisions()}
            self._order = [stage.script.get_revision(name) for name in _in_order(self._below)]
            self.heads = [revision for revision in self._order if revision.is_head]
        tread = Tread(stage, self.plan)
        self._given = stage.given()
        history = self._history(stage) | self._given
        self.tally.revisions = sum(revision.revision not in history for revision in self._order)
        for revision in self._order:
            if self._stands.get(revision.revision):
                self._take_up(tread, revision)
        before: Snapshot | None = None
        for number, revision in enumerate(self._order):
            self.progress(revision.revision, number, len(self._order))
            name = revision.revision
            if name in self._stands:
                continue
            if missing := self._missing_below(revision):
                self._stands[name] = False
                root = next((root for root, above in self._above.items() if missing in above), missing)
                self._above.setdefault(root, []).append(name)
            elif name in history:
                self._take_up(tread, revision)
                self.tally.only_upgraded += 1
            else:
                before = self._land(tread, observer, revision, before)
        for root, above in self._above.items():
            self._not_judged(stage.script.get_revision(root), f"{_listed(above)} not judged, as it cannot be taken up")
        self.progress("", len(self._order), len(self._order))

    @property
    def at_heads(self) -> bool:
        """Whether the database stands at the end of the whole history."""
        return all(self._stands.get(revision.revision) for revision in self._order)

    def _land(self, tread: Tread, observer: Observer, revision: Script, before: Snapshot | None) -> Snapshot:
        landing = Landing(tread, observer, revision, self.tell, self._not_judged)
        name = revision.revision
        tried = self._tried.pop(name, None)
        try:
            return landing.walk(before, tried)
        finally:
            if landing.tried is not None:
                self._tried[name] = landing.tried
            else:
                self._stands[name] = landing.stands
                self.tally.up += landing.stands
                self.tally.down_and_up += landing.down_and_up
                self.tally.refuse += landing.refuses
                self.tally.on_empty_tables += landing.stands and tried is not None
            self.lacking.update(landing.lacking)
            if landing.filled is not None:
                self.filled.update(landing.filled.tables)
                self.empty.update(landing.filled.empty)
                self.empty = {table: why for table, why in self.empty.items() if table not in self.filled}

    def _history(self, stage: Stage) -> frozenset[str]:
        """The revisions that are only taken up."""
        if self.plan.since is None:
            return self.plan.base
        try:
            below = {each.revision for each in stage.script.iterate_revisions(self.plan.since, "base", inclusive=True)}
        except Exception as error:
            raise UsageError(
                f"--since names {self.plan.since!r}: {first_line(error)}", "give the id of a revision, or heads"
            ) from error
        return self.plan.base | below

    def _take_up(self, tread: Tread, revision: Script) -> None:
        """Up without rows and without a look around. A failure is told, and the revision counts as one that fails."""
        if revision.revision in self._given:
            self._stands[revision.revision] = True
            return
        step, failure, _ = tread.take(revision, "upgrade")
        self._stands[revision.revision] = failure is None
        if failure is not None:
            self.tell(replace(step, failure=failure))
            raise FreshDatabase

    def _missing_below(self, revision: Script) -> str | None:
        return next((name for name in self._below[revision.revision] if self._stands.get(name) is False), None)

    def _not_judged(self, revision: Script, why: str) -> None:
        place = place_of(revision, "upgrade", self.plan.root)
        self.gap(NotJudged(place.path, place.line, f"{self.plan.database}: {revision.revision}: {why}"))


def _listed(revisions: list[str]) -> str:
    first = ", ".join(revisions[:3])
    if len(revisions) > 3:
        return f"{first} and {len(revisions) - 3} more that stand on it are"
    return f"{first}, which stands on it, is" if len(revisions) == 1 else f"{first}, which stand on it, are"


def _below(revision: Script, script: ScriptDirectory) -> tuple[str, ...]:
    """The parents and dependencies of a revision, by their whole ids."""
    names: list[str] = []
    for given in (revision.down_revision, revision.dependencies):
        names += [given] if isinstance(given, str) else list(given or ())
    return tuple(script.get_revision(name).revision for name in names)


def _in_order(below: dict[str, tuple[str, ...]]) -> list[str]:
    """Parents before children, and among those that may come next the one with the first id: Alembic's own order
    depends on how the file system lists the files."""
    above: dict[str, list[str]] = {}
    missing = {name: len(set(names)) for name, names in below.items()}
    for name, names in below.items():
        for parent in set(names):
            above.setdefault(parent, []).append(name)
    ready = [name for name, count in missing.items() if not count]
    heapify(ready)
    order = []
    while ready:
        order.append(heappop(ready))
        for name in above.get(order[-1], ()):
            missing[name] -= 1
            if not missing[name]:
                heappush(ready, name)
    return order
