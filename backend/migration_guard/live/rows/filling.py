"""Rows made up for every table of a scratch database, chosen to hurt: NULLs, duplicates, longest values, children."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from ..row_sql import count_statement, delete_statement, insert_statement, literals_statement
from ..shapes import CheckShape, ColumnShape, ForeignKeyShape, TableShape, UniqueShape
from .choice import Choice, Chooser, Refused, attempts
from .contents import Contents, Loss, contents, lost
from .values import made

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "CheckShape",
    "ColumnShape",
    "Contents",
    "Filled",
    "ForeignKeyShape",
    "Loss",
    "TableShape",
    "UniqueShape",
    "contents",
    "fill",
    "lost",
]

Literals = tuple[str, ...]

_PARENTS = 100  # keys of a parent that its children choose from


@dataclass(frozen=True)
class Filled:
    """How many rows a table holds now. `why`, a sentence, only where there are fewer than asked for."""

    table: str
    rows: int
    why: str | None = None


def fill(
    connection: Connection, shapes: Sequence[TableShape], *, rows: int = 3, known: Mapping[str, int] | None = None
) -> list[Filled]:
    """Top up every table to this many rows, and say how many there are (counted up to that); the caller commits.

    The rows are the same on every run. Tables that hold enough are left alone, so a second call costs one query, and
    none where it is `known` how many rows each table holds. On PostgreSQL the connection must be able to make
    savepoints, so not one in autocommit mode.
    """
    return _Filling(connection, shapes, rows).run(known)


_SHORTENED = re.compile(r"((.)\2{9})\2{10,}")  # the longest values, in what a database says of them


class _Filling:
    """One call of `fill`."""

    def __init__(self, connection: Connection, shapes: Sequence[TableShape], rows: int) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self.shapes = {shape.full_name: shape for shape in shapes}
        self.rows = rows
        self.counts: dict[str, int] = {}
        self.why: dict[str, str] = {}
        # Where two tables need each other, a row points at a key that its parent is to get: (parent, columns, key)
        self.promises: list[tuple[TableShape, Sequence[str], Literals]] = []
        self.may_promise = True
        self.sure: dict[str, int] = {}  # the counts before the first promise

    def run(self, known: Mapping[str, int] | None) -> list[Filled]:
        if known is None:
            self.counts = dict(self._counted())
        else:
            self.counts = {name: min(known[name], self.rows) for name in self.shapes}
        short = [name for name in self.shapes if self.counts[name] < self.rows]
        before = dict(self.counts)
        if short and self.dialect == "postgresql":
            self._execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in short:
            self._top_up(self.shapes[name])
        if self.promises and not self._promises_kept():
            # As if none had been made. Tables that come before the first promise keep their rows.
            self._execute("ROLLBACK TO SAVEPOINT guard_promises")
            self.counts, self.why, self.may_promise = {**before, **self.sure}, {}, False
            for name in short:
                if self.counts[name] < self.rows:
                    self._top_up(self.shapes[name])
        if self.promises:
            self._execute("RELEASE SAVEPOINT guard_promises")
        return [
            Filled(name, self.counts[name], self.why.get(name) if self.counts[name] < self.rows else None)
            for name in self.shapes
        ]

    def _counted(self) -> Iterator[tuple[str, int]]:
        names = list(self.shapes)
        for start in range(0, len(names), 200):  # SQLite takes 500 parts of a UNION at most
            part = names[start : start + 200]
            for place, count in self._execute(count_statement([self.shapes[name] for name in part], self.rows)):
                yield part[place], count

    def _execute(self, sql: str) -> list[Any]:
        result = self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
        return list(result) if result.returns_rows else []

    def _top_up(self, shape: TableShape) -> None:
        name = shape.full_name
        if not shape.insertable:
            self.why[name] = f"{name} has no partition that takes rows"
            return
        chooser = Chooser(shape, self.dialect, self._parents(shape), self._taken(shape))
        choices: list[Choice] = []
        try:
            for number in range(self.counts[name], self.rows):
                choices.append(chooser.choose(number))
                chooser.keep(choices[-1])
        except Refused as refusal:
            self.why[name] = f"{name}: {refusal}"
        # On SQLite a statement cannot say DEFAULT, so all its rows must name the same columns; and none of no columns.
        alike = self.dialect != "sqlite" or len({frozenset(choice) for choice in choices}) == 1
        if (
            alike
            and all(choices)
            and len(choices) == self.rows - self.counts[name]
            and self._stand(shape, choices, chooser)
        ):
            self.counts[name] = self.rows
        else:
            self._one_by_one(shape, chooser)

    def _one_by_one(self, shape: TableShape, chooser: Chooser) -> None:
        name, last = shape.full_name, 0
        for number in range(self.counts[name], self.rows):
            chooser.look(self._parents(shape), self._taken(shape))
            for version, attempt in attempts(chooser, number, last):
                if isinstance(attempt, Refused):
                    self.why.setdefault(name, f"{name}: {attempt}")
                elif self._stand(shape, [attempt], chooser):
                    self.counts[name] += 1
                    last = version
                    break
            else:
                return

    def _stand(self, shape: TableShape, choices: Sequence[Choice], chooser: Chooser) -> bool:
        """Put rows in; whether they stand. A refusal undoes its statement alone and is kept as the reason."""
        statement = insert_statement(shape, choices)
        try:
            if self.dialect == "sqlite":  # a failed statement undoes itself: https://www.sqlite.org/lang_conflict.html
                self._execute(statement)
            else:
                with self.connection.begin_nested():
                    self._execute(statement)
        except DBAPIError as error:
            words = _SHORTENED.sub(r"\1...", str(error.orig).strip().partition("\n")[0])
            self.why.setdefault(shape.full_name, f"{shape.full_name}: the database refuses a row: {words}")
            chooser.suspect(words)
            return False
        return True

    def _parents(self, shape: TableShape) -> dict[str, list[Literals]]:
        """For each foreign key, by name, the parent's keys."""
        found: dict[str, list[Literals]] = {}
        for key in shape.foreign_keys:
            parent = self.shapes.get(key.parent)
            if parent is None:
                found[key.name] = []
            elif self.counts[key.parent]:
                found[key.name] = self._literals(parent, key.parent_columns)
            else:
                found[key.name] = self._promise(shape, key, parent)
        return found

    def _promise(self, shape: TableShape, key: ForeignKeyShape, parent: TableShape) -> list[Literals]:
        """The key that the parent's first row will have, where two tables need each other and the check can wait."""
        nullable = any(column.nullable for column in shape.columns if column.name in key.columns)
        later = list(self.shapes).index(key.parent) > list(self.shapes).index(shape.full_name)
        in_keys = {name for other in parent.foreign_keys for name in other.columns}
        possible = later and key.deferrable and not nullable and in_keys.isdisjoint(key.parent_columns)
        if not possible or not self.may_promise:
            return []
        columns = {column.name: (place, column) for place, column in enumerate(parent.columns)}
        literals = tuple(
            made(columns[name][1], 1, columns[name][0], self.dialect).literal for name in key.parent_columns
        )
        if not self.promises:
            self.sure = dict(self.counts)
            self._defer_checks(shape)
        self.promises.append((parent, key.parent_columns, literals))
        return [literals]

    def _defer_checks(self, shape: TableShape) -> None:
        # Python begins SQLite's transaction at the first change of data; the pragma holds until it ends.
        self._execute(delete_statement(shape, "1 = 0"))
        self._execute("SAVEPOINT guard_promises")
        postgresql = self.dialect == "postgresql"
        self._execute("SET CONSTRAINTS ALL DEFERRED" if postgresql else "PRAGMA defer_foreign_keys = ON")

    def _promises_kept(self) -> bool:
        for parent, columns, literals in self.promises:
            there = {tuple(value.strip("'") for value in row) for row in self._literals(parent, columns)}
            if tuple(value.strip("'") for value in literals) not in there:
                return False
        if self.dialect == "postgresql":
            self._execute("SET CONSTRAINTS ALL IMMEDIATE")
        return True

    def _taken(self, shape: TableShape) -> dict[tuple[str, ...], set[Literals]]:
        """For each set of columns that is unique what stands there already."""
        sets = {shape.primary_key: None, **{unique.columns: None for unique in shape.uniques}}
        held = self.counts[shape.full_name] > 0
        return {columns: set(self._literals(shape, columns)) if held else set() for columns in sets if columns}

    def _literals(self, shape: TableShape, columns: Sequence[str]) -> list[Literals]:
        return [tuple(row) for row in self._execute(literals_statement(shape, columns, self.dialect, _PARENTS))]
