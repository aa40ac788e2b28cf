"""Batch mode that reads one table alone builds the same, and hides no error."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.exc import NoSuchTableError

from migration_guard.live.project.batch import one_table_at_a_time
from migration_guard.live.sqlite.catalogue import snapshot

TABLES = """
CREATE TABLE a (id INTEGER PRIMARY KEY, other INTEGER REFERENCES b);
CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER, CONSTRAINT fk FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE);
CREATE TABLE c (x TEXT COLLATE NOCASE, b INTEGER REFERENCES b (id) DEFERRABLE, PRIMARY KEY (x, b), UNIQUE (b));
CREATE UNIQUE INDEX ix ON c (x) WHERE b > 3;
"""
NAMING = {
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
}


def rebuilt(folder: Path, table: str, sql: str, *, alone: bool, naming: bool) -> list[str]:
    # Without a pool, so that nothing stays open where the operation fails.
    engine = sa.create_engine(f"sqlite:///{folder / f'{alone}-{naming}-{table}.sqlite'}", poolclass=sa.NullPool)
    with engine.begin() as connection, one_table_at_a_time() if alone else nullcontext():
        for statement in sql.split(";"):
            connection.exec_driver_sql(statement)
        op = Operations(MigrationContext.configure(connection))
        with op.batch_alter_table(table, recreate="always", naming_convention=NAMING if naming else None) as batch:
            batch.add_column(sa.Column("more", sa.Integer()))
        return [f"{key} {sorted(each.items())}" for key, each in sorted(snapshot(connection).objects.items())]


@pytest.mark.parametrize("naming", [False, True], ids=["plain", "naming"])
@pytest.mark.parametrize("table", ["a", "b", "c"])
def test_a_rebuilt_table_is_the_same(tmp_path: Path, table: str, naming: bool) -> None:
    assert rebuilt(tmp_path, table, TABLES, alone=True, naming=naming) == rebuilt(
        tmp_path, table, TABLES, alone=False, naming=naming
    )


def test_a_key_that_leads_nowhere_fails_as_it_does_without_us(tmp_path: Path) -> None:
    nowhere = "CREATE TABLE a (id INTEGER, b INTEGER REFERENCES b); CREATE TABLE b (id INTEGER REFERENCES gone)"

    for alone in (True, False):
        with pytest.raises(NoSuchTableError, match="gone"):
            rebuilt(tmp_path, "a", nowhere, alone=alone, naming=False)


def test_a_key_that_leads_nowhere_from_another_table_does_not_matter(tmp_path: Path) -> None:
    elsewhere = "CREATE TABLE a (id INTEGER); CREATE TABLE b (id INTEGER REFERENCES gone)"

    assert rebuilt(tmp_path, "a", elsewhere, alone=True, naming=False)
