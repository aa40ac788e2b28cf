"""Which rows of a SQLite file PostgreSQL would refuse: found before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import psycopg

from ...errors import CannotFinish
from ...live.row_sql import identifier
from ...progress import Progress
from ...reporting import counted
from ..converting import CannotBe
from .columns import Column, Refused, Table
from .counting import Moved
from .crew import side_by_side
from .lines import Unclean, lines
from .obstacles import MOST, Obstacle, failed_checks, named, orphans
from .source import Source
from .spool import Spools


class Unreadable(Exception):
    """Text that PostgreSQL does not take, of whatever column."""


class Survey:
    """A look at every value, as many tables at a time as there are sources."""

    def __init__(
        self, sources: Sequence[Source], tables: Sequence[Table], progress: Progress, spools: Spools | None = None
    ) -> None:
        """`spools`: where the rows are kept for the copy; without them they are to be read again."""
        self.sources = sources
        self.tables = tables
        self.notes: list[str] = []
        self._progress = progress
        self._spools = spools or Spools(None)

    def run(self, rehearse: Callable[[Table], psycopg.Connection[Any] | None]) -> list[Obstacle]:
        """The rows that cannot go. Each table gets its digest, and its columns know whether SQLite can spell them.

        `rehearse` puts what the table's checks look at into a temporary table of PostgreSQL."""
        self.notes.clear()
        for table in self.tables:
            (table.rows,) = self.sources[0].execute("SELECT count(*) FROM", identifier(table.shape.name)).fetchone()
        self._moved = Moved(self._progress, "check", sum(table.rows for table in self.tables))
        by_name = {table.name: table for table in self.tables}

        def looked(table: Table, source: Source) -> tuple[list[Obstacle], list[Obstacle]]:
            values = list(self._values(source, table))
            values += self._digested(source, table, known=bool(values))
            return values, list(orphans(source, table, by_name))

        def stop() -> None:
            for source in self.sources:
                source.connection.interrupt()

        answers = side_by_side(looked, self.tables, self.sources, self._moved.halt, stop)
        found: list[Obstacle] = []
        for table, (values, alone) in zip(self.tables, answers, strict=True):
            if not values and table.rows and (connection := rehearse(table)):
                found += failed_checks(connection, table)
                connection.rollback()
            found += [*values, *alone]
        return found

    def _values(self, source: Source, table: Table) -> Iterator[Obstacle]:
        """Ask SQLite how many values of each column are not ready, and look at these."""
        asked = [f"max({' + '.join(map(_size, table.columns)) or '0'})"]
        asked += [
            f"sum({identifier(column.name)} IS NULL)" if not column.shape.nullable else "0" for column in table.columns
        ]
        longest, *nulls = _answers(source, table, [*asked, *map(_odd_ones, table.columns)])
        table.longest = longest or 0
        nulls, odd = nulls[: len(table.columns)], nulls[len(table.columns) :]
        again = [column for column, many in zip(table.columns, odd, strict=True) if many and column.others]
        for column in again:
            column.form = column.others[-1]
        answers = _answers(source, table, [_odd_ones(column) for column in again])
        left = {column.name: many for column, many in zip(again, answers, strict=True)}
        for column, missing, many in zip(table.columns, nulls, odd, strict=True):
            column.ready = source.spells and not left.get(column.name, many)
            if column.form and column.form.digits and not column.form.text:
                self._rounded(source, table, column)
            if missing:
                yield from _nulls(source, table, column)
            if not column.ready and left.get(column.name, many):
                yield from _odd(source, table, column)

    def _rounded(self, source: Source, table: Table, column: Column) -> None:
        """Note how many values lose digits."""
        name, digits = identifier(column.name), column.form.digits if column.form else 0
        (many,) = _answers(source, table, [f"sum(abs({name} - round({name}, {digits})) > 1e-9 * abs({name}))"])
        if many:
            self.notes.append(
                f"{table.name}.{column.name}: {counted(many, 'value')} {'have' if many > 1 else 'has'} more digits "
                f"than {column.shape.type} keeps; {'they are' if many > 1 else 'it is'} rounded as models read "
                f"{'them' if many > 1 else 'it'}"
            )

    def _digested(self, source: Source, table: Table, *, known: bool) -> list[Obstacle]:
        """The digest of the rows. What only a full reading tells is found on the way: JSON that is none, NUL characters
        and what is no UTF-8, for SQLite takes any bytes. Raises CannotFinish for a row that cannot be read, where no
        other is `known`."""
        table.spool = self._spools.begun()
        try:
            while not (digest := self._read(source, table)):
                table.clean = False
            table.digest = digest
        except (Refused, Unreadable, UnicodeError):
            table.spool.close()
            free = [column for column in table.columns if column.form and column.form.free and column.ready]
            found = [each for column in free for each in _odd(source, table, column)]
            if found or known:
                return found
            raise CannotFinish(f"a row of {table.name} cannot be read", "report it with this message") from None
        return []

    def _read(self, source: Source, table: Table) -> str:
        """The digest of the rows, which are kept on the way; "" where their texts hold ends of cells or rows."""
        moved, digest, done = self._moved.of(table), hashlib.sha256(), 0
        try:
            for rows, sent, kept in lines(source, table):
                sent.decode()
                if b"\0" in sent:
                    raise Unreadable
                digest.update(kept)
                table.spool.add(sent)
                done += rows
                moved(rows)
        except Unclean:
            moved(-done)
            table.spool.clear()
            return ""
        return digest.hexdigest()


