"""Which rows of a SQLite file PostgreSQL would refuse: found before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg

from ...live.row_sql import identifier
from ...live.shapes import ForeignKeyShape
from ...reporting import counted
from ..converting import CannotBe
from .parsing import Parser
from .source import Column, Refused, Source, Table, Unclean

MOST = 20  # rows that cannot go which are named, for each column of a table
Progress = Callable[[str, str, int, int], None]  # what, of which table, done, total


@dataclass(frozen=True)
class Obstacle:
    """A row that PostgreSQL would refuse."""

    table: str
    key: str
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.table} ({self.key}): {self.column}: {self.reason}"


class Survey:
    """A look at every value, table by table."""

    def __init__(self, source: Source, parser: Parser, tables: Sequence[Table], progress: Progress) -> None:
        self.source = source
        self.parser = parser
        self.tables = tables
        self.progress = progress
        self.notes: list[str] = []
        self._done = 0

    def run(self, rehearse: Callable[[Table], psycopg.Connection[Any] | None]) -> list[Obstacle]:
        """The rows that cannot go. Each table gets its digest, and its columns know whether SQLite can spell them.

        `rehearse` puts what the table's checks look at into a temporary table of PostgreSQL."""
        found: list[Obstacle] = []
        for table in self.tables:
            (table.rows,) = self.source.execute("SELECT count(*) FROM", identifier(table.shape.name)).fetchone()
        total = sum(table.rows for table in self.tables)
        by_name = {table.name: table for table in self.tables}
        for table in self.tables:
            here = [*self._values(table), *self._digested(table, total)]
            if not here and table.rows and (connection := rehearse(table)):
                here = list(_failed_checks(connection, table))
                connection.rollback()
            found += [*here, *self._orphans(table, by_name)]
        return found

    def _values(self, table: Table) -> Iterator[Obstacle]:
        """Ask SQLite how many values of each column are not ready, and look at these."""
        asked = ["count(*)", f"max({' + '.join(map(_size, table.columns)) or '0'})"]
        for column in table.columns:
            name = identifier(column.name)
            asked.append(f"sum({name} IS NULL)" if not column.shape.nullable else "0")
            plain = column.form.says("plain", name) if column.form else "0"
            asked.append(f"sum({name} IS NOT NULL AND ({plain}) IS NOT 1)")
            digits = column.form.digits if column.form else None
            asked.append(f"sum(abs({name} - round({name}, {digits})) > 1e-9 * abs({name}))" if digits else "0")
        answers = list(self._answers(table, asked))
        table.longest = answers[1] or 0
        for place, column in enumerate(table.columns):
            nulls, odd, rounded = answers[2 + 3 * place : 5 + 3 * place]
            column.ready = self.source.spells and not odd
            if rounded:
                many = rounded > 1
                self.notes.append(
                    f"{table.name}.{column.name}: {counted(rounded, 'value')} "
                    f"{'have' if many else 'has'} more digits than "
                    f"{column.shape.type} keeps; {'they are' if many else 'it is'} rounded as models read "
                    f"{'them' if many else 'it'}"
                )
            if nulls:
                yield from self._nulls(table, column)
            if odd:
                yield from self._odd(table, column)

    def _answers(self, table: Table, asked: Sequence[str]) -> Iterator[Any]:
        """What SQLite answers, some hundred questions at a time: it takes 2,000 columns at most."""
        for start in range(0, len(asked), 600):
            part = ", ".join(asked[start : start + 600])
            yield from self.source.execute("SELECT", part, "FROM", identifier(table.shape.name)).fetchone()

    def _nulls(self, table: Table, column: Column) -> Iterator[Obstacle]:
        where = f"WHERE {identifier(column.name)} IS NULL"
        for row in islice(self.source.values(table, table.key, where), MOST):
            yield Obstacle(table.name, named(table, row), column.name, "it is NULL, and the column takes none")

    def _odd(self, table: Table, column: Column) -> Iterator[Obstacle]:
        """Values that are not ready: most can be converted."""
        name = identifier(column.name)
        where = f"WHERE {name} IS NOT NULL"
        if column.form and not column.form.free:  # of free text only a full reading tells whether it is UTF-8, or JSON
            where += f" AND ({column.form.says('plain', name)}) IS NOT 1"
        rows = self.source.values(table, [*table.key, column.name], where)
        refused = (
            each for part in iter(lambda: list(islice(rows, 1000)), []) for each in self._refused(table, column, part)
        )
        yield from islice(refused, MOST)

    def _refused(self, table: Table, column: Column, rows: Sequence[tuple[Any, ...]]) -> Iterator[Obstacle]:
        spelled = column.spelled([row[-1] for row in rows], self.parser, as_kept=True)
        for row, text in zip(rows, spelled, strict=True):
            if isinstance(text, CannotBe):
                yield Obstacle(table.name, named(table, row), column.name, str(text))

    def _digested(self, table: Table, total: int) -> Iterator[Obstacle]:
        """The digest of the rows. What only a full reading tells is found on the way: JSON that is none, and text that
        is no UTF-8, for SQLite takes any bytes."""
        done = self._done
        while True:
            digest = hashlib.sha256()
            try:
                for rows, text in self.source.lines(table, self.parser, as_kept=True):
                    text.decode()
                    digest.update(text)
                    self._done += rows
                    self.progress("check", table.name, self._done, total)
            except Unclean:
                table.clean, self._done = False, done
                continue
            except (Refused, UnicodeDecodeError):
                for column in table.columns:
                    if column.form and column.form.free and column.ready:
                        yield from self._odd(table, column)
            table.digest = digest.hexdigest()
            return

    def _orphans(self, table: Table, tables: Mapping[str, Table]) -> Iterator[Obstacle]:
        """Rows whose foreign keys, as PostgreSQL has them, point at nothing."""
        for key in table.shape.foreign_keys:
            parent = tables.get(key.parent)
            names = {column.name for column in table.columns}
            there = {column.name for column in parent.columns} if parent else set()
            if parent is None or not names.issuperset(key.columns) or not there.issuperset(key.parent_columns):
                continue
            for row in self.source.connection.execute(_orphans_statement(table, key, parent)):
                shown = ", ".join(
                    f"{name} {value!r}" for name, value in zip(key.columns, row[len(table.key) :], strict=True)
                )
                yield Obstacle(
                    table.name,
                    named(table, row),
                    ", ".join(key.columns),
                    f"there is no row of {parent.name} for {shown}",
                )


