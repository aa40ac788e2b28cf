from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine

from migration_guard.live import Server
from migration_guard.live.postgresql.catalogue import snapshot
from migration_guard.live.schema import differences

EVERYTHING = Path(__file__).parents[1] / "fixtures" / "schemas" / "everything_postgresql.sql"


def run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


@pytest.fixture(scope="module")
def engine(postgresql: Server) -> Iterator[Engine]:
    engine = create_engine(postgresql.new_database())
    with engine.begin() as connection:
        run(connection, EVERYTHING.read_text())
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose changes are undone after the test."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def changes(connection: Connection, sql: str) -> list[str]:
    before = snapshot(connection)
    run(connection, sql)
    return [each.sentence() for each in differences(before, snapshot(connection))]


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("create table mood2 (id serial primary key)", "table mood2 is left behind"),
        ("drop table archive.edge", "table archive.edge is missing"),
        ("alter table persona add nick text", "column persona.nick is left behind"),
        (
            "alter table persona alter name type varchar(40)",
            "column persona.name: type was character varying(20), is character varying(40)",
        ),
        ("alter table persona alter age set not null", "column persona.age was nullable, is NOT NULL"),
        (
            "alter table persona alter name set default 'X'",
            "column persona.name: default was 'x'::character varying, is 'X'::character varying",
        ),
        (
            "alter table persona alter name drop default",
            "column persona.name: default was 'x'::character varying, is not set",
        ),
        ("alter table persona alter id drop identity", "column persona.id: identity was always, is not set"),
        (
            "alter table archive.edge alter counted set increment by 6",
            "column archive.edge.counted: identity was by default (start 10 increment 5), "
            "is by default (start 10 increment 6)",
        ),
        (
            "alter table persona alter doubled drop expression",
            "column persona.doubled: generated was (age * 2) stored, is not set",
        ),
        (
            'alter table persona alter name type varchar(20) collate "POSIX"',
            'column persona.name: collation was "C", is "POSIX"',
        ),
        ("alter table persona drop constraint uq_persona_name", "unique persona.uq_persona_name is missing"),
        (
            "alter table persona rename constraint pk_persona to pk",
            "primary key persona.pk_persona: name was pk_persona, is pk",
        ),
        ("alter table persona drop constraint old_enough", "check persona.old_enough is missing"),
        (
            "alter table persona drop constraint old_enough, add constraint old_enough check (age > 18) not valid",
            "check persona.old_enough: definition was CHECK ((age > 12)), is CHECK ((age > 18)) NOT VALID",
        ),
        (
            "alter table archive.edge alter constraint fk_edge_source not deferrable",
            "foreign key archive.edge.fk_edge_source: definition was FOREIGN KEY (source) REFERENCES persona(id) "
            "ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, is FOREIGN KEY (source) REFERENCES persona(id) "
            "ON DELETE CASCADE",
        ),
        ("drop index ix_persona_age", "index ix_persona_age is missing"),
        ("create index ix_new on persona (name text_pattern_ops)", "index ix_new is left behind"),
        (
            "drop index ix_persona_age; create index ix_persona_age on persona (age desc nulls last)",
            "index ix_persona_age: definition was hash (age), is btree (age DESC NULLS LAST)",
        ),
        (
            "update pg_index set indisvalid = false where indexrelid = 'ix_persona_age'::regclass",
            "index ix_persona_age was valid, is INVALID, so no query uses it",
        ),
        ("create type weather as enum ('sun')", "enum weather is left behind"),
        (
            "alter type mood rename value 'ok' to 'fine'",
            "enum mood: labels was 'sad', 'ok', 'happy', is 'sad', 'fine', 'happy'",
        ),
        (
            "alter domain percent drop constraint percent_check1",
            "domain percent: checks was percent_check CHECK ((VALUE >= 0)), percent_check1 CHECK ((VALUE <= 100)), "
            "is percent_check CHECK ((VALUE >= 0))",
        ),
        (
            "alter type pair add attribute c date",
            "type pair: attributes was a integer, b text, is a integer, b text, c date",
        ),
        ("alter sequence ticket increment 3", "sequence ticket: increment was 2, is 3"),
        (
            "alter sequence ticket owned by persona.age",
            "sequence ticket: owned by was nothing, is persona.age",
        ),
        ("drop procedure tidy()", "procedure tidy() is missing"),
        ("drop aggregate total(integer)", "aggregate total(integer) is missing"),
        (
            "create function half(text) returns text language sql as 'select 1::text'",
            "function half(text) is left behind",
        ),
        ("drop view named", "view named is missing"),
        ("drop materialized view counted", "materialized view counted is missing"),
        ("refresh materialized view counted with no data", "materialized view counted was populated, is without data"),
        ("drop trigger stamped on persona", "trigger persona.stamped is missing"),
        ("alter table persona disable trigger stamped", "trigger persona.stamped was enabled, is disabled"),
        ("drop policy own on persona", "policy persona.own is missing"),
        (
            "alter table persona force row level security",
            "table persona: row security was on, is on, for the owner too",
        ),
        ("drop rule keep on cached", "rule cached.keep is missing"),
        ("alter table cached set logged", "table cached was UNLOGGED, is logged"),
        ("alter table cached reset (fillfactor)", "table cached: options was fillfactor=50, is not set"),
        ("drop statistics st_persona", "statistics st_persona is missing"),
        ("drop collation plain", "collation plain is missing"),
        ("create schema other", "schema other is left behind"),
        ("comment on table persona is null", "table persona: comment was people, is none"),
        ("comment on column persona.name is 'other'", "column persona.name: comment was as it is shown, is other"),
        (
            "comment on constraint uq_persona_name on persona is null",
            "unique persona.uq_persona_name: comment was one each, is none",
        ),
        (
            "alter table event detach partition event_2024",
            "table event_2024: partition of was event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'), is nothing",
        ),
        ("drop index ix_event_at", "index ix_event_at is missing"),
    ],
)
def test_a_change_is_told(connection: Connection, sql: str, sentence: str) -> None:
    assert sentence in changes(connection, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "insert into persona (name) values ('a'); insert into cached values (1)",
        "select nextval('ticket')",
        "create temp table scratch (id integer)",
        "set search_path to archive, public",
        "alter table persona drop score; alter table persona add score percent",
        "drop view named; create view named as select  age from PERSONA",
        "drop index ix_persona_age; create index ix_persona_age on public.persona USING hash (age)",
        "alter table archive.edge drop constraint fk_edge_target; alter table archive.edge "
        "add constraint fk_edge_target foreign key (target) references persona (id) on delete no action",
        "drop type floatrange; create type floatrange as range (subtype = double precision)",
    ],
)
def test_what_means_the_same_is_no_change(connection: Connection, sql: str) -> None:
    assert changes(connection, sql) == []


