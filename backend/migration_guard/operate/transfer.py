"""From SQLite to PostgreSQL: the schema by the project's own migrations, the rows by COPY, then everything compared.

Every row that cannot go is named before anything is written. A table is loaded in one transaction, so that a run that
was cut off goes on with the first table that is not there.
"""

from __future__ import annotations

import sqlite3
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from ..errors import CannotFinish, UsageError
from ..live.postgresql_catalogue import shapes
from ..live.row_sql import identifier, table_name
from ..live.shapes import ColumnShape, TableShape
from ..live.statements import first_line
from ..live.urls import hide_in
from .canonical import Digest
from .converting import CannotBe, Convert, converter
from .deploy import Limits
from .holding import has_version_table, held, revisions
from .standing import below
from .target import Target, run_env

Progress = Callable[[str, int, int], None]
MOST = 20  # rows that cannot go which are named, for each table
_ROWS = 1000  # read at a time


@dataclass(frozen=True)
class Obstacle:
    """A row that PostgreSQL would refuse."""

    table: str
    key: str
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.table} ({self.key}): {self.column}: {self.reason}"


@dataclass
class Table:
    """One table on both sides: the columns that both have, with what converts their values."""

    shape: TableShape
    columns: list[ColumnShape]
    converters: list[Convert]
    rows: int = 0
    digest: Digest = field(default_factory=Digest)

    @property
    def name(self) -> str:
        return self.shape.full_name


@dataclass(frozen=True)
class Transferred:
    """What went over: rows by table."""

    rows: dict[str, int]
    revisions: tuple[str, ...]


