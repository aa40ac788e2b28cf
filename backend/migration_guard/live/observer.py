"""The guard's own eyes and hands on a scratch database, over a connection that no code of the project has touched."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from . import dialect as adapter_of
from .redirect import own_engine
from .rows import Contents, contents, fill
from .schema import Snapshot, without

if TYPE_CHECKING:
    from .column_types import ColumnTypes
    from .rows import TableShape

ROWS = 4  # per table: enough for a duplicate, a NULL and the longest value of each column


@dataclass(frozen=True)
class Filled:
    """The tables that hold rows, and those that do not with the reason."""

    tables: tuple[str, ...]
    empty: dict[str, str]


class Observer:
    """A context manager around one connection. Between two calls it holds no transaction and no lock."""

    def __init__(self, url: str, version_table: str) -> None:
        self.adapter = adapter_of(make_url(url).get_backend_name())
        self.version_table = version_table
        self._engine = own_engine(url)
        self.connection = self._engine.connect()

    def __enter__(self) -> Observer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()
        self._engine.dispose()

    def snapshot(self) -> Snapshot:
        """The catalogue, less Alembic's version table."""
        found = self.adapter.snapshot(self.connection)
        self.connection.rollback()
        return without(found, {self.version_table})

    def fill(self, types: ColumnTypes) -> Filled:
        """Put rows that the columns' types can read into every table that can hold some, and commit."""
        dialect = self.connection.dialect
        shapes = [types.readable(shape, dialect) for shape in self._shapes()]
        found = fill(self.connection, shapes, rows=ROWS)
        self.connection.commit()
        return Filled(
            tuple(each.table for each in found if each.rows),
            {each.table: each.why or "no reason given" for each in found if not each.rows},
        )

    def contents(self) -> Contents:
        """The rows of every table, for a comparison."""
        found = contents(self.connection, self._shapes())
        self.connection.rollback()
        return found

    def _shapes(self) -> tuple[TableShape, ...]:
        shapes = self.adapter.shapes(self.connection)
        return tuple(shape for shape in shapes if shape.full_name != self.version_table)
