from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from migration_guard.live.rows.filling import Filled, contents, fill, lost
from migration_guard.live.sqlite.shapes import shapes

HARD = (Path(__file__).parents[1] / "fixtures" / "schemas" / "rows_sqlite.sql").read_text()


def run(connection: Connection, script: str) -> None:
    connection.connection.dbapi_connection.executescript(script)  # type: ignore[union-attr]


def opened(file: Path) -> Engine:
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = ON"))
    return engine


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A connection to an empty file, with foreign keys enforced."""
    engine = opened(tmp_path / "scratch.db")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_every_table_is_filled_whatever_its_types_keys_and_checks(connection: Connection) -> None:
    run(connection, HARD)

    every = fill(connection, shapes(connection))
    connection.commit()

    assert [each for each in every if each.rows < 3 or each.why] == []
    assert len(every) == 10
    assert connection.exec_driver_sql("pragma foreign_key_check").all() == []


def test_the_rows_are_the_same_on_every_run_and_a_filled_table_is_left_alone(tmp_path: Path) -> None:
    found = []
    for name in ("one.db", "other.db"):
        engine = opened(tmp_path / name)
        with engine.connect() as connection:
            run(connection, HARD)
            fill(connection, shapes(connection))
            found.append(contents(connection, shapes(connection)))
            fill(connection, shapes(connection))
            found.append(contents(connection, shapes(connection)))
        engine.dispose()

    assert found == [found[0]] * 4


def test_declared_types_get_what_sqlalchemy_reads_back(connection: Connection) -> None:
    run(connection, HARD)

    fill(connection, shapes(connection))

    row = connection.exec_driver_sql("select e, h, i, j, k, l, n, p, x from every_type").first()
    assert row == (
        *(1, "000000098ff540008000fee600000001", "0000000a-8ff5-4000-8000-fee600000001"),
        *("2024-12-06 23:59:58.123456", "2025-01-06", "12:00:58.123456", "{}"),
        *("00000011-8ff5-4000-8000-fee600000001", row[8]),
    )
    assert row[8][:4].isdigit()


def test_a_uuid_stands_in_one_table_only(connection: Connection) -> None:
    run(connection, "create table a (id uuid not null primary key); create table b (id char(36) not null primary key)")

    fill(connection, shapes(connection))

    query = "select count(*), count(distinct id) from (select id from a union all select id from b)"
    assert connection.exec_driver_sql(query).one() == (6, 6)


def test_null_stands_once_wherever_it_may_and_values_repeat(connection: Connection) -> None:
    run(
        connection,
        "create table t (id integer primary key, a text, b int not null, c datetime default current_timestamp)",
    )

    fill(connection, shapes(connection))

    rows = connection.exec_driver_sql("select a is null, c is null, b from t order by id").all()
    assert [tuple(row)[:2] for row in rows] == [(0, 0), (1, 1), (0, 0)]
    assert len({row[2] for row in rows}) == 1


def test_without_enforcement_the_rows_keep_to_their_foreign_keys_all_the_same(connection: Connection) -> None:
    connection.exec_driver_sql("pragma foreign_keys = off")
    run(connection, HARD)

    fill(connection, shapes(connection))

    assert connection.exec_driver_sql("pragma foreign_key_check").all() == []


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (
            "create table t (a int not null references missing (id))",
            "t: foreign key of a: missing holds no row to point at",
        ),
        (
            "create table t (a int not null, constraint never check (a > 5 and a < 3))",
            "t: never leaves no value free for a",
        ),
        (
            "create table t (a text not null, constraint odd check (hex(a) = 'no'))",
            "t: the database refuses a row: CHECK constraint failed: odd",
        ),
        (
            "create table t (a int); create trigger no before insert on t begin select raise(abort, 'closed'); end",
            "t: the database refuses a row: closed",
        ),
    ],
)
def test_a_table_that_cannot_be_filled_says_why(connection: Connection, sql: str, why: str) -> None:
    run(connection, sql)

    assert fill(connection, shapes(connection)) == [Filled("t", 0, why)]


def test_numbers_of_two_keys_are_compared_as_numbers(connection: Connection) -> None:
    run(
        connection,
        """
        CREATE TABLE p (id INTEGER PRIMARY KEY);
        INSERT INTO p VALUES (9), (10);
        CREATE TRIGGER full BEFORE INSERT ON p BEGIN SELECT RAISE (ABORT, 'full'); END;
        CREATE TABLE c (a INTEGER NOT NULL REFERENCES p, b INTEGER NOT NULL REFERENCES p, CHECK (a < b));
        """,
    )

    filled = {each.table: each for each in fill(connection, shapes(connection))}

    assert filled["c"].why is None
    assert set(connection.exec_driver_sql("SELECT a, b FROM c")) == {(9, 10)}


def test_a_virtual_table_is_not_filled(connection: Connection) -> None:
    run(connection, "create virtual table found using fts5(body); create table t (a int)")

    assert [each.table for each in fill(connection, shapes(connection))] == ["t"]


def test_parents_come_first_and_cycles_where_null_is_possible(connection: Connection) -> None:
    run(
        connection,
        "create table a (id integer primary key, b_id int not null references b);"
        "create table b (id integer primary key, c_id int references c);"
        "create table c (id integer primary key, b_id int not null references B);"
        "create table d (id integer primary key)",
    )

    assert [shape.name for shape in shapes(connection)] == ["d", "b", "a", "c"]


def test_children_that_a_rebuild_cascaded_away_are_told(connection: Connection) -> None:
    run(connection, HARD)
    fill(connection, shapes(connection))
    connection.commit()
    before = contents(connection, shapes(connection))

    run(
        connection,
        "begin; create table _alembic_tmp_owner (id text primary key not null, email varchar(255), kind text);"
        "insert into _alembic_tmp_owner select * from owner; delete from owner_pair; delete from chosen;"
        "drop table owner;"
        "alter table _alembic_tmp_owner rename to owner; commit",
    )

    assert [loss.sentence for loss in lost(before, contents(connection, shapes(connection)))] == [
        "3 of 3 rows of belief_edge are gone",
        "3 of 3 rows of chosen are gone",
        "3 of 3 rows of owner_pair are gone",
    ]


def test_a_text_that_silently_became_a_number_is_told(connection: Connection) -> None:
    run(connection, "create table t (id integer primary key, v varchar(9)); insert into t values (1, 'x'), (2, '7')")
    before = contents(connection, shapes(connection))

    run(
        connection,
        "create table u (id integer primary key, v integer); insert into u select id, cast(v as integer) from t;"
        "drop table t; alter table u rename to t",
    )

    assert [loss.sentence for loss in lost(before, contents(connection, shapes(connection)))] == [
        "t.v of 1 row changed from 'x' to 0"
    ]


def test_rows_without_a_key_are_known_by_what_they_hold(connection: Connection) -> None:
    run(connection, "create table t (a text, b text, c text); insert into t values ('x', 'y', 'z'), ('x', 'y', 'z')")
    before = contents(connection, shapes(connection))

    run(connection, "update t set c = 'other' where rowid = 1; insert into t values ('a', 'b', 'c')")

    assert [loss.sentence for loss in lost(before, contents(connection, shapes(connection)))] == [
        "t.c of 1 row changed from 'z' to 'other'"
    ]


def test_text_that_is_no_utf8_is_compared_by_its_bytes(connection: Connection) -> None:
    run(connection, "CREATE TABLE note (id INTEGER PRIMARY KEY, words TEXT); INSERT INTO note VALUES (1, x'ff41')")
    run(connection, "UPDATE note SET words = CAST(words AS TEXT)")
    before = contents(connection, shapes(connection))

    assert before.tables["note"].rows == (("1", r"'\xffA'"),)

    run(connection, "UPDATE note SET words = CAST(x'fe41' AS TEXT)")
    found = lost(before, contents(connection, shapes(connection)))
    assert [loss.sentence for loss in found] == [r"note.words of 1 row changed from '\xffA' to '\xfeA'"]


def test_text_that_is_no_utf8_is_compared_through_an_async_driver(tmp_path: Path) -> None:
    async def read() -> str:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'scratch.db'}")
        async with engine.connect() as connection:
            await connection.exec_driver_sql("CREATE TABLE note (id INTEGER PRIMARY KEY, words TEXT)")
            await connection.exec_driver_sql("INSERT INTO note VALUES (1, CAST(x'ff41' AS TEXT))")
            found = await connection.run_sync(lambda sync: contents(sync, shapes(sync)))
        await engine.dispose()
        return found.tables["note"].rows[0][1]

    assert asyncio.run(read()) == r"'\xffA'"
