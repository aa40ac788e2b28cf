"""A look at SQLite reads over the project's connection, where that shows the same as our own would."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from migration_guard.live.climb.observer import Observer
from migration_guard.live.sight import LENT
from migration_guard.live.sqlite.eyes import eyes, told


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "scratch.sqlite"


@pytest.fixture
def project(file: Path) -> Iterator[Connection]:
    with create_engine(f"sqlite:///{file}", poolclass=NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)")
        connection.commit()
        yield connection


@pytest.fixture
def own(file: Path, project: Connection) -> Iterator[Connection]:
    with create_engine(f"sqlite:///{file}", poolclass=NullPool).connect() as connection:
        connection.info[LENT] = project
        yield connection


def driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def test_what_the_project_has_read_is_not_read_again(own: Connection, project: Connection) -> None:
    assert eyes(own) is driver(project)


def test_nothing_is_lent_where_nobody_lends(own: Connection) -> None:
    del own.info[LENT]

    assert eyes(own) is driver(own)


def other_file(raw: Any) -> None:
    raw.execute("ATTACH ':memory:' AS other")


SPOILED: dict[str, Callable[[Any], object]] = {
    "in a transaction": lambda raw: raw.execute("BEGIN"),
    "a temporary table": lambda raw: raw.execute("CREATE TEMP TABLE t (id INTEGER)"),
    "a second file": other_file,
    "rows of its own": lambda raw: setattr(raw, "row_factory", sqlite3.Row),
    "text of its own": lambda raw: setattr(raw, "text_factory", bytes),
    "closed": lambda raw: raw.close(),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_connection_that_would_show_something_else_is_left_alone(
    own: Connection, project: Connection, spoil: Callable[[Any], object]
) -> None:
    spoil(driver(project))

    assert eyes(own) is driver(own)
    if spoil is not SPOILED["closed"]:
        driver(project).rollback()


def test_a_connection_to_another_file_is_left_alone(tmp_path: Path, own: Connection) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'other.sqlite'}").connect() as other:
        own.info[LENT] = other

        assert eyes(own) is driver(own)
    other.engine.dispose()


def test_a_connection_that_was_given_back_is_left_alone(own: Connection, project: Connection) -> None:
    project.close()

    assert eyes(own) is driver(own)


def test_a_connection_that_broke_is_left_alone(own: Connection, project: Connection) -> None:
    project.invalidate()

    assert eyes(own) is driver(own)
    assert project.invalidated


def test_in_a_transaction_of_ours_ours_alone_sees_all(own: Connection) -> None:
    own.exec_driver_sql("INSERT INTO t (x) VALUES ('new')")

    assert eyes(own) is driver(own)
    assert told(own, "SELECT x FROM t") == [("new",)]


def test_reading_leaves_the_connection_of_the_project_as_it_was(own: Connection, project: Connection) -> None:
    driver(project).execute("INSERT INTO t (x) VALUES (CAST(x'ff41' AS TEXT))")
    driver(project).commit()

    assert told(own, "SELECT x FROM t") == [(r"\xffA",)]
    assert driver(project).text_factory is str
    with pytest.raises(DBAPIError, match="no such table"):
        told(own, "SELECT x FROM missing")
    assert driver(project).text_factory is str
    assert not driver(project).in_transaction


def test_a_step_on_a_connection_that_was_read_over_is_not_held_up(file: Path, project: Connection) -> None:
    with Observer(f"sqlite:///{file}", "alembic_version", project=project) as observer:
        observer.snapshot()
        observer.contents()
        project.exec_driver_sql("DROP TABLE t")
        project.commit()

        assert observer.snapshot().objects == {}