def _odd_ones(column: Column) -> str:
    """An expression of SQLite: how many values of a column are not what its form says."""
    name = identifier(column.name)
    plain = column.form.says("plain", name) if column.form else "0"
    return f"sum({name} IS NOT NULL AND ({plain}) IS NOT 1)"


def _answers(source: Source, table: Table, asked: Sequence[str]) -> list[Any]:
    """What SQLite answers, some hundred questions at a time: it takes 2,000 columns at most."""
    found: list[Any] = []
    for start in range(0, len(asked), 600):
        part = ", ".join(asked[start : start + 600])
        found += source.execute("SELECT", part, "FROM", identifier(table.shape.name)).fetchone()
    return found


def _nulls(source: Source, table: Table, column: Column) -> Iterator[Obstacle]:
    where = f"WHERE {identifier(column.name)} IS NULL"
    for row in islice(source.values(table, table.key, where), MOST):
        yield Obstacle(table.name, named(table, row), column.name, "it is NULL, and the column takes none")


def _odd(source: Source, table: Table, column: Column) -> Iterator[Obstacle]:
    """Values that are not ready: most can be converted."""
    name = identifier(column.name)
    where = f"WHERE {name} IS NOT NULL"
    if column.form and not column.form.free:  # of free text only a full reading tells whether it is UTF-8, or JSON
        where += f" AND ({column.form.says('plain', name)}) IS NOT 1"
    rows = source.values(table, [*table.key, column.name], where)
    refused = (
        each for part in iter(lambda: list(islice(rows, 1000)), []) for each in _refused(source, table, column, part)
    )
    yield from islice(refused, MOST)


def _refused(source: Source, table: Table, column: Column, rows: Sequence[tuple[Any, ...]]) -> Iterator[Obstacle]:
    spelled = column.spelled([row[-1] for row in rows], source.parser)
    for row, text in zip(rows, spelled, strict=True):
        if isinstance(text, CannotBe):
            yield Obstacle(table.name, named(table, row), column.name, str(text))


def _size(column: Column) -> str:
    """At most how many bytes a value takes in a line."""
    kind = column.shape.kind
    if kind in ("int2", "int4", "int8", "bool", "float4", "float8", "uuid", "date", "timestamp", "timestamptz", "time"):
        return "40"
    return f"coalesce(length({identifier(column.name)}), 2) * 2"
