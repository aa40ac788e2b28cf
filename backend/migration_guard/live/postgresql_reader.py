"""Reads a PostgreSQL database again after a step: the relations whose rows in the catalogues were written since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Engine, event

from .postgresql_catalogue import described
from .postgresql_shapes import shapes_of
from .schema import Key, Properties, Snapshot
from .shapes import TableShape, in_order
from .sight import Sight

if TYPE_CHECKING:
    from sqlalchemy import Connection

_RELATIONS = ("table", "view", "materialized view", "sequence")
_COUNTED_AT_ONCE = (15,)  # the version that brought pg_stat_force_next_flush()


class _Mark(NamedTuple):
    kind: str
    name: str  # as snapshots and shapes show it
    catalogue: str
    rows: str | None


class PostgresqlReader:
    """What belongs to a relation is kept by the relation's name, and read again when its mark is another one."""

    def __init__(self) -> None:
        self._marks: dict[int, _Mark] = {}
        self._enums: dict[int, str] = {}
        self._elsewhere: str | None = None  # the mark of all that is neither
        self._parts: dict[str, dict[Key, Properties]] = {}
        self._shapes: dict[str, TableShape] = {}
        self._snapshot = Snapshot({})
        self._ordered: tuple[TableShape, ...] = ()

    def begin(self, connection: Connection) -> None:
        """Let the queries be planned once: that takes longer than to run them for a few relations.

        https://www.postgresql.org/docs/current/sql-prepare.html#SQL-PREPARE-NOTES
        """
        connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql("SET search_path = public")  # which all queries on the catalogues want
        connection.commit()

    def look(self, connection: Connection) -> Sight:
        """What stands there now."""
        rows = connection.exec_driver_sql(_text("marks")).fetchall()
        elsewhere = next(row[4] for row in rows if not row[0])
        enums = {row[0]: row[4] for row in rows if row[1] == "e"}
        marks = {
            oid: _Mark(kind, f"{schema}.{name}" if schema else name, catalogue, written)
            for oid, kind, schema, name, catalogue, written in rows
            if oid and kind != "e"
        }
        touched = {oid for oid, mark in marks.items() if self._catalogue(oid) != mark.catalogue}
        gone = self._marks.keys() - marks.keys()
        composites = any((marks.get(oid) or self._marks[oid]).kind == "c" for oid in touched | gone)
        altered = any(enums.get(oid, mark) != mark for oid, mark in self._enums.items())
        if self._elsewhere != elsewhere or composites or altered:
            self._read_everything(connection)
        elif touched or gone or enums != self._enums:
            self._read(connection, touched, gone, marks)
        self._marks, self._enums, self._elsewhere = marks, enums, elsewhere
        known = (connection.dialect.server_version_info or ()) >= _COUNTED_AT_ONCE
        rows_of = {mark.name: mark.rows for mark in marks.values() if known and mark.rows is not None}
        return Sight(self._snapshot, self._ordered, rows_of)

    def _catalogue(self, oid: int) -> str | None:
        return self._marks[oid].catalogue if oid in self._marks else None

    def _read_everything(self, connection: Connection) -> None:
        self._keep(described(connection), shapes_of(connection), None)

    def _read(self, connection: Connection, touched: set[int], gone: Collection[int], marks: dict[int, _Mark]) -> None:
        around: dict[str, set[int]] = {"read": set(), "child": set(), "beside": set(), "all": set()}
        for what, oid in connection.exec_driver_sql(_text("neighbours"), ([*touched],)):
            around[what].add(oid)
        if around["all"]:
            self._read_everything(connection)
            return
        old = {self._marks[oid].name for oid in {*gone, *around["read"]} if oid in self._marks}
        new = {marks[oid].name for oid in around["read"] if oid in marks}
        named = self._named(old)
        for name in old | new:
            self._parts.pop(name, None)
            self._shapes.pop(name, None)
            for part in self._parts.values():  # a sequence stands with the table that owned it
                part.pop(("sequence", name), None)
        seen = sorted(around["read"] | around["beside"])
        self._keep(described(connection, seen), shapes_of(connection, seen) if new else (), new)
        now = {(name, column.name) for name in new if name in self._shapes for column in self._shapes[name].columns}
        if not named <= now and not around["child"] <= around["read"]:
            self._read(connection, around["child"], (), marks)  # their keys name a table or column that is renamed

    def _named(self, tables: Collection[str]) -> set[tuple[str, str]]:
        """The columns of these tables that foreign keys name."""
        keys = (key for shape in self._shapes.values() for key in shape.foreign_keys if key.parent in tables)
        return {(key.parent, column) for key in keys for column in key.parent_columns}

    def _keep(self, found: dict[Key, dict[str, str]], shapes: Iterable[TableShape], names: set[str] | None) -> None:
        """Put what was found of the relations with these names, or all of it, beside what is known."""
        if names is None:
            self._parts, self._shapes = {}, {}
        others = self._parts.get("", {})
        for key in [
            key for key in others if key[0] == "enum"
        ]:  # which come and go with tables; all are among what was found
            del others[key]
        for key, properties in found.items():
            owner = properties.get("table") or (key[1] if key[0] in _RELATIONS else "")
            if names is None or owner in names or key[0] == "enum":
                self._parts.setdefault(owner, {})[key] = properties
        self._shapes |= {shape.full_name: shape for shape in shapes if names is None or shape.full_name in names}
        self._snapshot = Snapshot({key: each for part in self._parts.values() for key, each in part.items()})
        self._ordered = in_order(self._shapes, self._ordered)


@contextmanager
def counted() -> Iterator[None]:
    """Until left, the server counts at once what a connection of this process has written when it commits: it would
    wait for up to a second.

    https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-STATS-FUNCTIONS
    """

    def tell(connection: Connection) -> None:
        dialect = connection.dialect
        if dialect.name != "postgresql" or (dialect.server_version_info or ()) < _COUNTED_AT_ONCE:
            return
        cursor = connection.connection.cursor()
        with suppress(dialect.loaded_dbapi.Error):  # a transaction that failed takes no more statements
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.fetchall()
        cursor.close()

    event.listen(Engine, "commit", tell)
    try:
        yield
    finally:
        event.remove(Engine, "commit", tell)


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(f"postgresql_{name}.sql").read_text(encoding="utf-8")
