"""The replay of one history: for a table, only the revisions that concern it are run through, and each of them once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from ..facts import Context, Direction, Function, History, Migration, Operation, Text, Unread
from ..records import dataclass, field
from .effects import Step, after, at_end
from .hidden import hidden
from .joining import joined
from .state import KnownTable, State
from .touching import Touching

Question = tuple[Text, Text | None, frozenset[str]]  # table, schema, the dialects that are asked for
KEPT = 1_000  # states that are kept, those of tables that were asked for last: all of them take more room than facts
EVERY = ""  # the dialect of a replay in which no operation is for one dialect alone


@dataclass(frozen=True)
class _Span:
    """A part of the way back: operations of some revisions, remembered under a key, and what lay hidden above them."""

    key: tuple[str, str, str]
    revisions: tuple[tuple[str, tuple[Operation, ...]], ...]
    hidden: list[tuple[int, str]] = field(default_factory=list)


class Replay:
    """States of tables, worked out on demand; those that were asked for last are kept."""

    def __init__(self, history: History) -> None:
        self.touching = Touching(history)
        self._kept: dict[tuple[str, str, str], State] = {}  # what was asked for last stands at the end
        self._dialected: dict[str, bool] = {}
        self._function: _Function | None = None

    @classmethod
    def of(cls, history: History) -> Replay:
        """The one replay of a history."""
        kept = history.worked_out.get("replay")
        if not isinstance(kept, Replay):
            kept = history.worked_out["replay"] = cls(history)
        return kept

    def before(self, context: Context, op: Operation, name: str, dialects: frozenset[str]) -> State:
        """What is known of a table (or type) under its one name, just before the operation, on these dialects."""
        migration = context.migration
        if migration is None:
            return State()
        function = self._in(migration)
        if not self._depends_on_dialect(name, function):
            return function.before(op, name, EVERY)
        states = [function.before(op, name, dialect) for dialect in sorted(dialects) or [EVERY]]
        state = states[0]
        for other in states[1:]:
            state = joined(state, other, Unread(op.at, "what differs from database to database"))
        return state

    def answers(self, migration: Migration | None, op: Operation) -> dict[Question, KnownTable]:
        """What was answered about tables just before an operation of the migration that is judged just now."""
        return {} if migration is None else self._in(migration).answers(op)

    def below(self, migration: Migration, name: str, dialect: str) -> State:
        """What the revisions below a migration leave of a table."""
        touching, order = self.touching, self.touching.order
        own = order.known.get(migration.id)
        if own is not None and own.path == migration.path:
            state = self._at(name, *order.run[migration.id], dialect)
            aside = order.aside(migration.id) if len(order.below(migration.id)) > 1 else ()
        else:
            first, *others = order.start(migration) or ("",)
            if not first:
                return State()
            run, position = order.run[first]
            state = self._at(name, run, position + 1, dialect)
            aside = order.beside(first, others) if others else ()
        for revision in aside:
            state = self._through(state, name, revision, touching.operations(name, revision), dialect)
            for what, hiding in touching.hidden_in(revision):
                state = hidden(state, what, touching.hiding(hiding))
        return state

    def step(self, name: str, revision: str | None) -> Step:
        """Whose operations are replayed."""
        return Step(name, revision, self.touching.conventions, self.touching.root)

    def _at(self, name: str, run: int, position: int, dialect: str) -> State:
        """The state before a position of a run: back to what is kept, and forward from there."""
        spans = list(self._back(name, run, position, dialect))
        state = State()
        for span in reversed(spans):
            if span.key in self._kept:
                state = self._kept[span.key] = self._kept.pop(span.key)
            else:
                for revision, operations in span.revisions:
                    state = self._through(state, name, revision, operations, dialect)
                self._kept[span.key] = state
                if len(self._kept) > KEPT:
                    del self._kept[next(iter(self._kept))]
            for what, hiding in span.hidden:
                state = hidden(state, what, self.touching.hiding(hiding))
        return state

    def _back(self, name: str, run: int, position: int, dialect: str) -> Iterator[_Span]:
        """The revisions that concern the table, last first, down to one whose outcome is kept."""
        touching, order = self.touching, self.touching.order
        concerned = touching.by_revision.get(name, {})
        if not concerned:
            return
        floor = touching.floor(name)
        above: list[tuple[int, str]] = []  # hidden since the last span
        while True:
            last = touching.last(name, run, position)
            above += _worst(touching.hidden_between(run, -1 if last is None else last, position))
            if last is not None:
                revision = order.runs[run][last]
                key = (name, dialect, revision)
                brought = touching.brought.get(name, {}).get(revision, [])
                those = [*brought, *([revision] if revision in concerned else [])]
                yield _Span(key, tuple((one, touching.operations(name, one)) for one in those), _worst(above))
                if key in self._kept:
                    return
                position, above = last, []
                continue
            below = order.below(order.runs[run][0])
            if not below or order.depth.get(below[0], 0) < floor:
                return
            run, position = order.run[below[0]][0], order.run[below[0]][1] + 1

    def _through(
        self, state: State, name: str, revision: str, operations: tuple[Operation, ...], dialect: str
    ) -> State:
        step = self.step(name, revision)
        for op in operations:
            if concerns(op, dialect):
                state = after(state, op, step)
        return at_end(state)

    def _depends_on_dialect(self, name: str, function: _Function) -> bool:
        known = self._dialected.get(name)
        if known is None:
            touching = self.touching
            those = (touching.operations(name, one) for one in touching.by_revision.get(name, ()))
            known = self._dialected[name] = any(op.dialects is not None for ops in those for op in ops)
        return known or function.has_dialects

    def _in(self, migration: Migration) -> _Function:
        """The functions of the migration that is judged just now."""
        if self._function is None or self._function.migration is not migration:
            self._function = _Function(self, migration)
        return self._function


class _Function:
    """The way through the functions of one migration, operation by operation."""

    def __init__(self, replay: Replay, migration: Migration) -> None:
        self.replay = replay
        self.migration = migration
        self.position: dict[Direction, dict[int, int]] = {}
        self.groups: dict[Direction, dict[str, list[Operation]]] = {}
        self.traces: dict[tuple[str, str, Direction], tuple[list[int], list[State]]] = {}
        self._answers: dict[tuple[Direction, int], dict[Question, KnownTable]] = {}
        functions: dict[Direction, Function | None] = {"upgrade": migration.upgrade, "downgrade": migration.downgrade}
        for direction, function in functions.items():
            operations = function.operations if function else ()
            self.position[direction] = {id(op): index for index, op in enumerate(operations)}
            self.groups[direction] = replay.touching.grouped(operations, every=True)
        listed = [op for function in functions.values() for op in (function.operations if function else ())]
        self.has_dialects = any(op.dialects is not None for op in listed)

    def answers(self, op: Operation) -> dict[Question, KnownTable]:
        """The answers kept for an operation; none are for one that does not stand here."""
        at = self.position[op.direction].get(id(op))
        return {} if at is None else self._answers.setdefault((op.direction, at), {})

    def before(self, op: Operation, name: str, dialect: str) -> State:
        """The state of a table just before an operation of this migration."""
        positions, states = self._trace(name, dialect, op.direction)
        at = self.position[op.direction].get(id(op), 0)
        return states[bisect_left(positions, at)]

    def _trace(self, name: str, dialect: str, direction: Direction) -> tuple[list[int], list[State]]:
        """Where operations concern the table, and the state before each of them and at the end."""
        key = (name, dialect, direction)
        if key in self.traces:
            return self.traces[key]
        if direction == "upgrade":
            state = self.replay.below(self.migration, name, dialect)
        else:
            state = at_end(self._trace(name, dialect, "upgrade")[1][-1])
        step = self.replay.step(name, self.migration.revision if isinstance(self.migration.revision, str) else None)
        positions, states = [], [state]
        groups = self.groups[direction]
        for op in groups.get(name, groups[""]):
            if concerns(op, dialect):
                positions.append(self.position[direction][id(op)])
                state = after(state, op, step)
                states.append(state)
        self.traces[key] = positions, states
        return self.traces[key]


def concerns(op: Operation, dialect: str) -> bool:
    """Whether an operation runs on the dialect."""
    return op.dialects is None or dialect == EVERY or dialect in op.dialects


def _worst(entries: Iterator[tuple[int, str]] | list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Of what is hidden, one that may do most: the others add nothing."""
    worst: tuple[int, str] | None = None
    for entry in entries:
        if worst is None or entry[0] > worst[0]:
            worst = entry
    return [] if worst is None else [worst]


def running_order(history: History) -> dict[str, tuple[int, int]]:
    """The place of each revision by its id: its run, and its position in it."""
    return Replay.of(history).touching.order.run
