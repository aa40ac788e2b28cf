"""What rows of a table must satisfy, in one form for every database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from typing import Final


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()  # a value that only the database can work out. SQL's NULL is None


@dataclass(frozen=True)
class ColumnShape:
    """A column as an INSERT sees it."""

    name: str
    type: str  # as the database prints it
    kind: str  # PostgreSQL's short name of the underlying type ("int4", "varchar"), also for SQLite's declared types
    nullable: bool = True
    has_default: bool = False
    generated: bool = False  # computed by the database: no value may be given
    identity: bool = False
    max_length: int | None = None  # characters; bits or dimensions where the kind counts those
    precision: int | None = None
    scale: int | None = None
    labels: tuple[str, ...] = ()  # of an enum
    array: bool = False  # of `kind`, which is then the element's
    fields: int = 0  # of a composite type
    table: str = ""  # its name, as a UUID stands in one table only


@dataclass(frozen=True)
class UniqueShape:
    """A unique constraint or index; also an exclusion, whose columns are likewise kept apart."""

    name: str
    columns: tuple[str, ...]
    where: str | None = None  # the predicate of a partial index


@dataclass(frozen=True)
class ForeignKeyShape:
    """A foreign key. `parent` is the full name of a table."""

    name: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    deferrable: bool = False


@dataclass(frozen=True)
class CheckShape:
    """A condition that each row meets or leaves unknown: CHECK constraints, domains, partition bounds."""

    name: str
    text: str  # SQL, without the word CHECK
    columns: tuple[str, ...]


@dataclass(frozen=True)
class TableShape:
    """A table that rows are put into."""

    name: str
    schema: str | None  # None: the default one
    columns: tuple[ColumnShape, ...] = ()
    primary_key: tuple[str, ...] = ()
    uniques: tuple[UniqueShape, ...] = ()
    foreign_keys: tuple[ForeignKeyShape, ...] = ()
    checks: tuple[CheckShape, ...] = ()
    insertable: bool = True  # not so for a partitioned table without partitions

    @cached_property
    def full_name(self) -> str:
        """The name that snapshots and messages use: with its schema only when that is not the default one."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @cached_property
    def parents(self) -> frozenset[str]:
        """The other tables that keys of this one point at."""
        return frozenset(key.parent for key in self.foreign_keys if key.parent != self.full_name)

    @cached_property
    def needs(self) -> frozenset[str]:
        """Those of its parents that it cannot do without, as no column of the key takes NULL."""
        takes_null = {column.name for column in self.columns if column.nullable}
        keys = (key for key in self.foreign_keys if takes_null.isdisjoint(key.columns))
        return frozenset(key.parent for key in keys if key.parent != self.full_name)


def parents_first(tables: Iterable[TableShape]) -> tuple[TableShape, ...]:
    """The tables in an order that lets foreign keys find their parents, as far as cycles allow; else by name."""
    waiting = {table.full_name: table for table in tables}
    # What each waits for: all its parents; and those that it cannot do without.
    every = {name: {*table.parents & waiting.keys()} for name, table in waiting.items()}
    needed = {name: {*table.needs & waiting.keys()} for name, table in waiting.items()}
    children: dict[str, list[str]] = {}
    for name, parents in every.items():
        for parent in parents:
            children.setdefault(parent, []).append(name)
    # In a cycle, first comes a table that can do with NULL for now.
    heaps = [sorted(name for name in waiting if not every[name]), sorted(n for n in waiting if not needed[n])]
    heaps.append(sorted(waiting))
    ordered: list[TableShape] = []
    while waiting:
        chosen = next(name for name in (_first(heap, waiting) for heap in heaps) if name is not None)
        ordered.append(waiting.pop(chosen))
        for child in children.get(chosen, ()):
            for heap, missing in zip(heaps, (every, needed), strict=False):
                if chosen in missing[child]:
                    missing[child].remove(chosen)
                    if not missing[child]:
                        heappush(heap, child)
    return tuple(ordered)


def in_order(tables: Mapping[str, TableShape], before: tuple[TableShape, ...]) -> tuple[TableShape, ...]:
    """These tables, by their full names, with parents first; `before` is an order that may still be right."""
    known = {table.full_name: table for table in before}
    if known.keys() == tables.keys() and all(
        table is known[name] or _waits_for(table) == _waits_for(known[name]) for name, table in tables.items()
    ):
        return tuple(tables[table.full_name] for table in before)
    return parents_first(tables.values())


def _waits_for(table: TableShape) -> tuple[object, ...]:
    """All of a table that its place in the order depends on."""
    return table.foreign_keys, [column.name for column in table.columns if column.nullable]


def _first(heap: list[str], waiting: Mapping[str, TableShape]) -> str | None:
    """The first name of a heap that still waits."""
    while heap and heap[0] not in waiting:
        heappop(heap)
    return heap[0] if heap else None
