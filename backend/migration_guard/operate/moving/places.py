"""The schema of the PostgreSQL side, by the project's own migrations, and which tables and columns both sides have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ...errors import CannotFinish, UsageError
from ...live.postgresql.shapes import shapes
from ...live.shapes import TableShape
from ..holding import has_version_table, held, revisions
from ..target import Target
from .columns import Table
from .migrations import at_revisions, migrate
from .session import RECORD, Connection, Record
from .source import Source

Say = Callable[[str], None]


class Places:
    """Where the rows of one database have their places in the other. Raises GuardError for those that have none."""

    def __init__(self, source: Target, to: Target, say: Say) -> None:
        self.source = source
        self.to = to
        self.say = say

    def schema(self, session: Connection) -> tuple[str, ...]:
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
        if not set(there) <= self.source.history.below(*at):
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

    def tables(self, source: Source) -> list[Table]:
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
