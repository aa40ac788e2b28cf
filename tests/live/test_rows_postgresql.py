from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine

from migration_guard.live import Server
from migration_guard.live.postgresql.shapes import shapes
from migration_guard.live.rows.filling import Filled, contents, fill, lost

HARD = (Path(__file__).parents[1] / "fixtures" / "schemas" / "rows_postgresql.sql").read_text()


def run(connection: Connection, sql: str) -> Any:
    return connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


@pytest.fixture(scope="module")
def filled(postgresql: Server) -> Iterator[Engine]:
    """A database with the hard tables, each filled."""
    engine = create_engine(postgresql.new_database())
    with engine.begin() as connection:
        run(connection, HARD)
        fill(connection, shapes(connection))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def empty(postgresql: Server) -> Iterator[Engine]:
    engine = create_engine(postgresql.new_database())
    yield engine
    engine.dispose()


@pytest.fixture
def connection(empty: Engine) -> Iterator[Connection]:
    """A connection to an empty database that is empty again after the test."""
    with empty.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def hard(filled: Engine) -> Iterator[Connection]:
    with filled.connect() as connection:
        yield connection
        connection.rollback()


def one(connection: Connection, sql: str, rows: int = 3) -> Filled:
    """What filling says of the only table, or of the last one made."""
    run(connection, sql)
    name = sql.rpartition("create table ")[2].partition(" (")[0]
    return next(each for each in fill(connection, shapes(connection), rows=rows) if each.table == name)


def test_every_table_is_filled_whatever_its_types_keys_and_checks(hard: Connection) -> None:
    every = fill(hard, shapes(hard))

    assert [each for each in every if each.rows < 3 or each.why] == []
    assert len(every) == HARD.count("create table") - HARD.count("partition of")


def test_the_rows_are_the_same_on_every_run(hard: Connection, postgresql: Server) -> None:
    engine = create_engine(postgresql.new_database())
    with engine.connect() as connection:
        run(connection, HARD)
        fill(connection, shapes(connection))

        assert contents(connection, shapes(connection)) == contents(hard, shapes(hard))
    engine.dispose()


def test_a_filled_table_is_left_alone(hard: Connection) -> None:
    before = contents(hard, shapes(hard))

    fill(hard, shapes(hard))

    assert contents(hard, shapes(hard)) == before


def test_rows_that_stand_are_counted_in(hard: Connection) -> None:
    run(hard, "delete from belief_edge where ctid in (select ctid from belief_edge limit 1)")

    fill(hard, shapes(hard), rows=5)

    assert run(hard, "select count(*) from belief_edge").scalar() == 5
    assert run(hard, "select count(*) from owner_pet").scalar() == 5


def test_one_row_has_null_in_every_column_that_allows_it(hard: Connection) -> None:
    assert run(hard, "select count(*) from pet where num_nulls(owner_id, mother, born, died) = 4").scalar() == 1


def test_values_repeat_where_nothing_forbids_it(connection: Connection) -> None:
    one(connection, "create table t (id integer primary key, a text not null, b date, c integer)")

    assert run(connection, "select count(distinct a), count(distinct b), count(distinct c) from t").one() == (1, 1, 1)
    assert run(connection, "select count(b) from t").scalar() == 2


def test_a_text_of_limited_length_is_as_long_as_it_may_be(connection: Connection) -> None:
    one(connection, "create table t (a varchar(20), b varchar(255) unique, c text, d char(36))")

    assert run(connection, "select max(length(a)), max(length(b)), max(length(c)), max(length(d)) from t").one() == (
        *(20, 255),
        *(300, 36),
    )
    assert run(connection, "select count(d::uuid) from t").scalar() == 2


def test_parents_have_several_children(hard: Connection) -> None:
    assert run(hard, "select max(n) from (select count(*) n from pet group by owner_id) x").scalar() == 2
    assert run(hard, "select count(*) from pet child join pet mother on mother.id = child.mother").scalar() == 1


def test_keys_stay_away_from_what_sequences_and_migrations_give(connection: Connection) -> None:
    one(connection, "create table t (id serial primary key, v text)")

    run(connection, "insert into t (v) values ('a'), ('b'); insert into t values (7, 'c')")

    assert run(connection, "select count(*) from t where id < 10").scalar() == 3


