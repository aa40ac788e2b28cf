"""The guard's own eyes and hands on a scratch database, over a connection that no code of the project has touched."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING

from sqlalchemy import Engine, event, make_url

from . import dialect as adapter_of
from .postgresql_reader import counted
from .redirect import own_engine
from .rows import Contents, contents, fill
from .schema import Snapshot, without

if TYPE_CHECKING:
    from .column_types import ColumnTypes
    from .rows import TableShape
    from .sight import Sight

ROWS = 4  # per table: enough for a duplicate, a NULL and the longest value of each column


@dataclass(frozen=True)
class Filled:
    """The tables that hold rows, and those that do not with the reason."""

    tables: tuple[str, ...]
    empty: dict[str, str]


class Observer:
    """A context manager around one connection. Between two calls it holds no transaction and no lock.

    After a step it reads only what is not as it was, or everything where it is to look `closely`: `verified` says
    whether that comes to the same.
    """

    def __init__(self, url: str, version_table: str, *, closely: bool = False) -> None:
        self.adapter = adapter_of(make_url(url).get_backend_name())
        self.version_table = version_table
        self._engine = own_engine(url)
        self.connection = self._engine.connect()
        self._closely = closely
        self._reader = self.adapter.reader()
        self._reader.begin(self.connection)
        self._sight: Sight | None = None  # None: something was run since the last look
        self._looking = False
        self._contents = Contents({})
        self._rows: dict[str, tuple[TableShape, object]] = {}  # what the contents of each table were read at
        self._snapshot: tuple[Sight, Snapshot] | None = None
        self._open = ExitStack()

    def __enter__(self) -> Observer:
        event.listen(Engine, "before_cursor_execute", self._something_is_run)
        self._open.callback(event.remove, Engine, "before_cursor_execute", self._something_is_run)
        self._open.enter_context(counted())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self.connection.close()
        self._engine.dispose()

    def snapshot(self) -> Snapshot:
        """The catalogue, less Alembic's version table."""
        sight = self._look()
        if self._snapshot is None or self._snapshot[0] is not sight:
            self._snapshot = sight, sight.snapshot(without=self.version_table)
        return self._snapshot[1]

    def fill(self, types: ColumnTypes, only: Container[str] | None = None) -> Filled:
        """Put rows that the columns' types can read into every table that can hold some, or into some tables only, and
        commit."""
        dialect = self.connection.dialect
        counts = {name: held.count for name, held in self.contents().tables.items()}
        known = {name: count if only is None or name in only else ROWS for name, count in counts.items()}
        # Types matter only where there is something to fill.
        shapes = [
            types.readable(shape, dialect) if known[shape.full_name] < ROWS else shape for shape in self._shapes()
        ]
        found = fill(self.connection, shapes, rows=ROWS, known=known)
        self.connection.commit()
        rows = {each.table: each.rows if only is None or each.table in only else counts[each.table] for each in found}
        return Filled(
            tuple(name for name, count in rows.items() if count),
            {each.table: each.why or "no reason given" for each in found if not rows[each.table]},
        )

    def contents(self) -> Contents:
        """The rows of every table, for a comparison."""
        marks = self._look().rows
        shapes = self._shapes()
        read = [
            shape
            for shape in shapes
            if shape.full_name not in marks or self._rows.get(shape.full_name) != (shape, marks[shape.full_name])
        ]
        if read or len(self._contents.tables) != len(shapes):
            with self._look_around():
                found = contents(self.connection, read).tables
            known = {**self._contents.tables, **found}
            self._contents = Contents({shape.full_name: known[shape.full_name] for shape in shapes})
        self._rows = {shape.full_name: (shape, marks.get(shape.full_name)) for shape in shapes}
        return self._contents

    def verified(self) -> bool:
        """Whether everything, read anew, is what step after step came to."""
        snapshot, rows = self.snapshot(), self.contents()
        with self._look_around():
            anew = without(self.adapter.snapshot(self.connection), {self.version_table})
            return anew == snapshot and contents(self.connection, self._shapes()) == rows

    def _shapes(self) -> tuple[TableShape, ...]:
        return tuple(shape for shape in self._look().shapes if shape.full_name != self.version_table)

    def _look(self) -> Sight:
        if self._sight is None:
            with self._look_around():
                if self._closely:
                    self._reader = self.adapter.reader()
                self._sight = self._reader.look(self.connection)
            if self._closely:
                self._sight = replace(self._sight, rows={})
        return self._sight

    @contextmanager
    def _look_around(self) -> Iterator[None]:
        """What is run here only reads."""
        self._looking = True
        try:
            yield
            self.connection.commit()  # psycopg forgets the plans of queries when it rolls back
        finally:
            self.connection.rollback()
            self._looking = False

    def _something_is_run(self, *_: object) -> None:
        if not self._looking:
            self._sight = None
