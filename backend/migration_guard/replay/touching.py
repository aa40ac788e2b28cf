"""Which operations concern which table or type, under any name that it ever had: one index for a whole history."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from ..facts import (
    AddColumn,
    AddEnumValue,
    CreateConstraint,
    CreateIndex,
    CreateObject,
    CreateTable,
    CreateType,
    DropConstraint,
    DropIndex,
    DropObject,
    DropTable,
    DropType,
    History,
    Migration,
    Operation,
    OtherCall,
    OtherSql,
    RenameEnumValue,
    RenameObject,
    RenameTable,
)
from .names import bare, by_convention, words_in
from .order import Order
from .reach import enums_of, hides, references_of

TYPE = "type "  # before the name of an enum type, which may be a table's too


class Touching:
    """The operations of a history by the table or type that they concern."""

    def __init__(self, history: History) -> None:
        self.order = Order(history)
        self.conventions = history.environment.conventions if history.environment else {}
        self.tables: set[str] = set()
        self.referrers: dict[str, set[str]] = {}  # table -> the tables with a foreign key to it
        self._root: dict[str, str] = {}
        self._holders: dict[str, set[str]] = {}  # index or constraint -> tables
        self._objects: dict[str, set[str]] = {}  # view or trigger -> the tables that it names
        self._learn(history.migrations)
        self.by_revision: dict[str, dict[str, tuple[Operation, ...]]] = {}  # name -> revision -> operations
        self.hidden: dict[int, list[tuple[int, int, Operation]]] = {}  # run -> position, what, the operation
        for revision, migration in self.order.known.items():
            operations = migration.upgrade.operations if migration.upgrade else ()
            for name, those in self.grouped(operations).items():
                self.by_revision.setdefault(name, {})[revision] = tuple(those)
            worst = max(operations, key=hides, default=None)
            if worst is not None and hides(worst):
                run, position = self.order.run[revision]
                self.hidden.setdefault(run, []).append((position, hides(worst), worst))
        self.brought: dict[str, dict[str, list[str]]] = {}  # name -> merge -> revisions of its other side, in order
        self._add_merges()
        for those_hidden in self.hidden.values():
            those_hidden.sort(key=lambda entry: entry[0])
        self._positions: dict[str, dict[int, list[int]]] = {}
        self._floors: dict[str, int] = {}

    def root(self, name: str) -> str:
        """The one name that stands for all names of a table."""
        while (further := self._root.get(name, name)) != name:
            name = further
        return name

    def last(self, name: str, run: int, before: int) -> int | None:
        """The last position in a run, before another one, of a revision that concerns the table or merges one in."""
        positions = self._positions.get(name)
        if positions is None:
            positions = self._positions[name] = {}
            for revision in {**self.by_revision.get(name, {}), **self.brought.get(name, {})}:
                at, position = self.order.run[revision]
                positions.setdefault(at, []).append(position)
            for those in positions.values():
                those.sort()
        here = positions.get(run, [])
        index = bisect_left(here, before)
        return here[index - 1] if index else None

    def hidden_between(self, run: int, after: int, before: int) -> Iterator[tuple[int, Operation]]:
        """What revisions between two positions of a run do out of sight; the positions themselves left out."""
        here = self.hidden.get(run, [])
        start = bisect_left(here, after + 1, key=lambda entry: entry[0])
        for position, what, op in here[start:]:
            if position >= before:
                return
            yield what, op

    def hidden_in(self, revision: str) -> Iterator[tuple[int, Operation]]:
        """What a revision does out of sight."""
        run, position = self.order.run[revision]
        return self.hidden_between(run, position - 1, position + 1)

    def floor(self, name: str) -> int:
        """How deep the first revision lies that concerns the table: there is nothing to find below."""
        if name not in self._floors:
            self._floors[name] = min(self.order.depth.get(one, 0) for one in self.by_revision[name])
        return self._floors[name]

    def grouped(self, operations: Iterable[Operation], *, every: bool = False) -> dict[str, list[Operation]]:
        """The operations by what they concern, in order; one that may do anything stands with each of them.

        With `every`, what concerns all other tables stands under "".
        """
        groups: dict[str, list[Operation]] = {}
        hidden: list[Operation] = []
        for op in operations:
            for name in dict.fromkeys(self.concerned(op)):
                if name not in groups:
                    groups[name] = list(hidden)
                groups[name].append(op)
            if what := hides(op):
                if not hidden or hides(hidden[-1]) < what:
                    hidden.append(op)
                for those in groups.values():
                    if hides(those[-1]) < what:
                        those.append(op)
        if every:
            groups[""] = hidden
        return groups

    def concerned(self, op: Operation) -> Iterator[str]:
        """The tables and types that an operation concerns, each under its one name."""
        if (table := bare(getattr(op, "table", None))) is not None:
            yield self.root(table)
        elif isinstance(op, (DropIndex, RenameObject)) and (name := bare(op.name)) is not None:
            yield from map(self.root, self._holders.get(name, ()))
        if isinstance(op, RenameTable) and (new := bare(op.new_name)) is not None:
            yield self.root(new)
        elif isinstance(op, RenameObject) and op.kind in ("table", "type"):
            for name in filter(None, (bare(op.name), bare(op.new_name))):
                yield self.root(name if op.kind == "table" else TYPE + name)
        elif isinstance(op, DropTable) and table is not None:
            yield from (self.root(name) for name in self.referrers.get(self.root(table), ()))
        elif isinstance(op, (CreateObject, DropObject)) and (name := bare(op.name)) is not None:
            yield from map(self.root, self._objects.get(name, ()))
        elif isinstance(op, (OtherSql, OtherCall)):
            yield from (self.root(word) for word in words_in(op.source) if word in self.tables)
        elif isinstance(op, (CreateType, DropType)):
            yield self.root(TYPE + (bare(op.name) or ""))
        elif isinstance(op, (AddEnumValue, RenameEnumValue)):
            yield self.root(TYPE + (bare(op.type) or ""))
        yield from (self.root(TYPE + name) for enum in enums_of(op) if (name := bare(enum.name)) is not None)

    def _add_merges(self) -> None:
        """What each merge brings from its other side."""
        merges = [revision for revision in self.order.known if len(self.order.below(revision)) > 1]
        if not merges:
            return
        names: dict[str, list[str]] = {}
        for name, revisions in self.by_revision.items():
            for revision in revisions:
                names.setdefault(revision, []).append(name)
        hidden = {
            self.order.runs[run][position]: (what, op)
            for run, all_ in self.hidden.items()
            for position, what, op in all_
        }
        for merge in merges:
            run, position = self.order.run[merge]
            for revision in self.order.aside(merge):
                for name in names.get(revision, ()):
                    self.brought.setdefault(name, {}).setdefault(merge, []).append(revision)
                if revision in hidden:
                    self.hidden.setdefault(run, []).append((position, *hidden[revision]))

    def _learn(self, migrations: tuple[Migration, ...]) -> None:
        """The names of tables, indexes and objects, before any operation can be given to its table."""
        operations = [
            op
            for migration in migrations
            for function in (migration.upgrade, migration.downgrade)
            for op in (function.operations if function else ())
        ]
        objects: list[CreateObject] = []
        for op in operations:
            if (table := bare(getattr(op, "table", None))) is not None:
                self.tables.add(table)
            if isinstance(op, RenameTable) or (isinstance(op, RenameObject) and op.kind in ("table", "type")):
                old = table if isinstance(op, RenameTable) else bare(op.name)
                prefix = TYPE if isinstance(op, RenameObject) and op.kind == "type" else ""
                if old is not None and (new := bare(op.new_name)) is not None:
                    if not prefix:
                        self.tables.add(new)
                    first, second = self.root(prefix + old), self.root(prefix + new)
                    if first != second:
                        self._root[second] = first
            if isinstance(op, CreateObject):
                objects.append(op)
            elif table is not None:
                self._learn_names(op, table)
        for op in operations:
            if (table := bare(getattr(op, "table", None))) is not None:
                for target in references_of(op):
                    if (name := bare(target)) is not None:
                        self.referrers.setdefault(self.root(name), set()).add(table)
        for one in objects:
            if (name := bare(one.name)) is not None:
                named = {word for word in words_in(one.source) if word in self.tables} - {name}
                self._objects.setdefault(name, set()).update(named)

    def _learn_names(self, op: Operation, table: str) -> None:
        if isinstance(op, (CreateIndex, CreateConstraint, DropConstraint)):
            names = [bare(op.name)]
            if isinstance(op, CreateIndex) and op.name is None:
                names = [by_convention(self.conventions, "ix", table, op.columns)]
        elif isinstance(op, RenameObject):
            names = [bare(op.name), bare(op.new_name)]
        elif isinstance(op, (CreateTable, AddColumn)):
            columns = op.columns if isinstance(op, CreateTable) else (op.column,)
            names = [
                by_convention(self.conventions, "ix", table, (one.name,)) for one in columns if one.index is not False
            ]
            names += [bare(one.name) for one in (op.constraints if isinstance(op, CreateTable) else ())]
        else:
            return
        for name in names:
            if name is not None:
                self._holders.setdefault(name.lower(), set()).add(table)
