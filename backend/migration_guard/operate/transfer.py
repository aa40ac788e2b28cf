"""From SQLite to PostgreSQL: the schema by the project's own migrations, the rows by COPY, then everything compared.

Every row that cannot go is named before anything is written. A table is loaded in one transaction, and what was done is
written down in the target, so that a run that was cut off goes on with the first table that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from ..errors import CannotFinish, UsageError
from ..live.postgresql_catalogue import shapes, snapshot
from ..live.row_sql import identifier, table_name
from ..live.schema import Snapshot, differences, without
from ..live.shapes import TableShape
from ..reporting import counted
from .holding import has_version_table, held, revisions
from .moving.comparing import compare, same
from .moving.loading import copy_into, keys_dropped, keys_made, load, sequences_set
from .moving.migrations import at_revisions, migrate
from .moving.parsing import Parser
from .moving.patience import patiently
from .moving.session import (
    RECORD,
    Connection,
    Record,
    as_snapshot,
    as_text,
    connected,
    locked,
)
from .moving.source import Source, Table, connection, opened
from .moving.survey import MOST, Obstacle, Progress, Survey
from .standing import below
from .target import Target

__all__ = ["MOST", "Obstacle", "Progress", "Transfer", "Transferred"]

Say = Callable[[str], None]


@dataclass(frozen=True)
class Transferred:
    """What went over: rows by table, and the digests of their contents."""

    rows: dict[str, int]
    digests: dict[str, str]
    revisions: tuple[str, ...]


class Transfer:
    """One transfer. Raises GuardError for what stands in its way."""

    def __init__(
        self, source: Target, to: Target, progress: Progress = lambda *_: None, say: Say = lambda _: None
    ) -> None:
        if (source.dialect, to.dialect) != ("sqlite", "postgresql"):
            raise UsageError(
                f"{source.shown} is a database of {source.dialect}, {to.shown} one of {to.dialect}",
                "give a SQLite file (--url, or that of env.py) and a PostgreSQL database: --to postgresql://...",
            )
        self.source = source
        self.to = to
        self.progress = progress
        self.say = say
        self._loaded = 0  # tables, in this run

    def run(self, *, check: bool = False) -> tuple[list[Obstacle], Transferred | None]:
        """The rows that cannot go; where there is none, and not only a check is asked for, what went over."""
        self.source.must_exist()
        with closing(connection(self.source.file)) as watching, opened(self.source.file) as source:
            before = watching.execute("PRAGMA data_version").fetchone()
            with closing(connected(self.to)) as session:
                locked(session, self.to)
                at = self._schema(session)
                tables = self._tables(source)
                obstacles = self._surveyed(source, tables, session)
            if obstacles or check:
                return obstacles, None

            def is_still() -> bool:
                return bool(watching.execute("PRAGMA data_version").fetchone() == before)

            def attempt() -> None:
                with closing(connected(self.to)) as session, closing(Parser(lambda: connected(self.to))) as parser:
                    locked(session, self.to)
                    self._move(source, tables, session, parser, is_still)

            patiently(attempt, lambda: self._loaded, self.to.shown, self.say)
        rows = {table.name: table.rows for table in tables}
        return [], Transferred(rows, {table.name: table.digest for table in tables}, at)

    def _surveyed(self, source: Source, tables: Sequence[Table], session: Connection) -> list[Obstacle]:
        with closing(Parser(lambda: connected(self.to))) as parser:
            survey = Survey(source, parser, tables, self.progress)
            obstacles = survey.run(lambda table: rehearsed(session, source, table, parser))
        for note in survey.notes:
            self.say(note)
        return obstacles

    def _schema(self, session: Connection) -> tuple[str, ...]:
        """Bring the target to the revisions of the source, by the migrations; where it stands there, do nothing."""
        at = at_revisions(self.source)
        with self.to.connect() as connection:
            there = revisions(connection, self.to.version_table)
            stamped = has_version_table(connection, self.to.version_table)
            holds = held(connection, self.to.version_table).rows.keys() - {RECORD}
        if sorted(there) == sorted(at):
            return at
        record = Record(session)
        if (stamped or holds) and not record.exists():
            raise UsageError(
                f"{self.to.shown} is not empty: it stands at {', '.join(there) or 'no revision'}",
                f"give a new database, or one at the same revision ({', '.join(at)})",
            )
        if not set(there) <= below(self.source.history, at):
            raise UsageError(
                f"a transfer to {self.to.shown} began at {', '.join(there)}, and {self.source.shown} stands at "
                f"{', '.join(at)} now",
                "give a new database",
            )
        record.begin()
        migrate(self.to, at, "PostgreSQL")
        with self.to.connect() as connection:
            for name, rows in held(connection, self.to.version_table).rows.items():
                if rows and name != RECORD:
                    record.add("seeded", name, str(rows))
        return at

    def _tables(self, source: Source) -> list[Table]:
        """The tables that both have, parents first. Raises CannotFinish where the source has more than the target."""
        with self.to.connect() as connection:
            there = [each for each in shapes(connection) if each.full_name not in (self.to.version_table, RECORD)]
        own = self.source.version_table.rpartition(".")[2]
        here = {name: sql for name, sql in source.names().items() if name != own}
        virtual = [name for name, sql in here.items() if sql.upper().startswith("CREATE VIRTUAL")]
        for name in virtual:
            self.say(f"{name} is a virtual table of SQLite, which PostgreSQL does not have: its rows stay.")
        here = {
            name: sql
            for name, sql in here.items()
            if name not in virtual and not any(name.startswith(f"{each}_") for each in virtual)
        }
        self._told_apart(here.keys(), [shape.name for shape in there])
        found = []
        for shape in there:
            if shape.name in here:
                found.append(self._table(source, shape))
        return found

    def _told_apart(self, here: Iterable[str], there: Sequence[str]) -> None:
        """Which tables only one of both has. Raises CannotFinish where rows would have no place."""
        if missing := sorted(set(here) - set(there)):
            raise CannotFinish(
                f"{self.source.shown} has tables that its migrations do not make: {', '.join(missing[:8])}",
                "migration-guard db status says more; drop them, or make them by a revision",
            )
        if twice := sorted({name for name in there if there.count(name) > 1} & set(here)):
            raise CannotFinish(
                f"several schemas of {self.to.shown} have a table {', '.join(twice)}, and SQLite knows no schemas",
                "rename one of them by a revision",
            )
        if more := sorted(set(there) - set(here)):
            self.say(f"Only {self.to.shown} has {', '.join(more[:8])}: no rows go there.")

    def _table(self, source: Source, shape: TableShape) -> Table:
        columns = source.columns(shape.name)
        known = {column.name: column for column in shape.columns}
        if extra := [column for column in columns if column not in known]:
            raise CannotFinish(
                f"{shape.name} has columns that its migrations do not make: {', '.join(extra)}",
                "migration-guard db status says more",
            )
        missing = [each for each in shape.columns if each.name not in columns and not each.generated]
        if needed := [each.name for each in missing if not each.nullable and not each.has_default]:
            raise CannotFinish(
                f"{shape.full_name} has columns on PostgreSQL only, which take no NULL: {', '.join(needed)}",
                "add them on SQLite, too, or give them a default, by a revision",
            )
        if missing:
            names = ", ".join(each.name for each in missing)
            self.say(f"Only PostgreSQL has {names} in {shape.full_name}: rows get the default there.")
        return source.table(shape, [known[name] for name in columns if not known[name].generated])

    def _move(
        self, source: Source, tables: Sequence[Table], session: Connection, parser: Parser, is_still: Callable[[], bool]
    ) -> None:
        """What is not done yet of: rows, sequences, foreign keys, comparison."""
        record = Record(session)
        if not record.exists():
            counts = {table.name: _count(session, table) for table in tables}
            if any(counts.values()):
                self._is_there(source, tables, session, parser, counts)
                return
            record.begin()
        if "" not in record.all("schema"):
            record.add("schema", "", as_text(self._snapshot()))
        waiting = self._waiting(record, session, tables)
        if waiting:
            keys_dropped(session, record, tables)
        moved = Moved(self.progress, "copy", sum(table.rows for table in waiting))
        for table in waiting:
            load(session, record, source, table, parser, moved.of(table))
            self._loaded += 1
        sequences_set(session, source, tables)
        keys_made(session, record)
        moved = Moved(self.progress, "compare", sum(table.rows for table in tables))
        for table in tables:
            compare(session, source, table, parser, moved.of(table))
            session.execute(f"ANALYZE {table_name(table.shape)}".encode())
        if changes := differences(as_snapshot(record.all("schema")[""]), self._snapshot()):
            raise CannotFinish(
                f"the schema of {self.to.shown} changed meanwhile: {changes[0].sentence()}",
                "give a new database and run it again",
            )
        if not is_still():
            raise CannotFinish(
                f"{self.source.shown} was written to meanwhile: {self.to.shown} holds what it was before",
                "stop what writes there and run it again: only tables that changed are copied",
            )
        record.end()

    def _waiting(self, record: Record, session: Connection, tables: Sequence[Table]) -> list[Table]:
        """The tables whose rows are not there as they are now in the source. Raises CannotFinish where somebody else
        put rows in the place of those."""
        loaded, seeded = record.all("loaded"), record.all("seeded")
        for table in tables:
            expected = loaded.get(table.name, seeded.get(table.name, "0")).split()[0]
            if (rows := _count(session, table)) != int(expected):
                raise CannotFinish(
                    f"{table.name} of {self.to.shown} holds {rows:,} rows, and {int(expected):,} were put there",
                    "somebody else writes to it: give a new database",
                )
        waiting = [table for table in tables if loaded.get(table.name) != table.mark]
        changed = [table.name for table in waiting if table.name in loaded]
        if len(waiting) < len(tables):
            self.say(f"Going on: {counted(len(tables) - len(waiting), 'table')} of {len(tables)} are there already.")
        if changed:
            self.say(f"Changed in {self.source.shown} since they were copied: {', '.join(changed[:8])}.")
        return waiting

    def _is_there(
        self, source: Source, tables: Sequence[Table], session: Connection, parser: Parser, counts: Mapping[str, int]
    ) -> None:
        """Raises CannotFinish where a database that no transfer has begun on holds other rows than the source."""
        moved = Moved(self.progress, "compare", sum(table.rows for table in tables))
        for table in tables:
            if counts[table.name] != table.rows or not same(session, source, table, parser, moved.of(table)):
                raise CannotFinish(
                    f"{table.name} of {self.to.shown} holds {counts[table.name]:,} rows already, and not those of "
                    f"{self.source.shown}",
                    "give an empty database: the transfer makes the schema, too",
                )
        self.say(f"{self.to.shown} held the same rows before; nothing was copied.")

    def _snapshot(self) -> Snapshot:
        with self.to.connect() as connection:
            return without(snapshot(connection), [RECORD])


class Moved:
    """Counts rows for the progress of all tables together."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress = progress
        self._what = what
        self._total = total
        self._done = 0

    def of(self, table: Table) -> Callable[[int], None]:
        """What counts the rows of one table."""

        def moved(rows: int) -> None:
            self._done += rows
            self._progress(self._what, table.name, self._done, self._total)

        return moved


def rehearsed(session: Connection, source: Source, table: Table, parser: Parser) -> Connection | None:
    """A connection with a temporary table of what the table's checks look at; None where it has none."""
    if not table.shape.checks:
        return None
    needed = {name for check in table.shape.checks for name in check.columns} | {*table.key}
    names = [column.name for column in table.columns if column.name in needed]
    shown = ", ".join(map(identifier, names))
    session.execute("BEGIN")
    session.execute(
        f"CREATE TEMP TABLE guard_rehearsal ON COMMIT DROP AS SELECT {shown} FROM {table_name(table.shape)} "
        "WITH NO DATA".encode()
    )
    parts = source.lines(table, parser, as_kept=False, of=names)
    copy_into(session, "pg_temp.guard_rehearsal", names, parts, lambda _: None)
    return session


def _count(session: Connection, table: Table) -> int:
    (rows,) = session.execute(f"SELECT count(*) FROM {table_name(table.shape)}".encode()).fetchone() or (0,)
    return int(rows)
