"""Batch mode on SQLite that reads the one table it rebuilds, and not every table that foreign keys lead to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.operations.batch import BatchOperationsImpl

_DANGLING = """
with recursive reached(name) as (
  select lower(?) union select lower(k."table") from reached r join pragma_foreign_key_list(r.name) k)
select name from reached
except select lower(name) from main.sqlite_master where type in ('table', 'view')"""


@contextmanager
def one_table_at_a_time() -> Iterator[None]:
    """Until left, Alembic rebuilds tables on SQLite without a look at their neighbours.

    SQLAlchemy reads those, too, and theirs in turn, which is most of the time of a long history; a rebuilt table
    is the same. Where a foreign key leads to no table, that reading raises an error which must not be hidden: there
    everything stays as Alembic does it.
    https://docs.sqlalchemy.org/en/20/core/metadata.html#sqlalchemy.schema.Table.params.resolve_fks
    """
    flush = BatchOperationsImpl.flush

    def flush_one(self: Any) -> None:
        if self.dialect.name == "sqlite" and self.copy_from is None and self._should_recreate():
            cursor = self.operations.get_bind().connection.cursor()
            cursor.execute(_DANGLING, (self.table_name,))
            if not cursor.fetchall():
                self.reflect_kwargs.setdefault("resolve_fks", False)
            cursor.close()
        flush(self)

    BatchOperationsImpl.flush = flush_one  # type: ignore[method-assign]
    try:
        yield
    finally:
        BatchOperationsImpl.flush = flush  # type: ignore[method-assign]
