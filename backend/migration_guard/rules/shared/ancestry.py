"""Which earlier revisions name a table or type: looked up in one index per history, so that no rule walks it all."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts import (
    AddColumn,
    CreateTable,
    CreateType,
    DropType,
    History,
    Migration,
    Operation,
    OtherCall,
    OtherSql,
    RenameTable,
    Unread,
)
from ...replay.names import bare
from ...replay.replaying import Replay


def ancestors(history: History, migration: Migration) -> Iterator[Migration]:
    """The revisions that run before this one, nearest first."""
    return _walk(history, migration, {}, 0)


def earlier_revisions(history: History, migration: Migration, name: str, *, opaque: bool = False) -> list[Migration]:
    """The ancestors whose upgrade names a table or type, under any name that it had; last first.

    `opaque` adds those in between that do something the guard cannot read.
    """
    index = history.worked_out.get("ancestry")
    if not isinstance(index, _Index):
        index = history.worked_out["ancestry"] = _Index(history)
    naming = index.naming.get(index.first_name(name), set()) - {migration.revision}
    own = index.depth.get(migration.id, 0)
    naming = {one for one in naming if index.depth.get(one, 0) < own}
    if not naming:
        return []
    floor = min(index.depth.get(one, 0) for one in naming)
    wanted = naming | index.opaque if opaque else naming
    found = [one for one in _walk(history, migration, index.depth, floor) if one.id in wanted]
    return sorted(found, key=lambda one: -index.depth.get(one.id, 0))


def is_opaque(op: Operation) -> bool:
    """Whether nobody can tell from source text what the operation does."""
    return isinstance(op, OtherCall) or (isinstance(op, OtherSql) and isinstance(op.text, Unread))


def _walk(history: History, migration: Migration, depth: dict[str, int], floor: int) -> Iterator[Migration]:
    """The ancestors that are not below a depth, nearest first."""
    known = history.by_id
    queue = [*migration.parents, *migration.depends_on]
    seen = {migration.revision}
    for name in queue:
        if name in known and name not in seen and depth.get(name, floor) >= floor:
            seen.add(name)
            yield known[name]
            queue += [*known[name].parents, *known[name].depends_on]


class _Index:
    """For one history: how far each revision is from a base, and which revisions name what."""

    def __init__(self, history: History) -> None:
        self.depth = Replay.of(history).touching.order.depth
        self.renamed: dict[str, str] = {}
        self.naming: dict[str, set[str]] = {}
        self.opaque: set[str] = set()
        for migration in history.by_id.values():
            for op in migration.upgrade.operations if migration.upgrade else ():
                if isinstance(op, RenameTable) and (old := bare(op.table)) and (new := bare(op.new_name)):
                    old, new = self.first_name(old), self.first_name(new)
                    if old != new:
                        self.renamed[new] = old
        for migration in history.by_id.values():
            for op in migration.upgrade.operations if migration.upgrade else ():
                for name in _names(op):
                    self.naming.setdefault(self.first_name(name), set()).add(migration.id)
                if is_opaque(op):
                    self.opaque.add(migration.id)

    def first_name(self, name: str) -> str:
        """The one name that stands for all names of a table."""
        while name in self.renamed:
            name = self.renamed[name]
        return name


def _names(op: Operation) -> Iterator[str]:
    """The tables and types that an operation names."""
    names = [getattr(op, "table", None), getattr(op, "new_name", None) if isinstance(op, RenameTable) else None]
    if isinstance(op, (CreateType, DropType)):
        names.append(op.name)
    columns = op.columns if isinstance(op, CreateTable) else (op.column,) if isinstance(op, AddColumn) else ()
    names += [column.enum.name for column in columns if column.enum is not None]
    yield from (plain for plain in map(bare, names) if plain is not None)
