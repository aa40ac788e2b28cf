"""Reads a SQLite database again after a step: the tables whose CREATE statements changed, and the rows as they lie."""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .row_sql import table_name
from .schema import Key, Properties
from .shapes import TableShape, in_order
from .sight import Sight
from .sqlite_catalogue import Column, Master, columns, described, objects
from .sqlite_shapes import shapes_of
from .sqlite_text import table_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_ROWS = 1000  # of a larger table, nobody says that its rows are the same
_WITHOUT_REFERENCES = 2  # version of marshal's format in which equal values are equal bytes


class SqliteReader:
    """A table is known by the text of its objects in sqlite_master: what SQLite knows of it follows from that."""

    def __init__(self) -> None:
        self._objects: list[Master] = []
        self._columns: dict[str, list[Column]] = {}
        self._parts: dict[str, dict[Key, Properties]] = {}  # by the table's name in lower case
        self._parents: dict[str, set[str]] = {}  # what the keys of a table point at
        self._names: dict[str, str] = {}  # of tables, as they are spelled
        self._shapes: dict[str, TableShape] = {}
        self._ordered: tuple[TableShape, ...] = ()

    def begin(self, connection: Connection) -> None:
        """There is nothing to prepare."""

    def look(self, connection: Connection) -> Sight:
        """What stands there now."""
        now = objects(connection)
        if now != self._objects:
            self._read(connection, now)
        parts = {self._names.get(name, name): part for name, part in self._parts.items()}
        return Sight(parts, self._ordered, dict(self._rows(connection)))

    def _read(self, connection: Connection, now: list[Master]) -> None:
        touched = {each.table.lower() for each in {*self._objects} ^ {*now}}
        touched |= {name for name, parents in self._parents.items() if not touched.isdisjoint(parents)}
        after: dict[str, list[Master]] = {}
        for each in now:
            if (name := each.table.lower()) in touched:
                after.setdefault(name, []).append(each)
        for name in touched:
            self._parts.pop(name, None)
            self._parents.pop(name, None)
            if spelled := self._names.pop(name, None):
                del self._shapes[spelled]
        gone = [name for name in self._columns if name.lower() in touched]
        for name in gone:
            del self._columns[name]
        self._columns |= columns(connection, [each.name for of_table in after.values() for each in of_table])
        for name, of_table in after.items():
            self._parts[name] = dict(described(of_table, self._columns))
            self._parents[name] = {*_parents(of_table)}
            for shape in shapes_of(of_table, self._columns):
                self._shapes[shape.full_name], self._names[name] = shape, shape.full_name
        self._objects = now
        self._ordered = in_order(self._shapes, self._ordered)

    def _rows(self, connection: Connection) -> Iterator[tuple[str, bytes]]:
        raw: Any = connection.connection.driver_connection
        before = raw.text_factory
        raw.text_factory = bytes  # text that is no UTF-8 is text, too
        try:
            for shape in self._ordered:
                statement = " ".join(("SELECT * FROM", table_name(shape), f"LIMIT {MOST_ROWS + 1}"))
                try:
                    rows = raw.execute(statement).fetchall()
                except sqlite3.Error:  # a generated column that cannot be computed, say
                    continue
                if len(rows) <= MOST_ROWS:
                    yield shape.full_name, marshal.dumps(rows, _WITHOUT_REFERENCES)
        finally:
            raw.text_factory = before


def _parents(found: Iterable[Master]) -> Iterator[str]:
    """The tables, in lower case, that keys of this one point at: what the keys say depends on them."""
    for each in found:
        if each.type == "table":
            yield from (constraint.parent.lower() for constraint in table_text(each.sql).constraints)