@pytest.mark.parametrize(
    "check",
    [
        "a in ('x', 'y')",
        "a = any (array['x', 'y']) and b is not null",
        "length(a) > 500",
        "b between 3 and 5 and c > b",
        "b > 0 and b % 7 = 3",
        "a like 'prefix-%'",
        "a ~ '^[a-z]+(-[a-z]+)*$' and char_length(a) <= 12",
        "(a is null) <> (b is null)",
        "num_nonnulls(a, b, c) = 2",
        "case when a = 'x' then b is not null else b is null end",
        "d >= '2031-01-01'",
        "coalesce(b, 0) + coalesce(c, 0) = 10",
        "a is distinct from 'x' and lower(a) = a and trim(a) <> ''",
        "not (b < 5 or c < 5)",
        "a ~* '^https?://'",
        "a !~ '[a-z]'",
        "e = '[]'::jsonb",
        "jsonb_typeof(e) = 'array'",
        "md5(a) > ''",
        "d < '2000-01-01' or d is null",
    ],
)
def test_a_check_is_solved(connection: Connection, check: str) -> None:
    filled = one(
        connection, f"create table t (a text, b integer, c integer, d date, e jsonb not null, check ({check}))"
    )

    assert filled == Filled("t", 3)


@pytest.mark.parametrize(
    ("sql", "rows", "why"),
    [
        (
            "create table t (a integer not null constraint never check (a > 5 and a < 3))",
            0,
            "t: never leaves no value free for a",
        ),
        (
            "create table t (a integer not null constraint odd check (a + 1 < a))",
            0,
            "t: odd leaves no value free for a",
        ),
        (
            "create table t (a text not null constraint never check (md5(a) = ''))",
            0,
            't: the database refuses a row: new row for relation "t" violates check constraint "never"',
        ),
        ("create table t (a boolean not null unique)", 2, "t: unique (a) leaves no value free for a"),
        ("create table t (a integer) partition by range (a)", 0, "t has no partition that takes rows"),
        (
            "create function no() returns trigger language plpgsql as "
            "$$ begin raise exception 'closed on sundays'; end $$;"
            "create table t (a integer); create trigger no before insert on t for each row execute function no()",
            0,
            "t: the database refuses a row: closed on sundays",
        ),
        (
            "create table p (id integer primary key check (id < 0 and id > 0));"
            "create table t (id integer not null constraint fk_p references p)",
            0,
            "t: foreign key fk_p: p holds no row to point at",
        ),
    ],
)
def test_a_table_that_cannot_be_filled_says_why(connection: Connection, sql: str, rows: int, why: str) -> None:
    run(connection, sql)

    filled = fill(connection, shapes(connection))

    assert next(each for each in filled if each.table == "t") == Filled("t", rows, why)


def test_one_table_that_refuses_does_not_hinder_the_others(connection: Connection) -> None:
    run(connection, "create table a (x integer not null check (x <> x)); create table b (x integer)")

    assert [(each.table, each.rows) for each in fill(connection, shapes(connection))] == [("a", 0), ("b", 3)]


def test_a_cycle_of_keys_that_cannot_wait_is_given_up(connection: Connection) -> None:
    run(
        connection,
        "create table a (id integer primary key, b integer not null);"
        "create table b (id integer primary key, a integer not null references a);"
        "alter table a add constraint fk_b foreign key (b) references b",
    )

    assert [each.why for each in fill(connection, shapes(connection))] == [
        "a: foreign key fk_b: b holds no row to point at",
        "b: foreign key b_a_fkey: a holds no row to point at",
    ]


def test_a_promised_parent_that_does_not_come_takes_its_children_along(connection: Connection) -> None:
    run(
        connection,
        "create table a (id integer primary key, b integer not null);"
        "create table b (id integer primary key check (id < 0), a integer not null references a deferrable);"
        "alter table a add constraint fk_b foreign key (b) references b deferrable",
    )

    filled = fill(connection, shapes(connection))
    run(connection, "set constraints all immediate")

    assert [(each.table, each.rows) for each in filled] == [("a", 0), ("b", 0)]