def named(table: Table, row: Sequence[Any]) -> str:
    """A row for people; its key comes first in it."""
    return ", ".join(f"{name} {value!r}" for name, value in zip(table.key, row, strict=False))


def _size(column: Column) -> str:
    """At most how many bytes a value takes in a line."""
    kind = column.shape.kind
    if kind in ("int2", "int4", "int8", "bool", "float4", "float8", "uuid", "date", "timestamp", "timestamptz", "time"):
        return "40"
    return f"coalesce(length({identifier(column.name)}), 2) * 2"


def _orphans_statement(table: Table, key: ForeignKeyShape, parent: Table) -> str:
    child = [f"c.{identifier(name)}" for name in key.columns]
    match = " AND ".join(
        f"p.{identifier(above)} = {below}" for above, below in zip(key.parent_columns, child, strict=True)
    )
    present = " AND ".join(f"{below} IS NOT NULL" for below in child)
    shown = ", ".join([*(f"c.{identifier(name)}" for name in table.key), *child])
    return " ".join(
        (
            f"SELECT {shown} FROM {identifier(table.shape.name)} c WHERE {present} AND NOT EXISTS",
            f"(SELECT 1 FROM {identifier(parent.shape.name)} p WHERE {match}) LIMIT {MOST}",
        )
    )


def _failed_checks(connection: psycopg.Connection[Any], table: Table) -> Iterator[Obstacle]:
    """Rows of the temporary table that a check of the real one refuses."""
    key = ", ".join(map(identifier, table.key))
    names = {column.name for column in table.columns}
    for check in table.shape.checks:
        if not names.issuperset(check.columns):
            continue  # of a column that PostgreSQL computes
        sql = f"SELECT {key} FROM pg_temp.guard_rehearsal WHERE NOT ({check.text}) LIMIT {MOST}"
        for row in connection.execute(sql.encode()):
            yield Obstacle(
                table.name, named(table, row), ", ".join(check.columns), f"{check.name} does not allow it: {check.text}"
            )
