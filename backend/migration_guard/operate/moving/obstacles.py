"""Rows that cannot go: as they are named, and those that foreign keys and checks of PostgreSQL would refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from ...live.row_sql import identifier
from ...live.shapes import ForeignKeyShape
from .columns import Table
from .source import Source

MOST = 20  # rows that cannot go which are named, for each column of a table


@dataclass(frozen=True)
class Obstacle:
    """A row that PostgreSQL would refuse."""

    table: str
    key: str
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.table} ({self.key}): {self.column}: {self.reason}"


def named(table: Table, row: Sequence[Any]) -> str:
    """A row for people; its key comes first in it."""
    return ", ".join(f"{name} {value!r}" for name, value in zip(table.key, row, strict=False))


def orphans(source: Source, table: Table, tables: Mapping[str, Table]) -> Iterator[Obstacle]:
    """Rows whose foreign keys, as PostgreSQL has them, point at nothing."""
    for key in table.shape.foreign_keys:
        parent = tables.get(key.parent)
        names = {column.name for column in table.columns}
        there = {column.name for column in parent.columns} if parent else set()
        if parent is None or not names.issuperset(key.columns) or not there.issuperset(key.parent_columns):
            continue
        for row in source.connection.execute(_orphans_statement(table, key, parent)):
            shown = ", ".join(
                f"{name} {value!r}" for name, value in zip(key.columns, row[len(table.key) :], strict=True)
            )
            yield Obstacle(
                table.name,
                named(table, row),
                ", ".join(key.columns),
                f"there is no row of {parent.name} for {shown}",
            )


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


def failed_checks(connection: psycopg.Connection[Any], table: Table) -> Iterator[Obstacle]:
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