class Transfer:
    """One transfer. Raises GuardError for what stands in its way."""

    def __init__(self, source: Target, to: Target, progress: Progress = lambda *_: None) -> None:
        if (source.dialect, to.dialect) != ("sqlite", "postgresql"):
            raise UsageError(
                f"{source.shown} is a database of {source.dialect}, {to.shown} one of {to.dialect}",
                "give a SQLite file (--url, or that of env.py) and a PostgreSQL database: --to postgresql://...",
            )
        self.source = source
        self.to = to
        self.progress = progress

    def run(self, *, check: bool = False) -> tuple[list[Obstacle], Transferred | None]:
        """The rows that cannot go; where there is none, and not only a check is asked for, what went over."""
        with self._read() as reading:
            at = self._schema()
            with psycopg.connect(self._address) as writing:
                tables = self._tables(reading)
                obstacles = list(self._orphans(reading))
                for table in tables:
                    obstacles += self._obstacles(reading, table)
                if obstacles or check:
                    return obstacles, None
                for table in tables:
                    self._load(reading, writing, table)
                self._sequences(writing, tables)
                for table in tables:
                    self._compare(writing, table)
        return [], Transferred({table.name: table.rows for table in tables}, at)

    @property
    def _address(self) -> str:
        return self.to.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """The source as of one moment."""
        if not self.source.file.exists():
            raise CannotFinish(f"there is no database {self.source.shown}", "check the URL")
        address = f"file:{urllib.parse.quote(str(self.source.file.absolute()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            connection.text_factory = lambda value: value.decode("utf-8", "surrogateescape")
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield connection

    def _schema(self) -> tuple[str, ...]:
        """Bring the target to the revisions of the source, by the migrations; where it stands there, do nothing."""
        with self.source.connect() as connection:
            at = revisions(connection, self.source.version_table)
        unknown = [each for each in at if each not in self.source.history.by_id]
        if not at or unknown:
            what = "stands at no revision"
            if unknown:
                what = f"stands at {', '.join(unknown)}, which the code does not have"
            raise UsageError(f"{self.source.shown} {what}", "check out the release that it belongs to")
        with self.to.connect() as connection:
            there = revisions(connection, self.to.version_table)
            stamped = has_version_table(connection, self.to.version_table)
            holds = held(connection, self.to.version_table)
        if sorted(there) == sorted(at):
            return at
        if stamped or holds.rows:
            raise UsageError(
                f"{self.to.shown} is not empty: it stands at {', '.join(there) or 'no revision'}",
                "give a new database, or one at the same revision",
            )
        limits = Limits()
        told: dict[str, Any] = run_env(
            self.to.project,
            self.to.settings,
            limits.statement_timeout,
            "see what `migration-guard verify --database postgresql` says",
            migrate=self.to.url.render_as_string(hide_password=False),
            revisions=sorted(below(self.source.history, at)),
            lock_timeout=limits.lock_timeout,
            statement_timeout=limits.statement_timeout,
            attempts=1,
        )
        if failure := told["failure"]:
            raise CannotFinish(
                f"upgrade() of {failure['revision']} fails on PostgreSQL: {hide_in(failure['says'])}",
                "see what `migration-guard verify --database postgresql` says",
            )
        return at

    def _tables(self, reading: sqlite3.Connection) -> list[Table]:
        """The tables that both have, parents first. Raises CannotFinish where the source has more than the target."""
        with self.to.connect() as connection:
            there = {shape.name: shape for shape in shapes(connection) if shape.full_name != self.to.version_table}
        own = self.source.version_table.rpartition(".")[2]
        here = [name for (name,) in reading.execute(_NAMES) if name != own]
        if missing := sorted(set(here) - there.keys()):
            raise CannotFinish(
                f"{self.source.shown} has tables that its migrations do not make: {', '.join(missing[:8])}",
                "migration-guard db status says more; drop them, or make them by a revision",
            )
        found = []
        for name, shape in there.items():
            if name not in here:
                continue
            columns = [str(row[1]) for row in reading.execute(f"PRAGMA table_xinfo({identifier(name)})")]
            known = {column.name: column for column in shape.columns if not column.generated}
            extra = [column for column in columns if column not in {each.name for each in shape.columns}]
            if extra:
                raise CannotFinish(
                    f"{name} has columns that its migrations do not make: {', '.join(extra)}",
                    "migration-guard db status says more",
                )
            both = [known[column] for column in columns if column in known]
            found.append(Table(shape, both, [converter(column.type, column.labels) for column in both]))
            (found[-1].rows,) = reading.execute(" ".join(("SELECT count(*) FROM", identifier(name)))).fetchone()
        return found

    def _orphans(self, reading: sqlite3.Connection) -> Iterator[Obstacle]:
        counts: dict[str, int] = {}
        for table, rowid, parent, _ in reading.execute("PRAGMA foreign_key_check"):
            counts[table] = counts.get(table, 0) + 1
            if counts[table] <= MOST:
                yield Obstacle(table, f"rowid {rowid}", "foreign key", f"there is no such row of {parent}")

    def _obstacles(self, reading: sqlite3.Connection, table: Table) -> Iterator[Obstacle]:
        """Rows of a table with a value that its column does not take."""
        number = 0
        for done, row in enumerate(self._rows(reading, table)):
            if done % _ROWS == 0:
                self.progress(f"check {table.name}", done, table.rows)
            for column, convert, value in zip(table.columns, table.converters, row, strict=True):
                reason = _why_not(column, convert, value)
                number += reason is not None
                if reason is not None and number <= MOST:
                    yield Obstacle(table.name, _key(table, row), column.name, reason)
        self.progress(f"check {table.name}", table.rows, table.rows)

    def _rows(self, reading: sqlite3.Connection, table: Table) -> Iterator[tuple[Any, ...]]:
        columns = ", ".join(identifier(column.name) for column in table.columns)
        cursor = reading.execute(" ".join(("SELECT", columns, "FROM", identifier(table.shape.name))))
        cursor.arraysize = _ROWS
        while rows := cursor.fetchmany():
            yield from rows

    def _load(self, reading: sqlite3.Connection, writing: psycopg.Connection[Any], table: Table) -> None:
        """Copy a table, or only work its digest out where an earlier run has done so."""
        name = table_name(table.shape)
        with writing.cursor() as cursor:
            cursor.execute(" ".join(("SELECT count(*) FROM", name)))
            (there,) = cursor.fetchone() or (0,)
        if there not in (0, table.rows):
            raise CannotFinish(f"{table.name} holds {there:,} rows already", "give a new database")
        converted = self._converted(reading, table)
        if there:
            for _ in converted:
                pass
            return
        columns = ", ".join(identifier(column.name) for column in table.columns)
        try:
            with writing.transaction(), writing.cursor() as cursor:
                if any(key.parent == table.name for key in table.shape.foreign_keys):
                    _without_keys(cursor)
                with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                    for row in converted:
                        copy.write_row(row)
        except psycopg.Error as error:
            raise CannotFinish(
                f"{table.name} cannot be loaded: {hide_in(first_line(error))}", "run it again: it goes on from there"
            ) from error
        writing.commit()

    def _converted(self, reading: sqlite3.Connection, table: Table) -> Iterator[tuple[Any, ...]]:
        table.digest = Digest()
        kinds = [column.type for column in table.columns]
        for done, row in enumerate(self._rows(reading, table)):
            if done % _ROWS == 0:
                self.progress(f"copy {table.name}", done, table.rows)
            values = tuple(convert(value) for convert, value in zip(table.converters, row, strict=True))
            table.digest.add(values, kinds)
            yield values
        self.progress(f"copy {table.name}", table.rows, table.rows)

    def _sequences(self, writing: psycopg.Connection[Any], tables: Sequence[Table]) -> None:
        """Set each sequence behind the greatest value of its column."""
        with writing.transaction(), writing.cursor() as cursor:
            for table in tables:
                for column in table.columns:
                    if column.type in ("smallint", "integer", "bigint"):
                        name, key = table_name(table.shape), identifier(column.name)
                        greatest = " ".join(("(SELECT max(", key, ") FROM", name, ")"))
                        there = " ".join(("EXISTS (SELECT 1 FROM", name, ")"))
                        sql = " ".join(("SELECT setval(s, greatest(1,", greatest, "),", there, ") FROM", _SEQUENCE))
                        cursor.execute(sql, (name, column.name))

    def _compare(self, writing: psycopg.Connection[Any], table: Table) -> None:
        """Raises CannotFinish where the target's rows are not those of the source."""
        there = Digest()
        kinds = [column.type for column in table.columns]
        columns = ", ".join(identifier(column.name) for column in table.columns)
        with writing.transaction(), writing.cursor(f"compare_{table.shape.name}"[:60]) as cursor:
            cursor.itersize = _ROWS
            cursor.execute(" ".join(("SELECT", columns, "FROM", table_name(table.shape))))
            for done, row in enumerate(cursor):
                if done % _ROWS == 0:
                    self.progress(f"compare {table.name}", done, table.rows)
                there.add(row, kinds)
        self.progress(f"compare {table.name}", table.rows, table.rows)
        if there != table.digest:
            raise CannotFinish(
                f"{table.name} differs after the transfer: {there.rows:,} rows of {table.rows:,}, or other values",
                "drop the new database and run it again; if it stays, report it with this message",
            )


_SEQUENCE = "pg_get_serial_sequence(%s, %s) s WHERE s IS NOT NULL"
_NAMES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"


def _why_not(column: ColumnShape, convert: Convert, value: Any) -> str | None:
    """Why a value cannot go into a column; None where it can."""
    if value is None:
        return None if column.nullable else "it is NULL, and the column takes none"
    try:
        convert(value)
    except CannotBe as reason:
        return str(reason)
    return None


def _without_keys(cursor: psycopg.Cursor[Any]) -> None:
    """Let rows that point at others of their own table come in any order; they were checked before."""
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if (cursor.fetchone() or (False,))[0]:
        cursor.execute("SET LOCAL session_replication_role = replica")


def _key(table: Table, row: Sequence[Any]) -> str:
    names = [column.name for column in table.columns]
    key = [name for name in table.shape.primary_key if name in names] or names[:1]
    return ", ".join(f"{name} {row[names.index(name)]!r}" for name in key)
