"""A table as two databases have it, in the words of Alembic, and the one table that serves both where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .spelling import text_literal


@dataclass(frozen=True)
class Column:
    """A column. `types` and `defaults` are spellings that mean the same to the one database; no type: it cannot be
    written with SQLAlchemy. `more` are further arguments as Python text, before the keywords."""

    name: str
    types: tuple[str, ...]
    defaults: tuple[str, ...]
    nullable: bool
    more: tuple[str, ...] = ()
    serial: bool | None = None  # PostgreSQL: a sequence of its own; None: not known, or without a meaning
    comment: str = ""


@dataclass(frozen=True)
class Rule:
    """A key, unique or check. `names` are those that come to the same; None: without one."""

    call: str  # "sa.UniqueConstraint"
    arguments: tuple[str, ...]
    names: tuple[str | None, ...]
    columns: tuple[str, ...] = ()
    parent: str = ""  # of a foreign key

    def name_in(self, table: str) -> str:
        """Its name, or the one that PostgreSQL gives a key without one."""
        return self.names[0] or f"{table}_{'_'.join(self.columns)}_fkey"


@dataclass(frozen=True)
class Index:
    """An index. `parts` are columns and expressions as Python text."""

    name: str
    table: str
    parts: tuple[str, ...]
    unique: bool = False
    more: tuple[str, ...] = ()  # keywords of the one database
    sql: str = ""  # in place of all, where Alembic has no words for it


@dataclass(frozen=True)
class Table:
    """A table. `options` are keywords of the one database; `sql` are its statements where Alembic cannot make it."""

    name: str
    schema: str | None = None
    columns: tuple[Column, ...] = ()
    rules: tuple[Rule, ...] = ()
    indexes: tuple[Index, ...] = ()
    options: tuple[str, ...] = ()
    comment: str = ""
    parents: frozenset[str] = frozenset()
    sql: tuple[str, ...] = ()
    later: tuple[str, ...] = ()  # statements once all tables stand

    @property
    def full_name(self) -> str:
        """As snapshots name it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        return next((rule.columns for rule in self.rules if rule.call == "sa.PrimaryKeyConstraint"), ())


def common(first: Table, second: Table) -> Table | None:
    """The table that both databases make into theirs; None where there is none. Of two columns or names that come to
    the same the first table's are taken."""
    if first.sql or second.sql or first.full_name != second.full_name:
        return None
    others = {column.name: column for column in second.columns}
    if [column.name for column in first.columns] != list(others):  # the order counts: INSERT INTO x VALUES (...)
        return None
    columns = [_column(column, others[column.name], first.key, second.key) for column in first.columns]
    rules = _rules(first.rules, second.rules)
    if None in columns or rules is None:
        return None
    return Table(
        name=first.name,
        schema=first.schema,
        columns=tuple(column for column in columns if column is not None),
        rules=rules,
        options=(*first.options, *second.options),
        comment=first.comment or second.comment,
        parents=first.parents | second.parents,
    )


def common_index(first: Index, second: Index) -> Index | None:
    """The index that both make into theirs."""
    if first.sql or second.sql or (first.parts, first.unique) != (second.parts, second.unique):
        return None
    return Index(first.name, first.table, first.parts, first.unique, (*first.more, *second.more))


def _column(first: Column, second: Column, key: Sequence[str], other: Sequence[str]) -> Column | None:
    types = tuple(one for one in first.types if one in second.types)
    if not types and first.types and second.types:
        types = (f'{first.types[0]}.with_variant({second.types[0]}, "postgresql")',)
    defaults = tuple(one for one in first.defaults if one in second.defaults)
    # A key of SQLite may hold NULL where nobody forbade it; PostgreSQL forbids it whatever is written.
    nullable = first.nullable == second.nullable or (first.name in key and first.name in other)
    if not types or not defaults or not nullable or first.more != second.more:
        return None
    serial = second.serial if first.serial is None else first.serial
    return Column(first.name, types, defaults, first.nullable, first.more, serial, first.comment or second.comment)


def _rules(first: Sequence[Rule], second: Sequence[Rule]) -> tuple[Rule, ...] | None:
    """The rules of both with names that serve both; None where they do not say the same."""
    left = list(second)
    found = []
    for rule in first:
        fits = [one for one in left if _alike(rule, one) and set(rule.names) & set(one.names)]
        if not fits:
            return None
        left.remove(fits[0])
        names = tuple(name for name in rule.names if name in fits[0].names)
        found.append(Rule(rule.call, rule.arguments, names, rule.columns, rule.parent))
    return None if left else tuple(found)


def _alike(rule: Rule, other: Rule) -> bool:
    """Whether both may be the same. Of checks one cannot say, as PostgreSQL rewrites them: the proof will."""
    if rule.call != other.call:
        return False
    if rule.call == "sa.CheckConstraint":
        return rule.names[0] is not None and rule.names[0] == other.names[0]
    return rule.arguments == other.arguments


def in_order(tables: Sequence[Table]) -> tuple[list[Table], set[tuple[str, str]]]:
    """Parents before children, else by name; and the keys, as (child, parent), that are left out of a circle."""
    waiting = {table.full_name: table for table in sorted(tables, key=lambda each: each.full_name)}
    found: list[Table] = []
    broken: set[tuple[str, str]] = set()

    def parents(one: Table) -> list[str]:
        return sorted(
            name
            for name in one.parents & waiting.keys()
            if name != one.full_name and (one.full_name, name) not in broken
        )

    while waiting:
        free = [one for one in waiting.values() if not parents(one)]
        if not free:
            path = [next(iter(waiting))]
            while (above := parents(waiting[path[-1]])[0]) not in path:
                path.append(above)
            broken.add((path[-1], above))
        for one in free:
            found.append(waiting.pop(one.full_name))
    return found, broken


def names_of(columns: Sequence[str]) -> str:
    """A Python list of names."""
    return f"[{', '.join(map(text_literal, columns))}]"
