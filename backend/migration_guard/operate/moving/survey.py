"""Which rows of a SQLite file PostgreSQL would refuse: found before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from ...live.row_sql import identifier
from ...live.shapes import ForeignKeyShape
from ..converting import CannotBe
from .parsing import Parser
from .source import Column, Source, Table

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
            here = list(self._values(table))
            here = here or list(self._digested(table, total))
            here += self._orphans(table, by_name)
            if not here and table.rows and (connection := rehearse(table)):
                here = list(_failed_checks(connection, table))
                connection.rollback()
            found += here
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
                self.notes.append(
                    f"{table.name}.{column.name}: {rounded:,} values have more digits than {column.shape.type} keeps; "
                    "they are rounded"
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
        for number, row in enumerate(self.source.values(table, table.key, where)):
            if number < MOST:
                yield Obstacle(table.name, named(table, row), column.name, "it is NULL, and the column takes none")

    def _odd(self, table: Table, column: Column) -> Iterator[Obstacle]:
        """The values that are not ready: most can be converted."""
        name = identifier(column.name)
        plain = column.form.says("plain", name) if column.form else "0"
        rows: list[tuple[Any, ...]] = []
        number = 0
        for row in self.source.values(
            table, [*table.key, column.name], f"WHERE {name} IS NOT NULL AND ({plain}) IS NOT 1"
        ):
            rows.append(row)
            if len(rows) == 1000:
                for obstacle in self._refused(table, column, rows):
                    number += 1
                    if number <= MOST:
                        yield obstacle
                rows = []
        for obstacle in self._refused(table, column, rows):
            number += 1
            if number <= MOST:
                yield obstacle

    def _refused(self, table: Table, column: Column, rows: Sequence[tuple[Any, ...]]) -> Iterator[Obstacle]:
        spelled = column.spelled([row[-1] for row in rows], self.parser, as_kept=False)
        for row, text in zip(rows, spelled, strict=True):
            if isinstance(text, CannotBe):
                yield Obstacle(table.name, named(table, row), column.name, str(text))

    def _digested(self, table: Table, total: int) -> Iterator[Obstacle]:
        """The digest of the rows. SQLite takes any bytes for text; those that are no UTF-8 are found on the way."""
        digest, valid = hashlib.sha256(), True
        for rows, text in self.source.lines(table, self.parser, as_kept=True):
            try:
                text.decode()
            except UnicodeDecodeError:
                valid = False
            digest.update(text)
            self._done += rows
            self.progress("check", table.name, self._done, total)
        table.digest = digest.hexdigest()
        if not valid:
            for column in table.columns:
                if column.form and column.form.free:
                    column.ready = False
                    yield from self._odd_text(table, column)

    def _odd_text(self, table: Table, column: Column) -> Iterator[Obstacle]:
        number = 0
        for row in self.source.values(table, [*table.key, column.name]):
            for obstacle in self._refused(table, column, [row]):
                number += 1
                if number <= MOST:
                    yield obstacle

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