def test_what_a_step_did_to_rows_is_told(hard: Connection) -> None:
    before = contents(hard, shapes(hard))
    run(
        hard,
        "delete from belief_edge where ctid in (select ctid from belief_edge limit 2);"
        "update pet set name = 'other' where id = (select min(id) from pet);"
        "update ruled set country = 'ZZ'; truncate identity_only; alter table post drop column editor;"
        "drop table booking; insert into tenant values (1)",
    )

    found = [loss.sentence for loss in lost(before, contents(hard, shapes(hard)))]

    assert found == [
        "2 of 3 rows of belief_edge are gone",
        "3 of 3 rows of identity_only are gone",
        "pet.name of 1 row changed from 'xx' to 'other'",
        "ruled.country of 3 rows changed from 'AA' to 'ZZ'",
    ]


@pytest.mark.parametrize(
    ("type", "value", "other"),
    [
        ("integer", "7", "bigint"),
        ("integer", "7", "numeric(10, 2)"),
        ("integer", "7", "text"),
        ("varchar(20)", "'a b'", "text"),
        ("date", "'2024-01-31'", "timestamp"),
        ("timestamp", "'2024-01-31 10:00:00.5'", "timestamptz"),
        ("uuid", "'00000001-0000-4000-8000-000000000001'", "varchar(36)"),
        ("json", """'{"b": 1,  "a": 2}'""", "jsonb"),
        ("boolean", "true", "integer"),
        ("text", "null", "varchar(3)"),
    ],
)
def test_a_value_that_only_changed_its_type_is_not_lost(
    connection: Connection, type: str, value: str, other: str
) -> None:
    run(
        connection,
        f"set timezone to 'UTC'; create table t (id integer primary key, v {type}); insert into t values (1, {value})",
    )
    before = contents(connection, shapes(connection))

    run(connection, f"alter table t alter v type {other} using v::{other}")

    assert lost(before, contents(connection, shapes(connection))) == []


@pytest.mark.parametrize(
    ("type", "value", "change", "sentence"),
    [
        ("numeric", "1.5", "alter v type integer", "t.v of 1 row changed from '1.5' to '2'"),
        ("text", "'abc'", "alter v type varchar(2) using left(v, 2)", "t.v of 1 row changed from 'abc' to 'ab'"),
        ("time", "'10:00:01.5'", "alter v type time(0)", "t.v of 1 row changed from '10:00:01.5' to '10:00:02'"),
        ("text", "'a'", "alter v type integer using null", "t.v of 1 row changed from 'a' to NULL"),
    ],
)  # fmt: skip
def test_a_value_that_its_new_type_cut_is_lost(
    connection: Connection, type: str, value: str, change: str, sentence: str
) -> None:
    run(connection, f"create table t (id integer primary key, v {type}); insert into t values (1, {value})")
    before = contents(connection, shapes(connection))

    run(connection, f"alter table t {change}")

    assert [loss.sentence for loss in lost(before, contents(connection, shapes(connection)))] == [sentence]


def test_rows_with_new_keys_are_not_gone(connection: Connection) -> None:
    run(connection, "create table t (id integer primary key, a text, b text); insert into t values (1, 'x', 'y')")
    before = contents(connection, shapes(connection))

    run(connection, "update t set id = 8")

    assert [loss.sentence for loss in lost(before, contents(connection, shapes(connection)))] == [
        "t.id of 1 row changed from '1' to '8'"
    ]


def test_of_a_large_table_only_the_number_of_rows_is_sure(connection: Connection) -> None:
    run(
        connection,
        "create table t (id integer primary key, a text);insert into t select n, 'x' from generate_series(1, 1500) n",
    )
    before = contents(connection, shapes(connection))

    run(connection, "insert into t select n, 'x' from generate_series(-500, 0) n; delete from t where id = 1500")

    assert [loss.sentence for loss in lost(before, contents(connection, shapes(connection)))] == []

    run(connection, "delete from t where id < 900")

    assert [loss.sentence for loss in lost(before, contents(connection, shapes(connection)))] == [
        "900 of 1500 rows of t are gone"
    ]