def test_the_order_of_labels_matters(postgresql: Server) -> None:
    engine = create_engine(postgresql.new_database(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        run(connection, "create type mood as enum ('sad', 'happy')")

        found = changes(connection, "alter type mood add value 'ok' before 'happy'")
    engine.dispose()

    assert found == ["enum mood: labels was 'sad', 'happy', is 'sad', 'ok', 'happy'"]


def test_what_belongs_to_a_dropped_table_is_not_told_again(connection: Connection) -> None:
    assert changes(connection, "drop table event") == ["table event is missing", "table event_2024 is missing"]


def test_not_null_is_told_once_on_every_version(connection: Connection) -> None:
    # PostgreSQL 18 also keeps it as a constraint with a name of its own.
    assert changes(connection, "alter table persona alter mood set not null") == [
        "column persona.mood was nullable, is NOT NULL"
    ]


def test_nulls_not_distinct_is_seen_where_the_server_knows_it(connection: Connection) -> None:
    if connection.exec_driver_sql("show server_version_num").scalar_one() < "150000":
        pytest.skip("NULLS NOT DISTINCT came with PostgreSQL 15")

    assert changes(connection, "alter table persona add constraint u unique nulls not distinct (age)") == [
        "unique persona.u is left behind"
    ]
    assert changes(
        connection,
        "alter table persona drop constraint u; alter table persona add constraint u unique (age)",
    ) == ["unique persona.u: definition was UNIQUE NULLS NOT DISTINCT (age), is UNIQUE (age)"]


def test_an_extension_is_one_object_whatever_it_brings(connection: Connection) -> None:
    known = connection.exec_driver_sql(
        "select name from pg_available_extensions where name in ('vector', 'hstore', 'citext')"
    ).scalars()
    name = next(known, None)
    if name is None:
        pytest.skip("this server has no extension to try; install its contrib package")

    assert changes(connection, f"create extension {name}") == [f"extension {name} is left behind"]


def test_the_search_path_is_as_it_was_before(connection: Connection) -> None:
    run(connection, """set search_path to archive, "odd ' name" """)

    snapshot(connection)

    assert connection.exec_driver_sql("show search_path").scalar_one() == """archive, "odd ' name\""""


def test_names_carry_their_schema_unless_it_is_public(connection: Connection) -> None:
    names = {name for kind, name in snapshot(connection).objects if kind in ("table", "index", "sequence")}

    assert {"persona", "archive.edge", "ix_persona_age", "archive.edge_serial_no_seq", "ticket"} <= names
