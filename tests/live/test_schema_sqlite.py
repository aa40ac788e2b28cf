from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Text, create_engine

from migration_guard.live.schema import Snapshot, differences
from migration_guard.live.sqlite.catalogue import snapshot
from migration_guard.live.sqlite.words import expression

EVERYTHING = (Path(__file__).parents[1] / "fixtures" / "schemas" / "everything_sqlite.sql").read_text()


def built(folder: Path, sql: str) -> Snapshot:
    file = folder / f"{len(list(folder.iterdir()))}.db"
    plain = sqlite3.connect(file)
    plain.executescript(sql)
    plain.close()
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        found = snapshot(connection)
    engine.dispose()
    return found


def changes(folder: Path, before: str, after: str) -> list[str]:
    return [each.sentence() for each in differences(built(folder, before), built(folder, after))]


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("VARCHAR(20)", "VARCHAR(40)", "column persona.name: type"),
        ("DEFAULT 'x'", "DEFAULT 'X'", "column persona.name: default"),
        ("DEFAULT 'x' NOT NULL", "NOT NULL", "column persona.name: default"),
        ("'A' NOT NULL", "'A'", "column persona.status: nullable"),
        ("DEFAULT (-1)", "DEFAULT (1)", "column persona.amount: default"),
        ("amount * 2) STORED", "amount * 3) STORED", "column persona.doubled: generated"),
        (") STORED", ") VIRTUAL", "column persona.doubled: generated"),
        ("nick text collate nocase", "nick text", "column owner.nick: collation"),
        ("primary key autoincrement", "primary key", "table owner: autoincrement"),
        ("without rowid", "", "table edge: without rowid"),
        ("(a, b desc)", "(a, b)", "primary key edge(a, b): definition"),
        ("'Bad' AND", "'Bad' OR", "check persona.ck_name: definition"),
        ("'Bad'", "'bad'", "check persona.ck_name: definition"),
        ("CONSTRAINT ck_name ", "", "check persona.ck_name: name"),
        ("CONSTRAINT uq_persona_name ", "", "unique persona.uq_persona_name: name"),
        ("UNIQUE (name, owner_id)", "UNIQUE (owner_id, name)", "unique persona.uq_persona_name: definition"),
        ("ON DELETE CASCADE", "ON DELETE SET NULL", "foreign key persona.fk_persona_owner: definition"),
        ("CASCADE", "CASCADE DEFERRABLE INITIALLY DEFERRED", "foreign key persona.fk_persona_owner: definition"),
        ("owner (id)", "owner (nick)", "foreign key persona.fk_persona_owner: definition"),
        ("created desc,", "created,", "index ix_persona_name: definition"),
        ("status collate nocase)", "status)", "index ix_persona_name: definition"),
        (" where name is not null", "", "index ix_persona_name: definition"),
        ("create unique index", "create index", "index ix_persona_status: unique"),
        ("select name from persona", "select status from persona", "view named: definition"),
        ("nick = 'X'", "nick = 'x'", "trigger persona.touched: definition"),
        ("after insert on", "after delete on", "trigger persona.touched: definition"),
        ("create view", "create table _alembic_tmp_persona (id); create view", "table _alembic_tmp_persona: added"),
        ("create index ix_persona_name", "create index ix_other", "index ix_persona_name: name"),
    ],
)
def test_a_change_is_told(tmp_path: Path, old: str, new: str, difference: str) -> None:
    assert old in EVERYTHING

    found = differences(built(tmp_path, EVERYTHING), built(tmp_path, EVERYTHING.replace(old, new)))

    if "without rowid" in old:  # its key may hold NULL then, too
        found = [each for each in found if each.kind == "table"]
    assert [f"{each.kind} {each.name}: {each.property or each.what}" for each in found] == [difference]


def test_the_words_show_both_sides(tmp_path: Path) -> None:
    assert changes(tmp_path, EVERYTHING, EVERYTHING.replace("ON DELETE CASCADE", "").replace(" desc, s", ", s")) == [
        "foreign key persona.fk_persona_owner: definition was (owner_id) references owner(id) on delete cascade, "
        "is (owner_id) references owner(id)",
        "index ix_persona_name: definition was (lower(name), created desc, status collate nocase) "
        "where name is not null, is (lower(name), created, status collate nocase) where name is not null",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CREATE TABLE persona (", 'create table "persona"('),
        ("    name VARCHAR(20)", '    "name" varchar( 20 )'),
        ("name <> 'Bad' AND length(name) > 2", """"name" != 'Bad' and length ("name")>2"""),
        ("CHECK (status IN ('A', 'b'))", "check ((status in ('A','b')))"),
        ("NUMERIC(10, 2)", "numeric(10,2)"),
        ("DEFAULT CURRENT_TIMESTAMP", "DEFAULT (current_timestamp)"),
        ("REFERENCES owner (id)", "REFERENCES [owner]"),
        ("ON DELETE CASCADE", "ON UPDATE NO ACTION ON DELETE CASCADE NOT DEFERRABLE"),
        ("id integer primary key autoincrement", "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"),
        ("on persona (lower(name), created desc", "ON `persona` (LOWER(name) asc,created DESC"),
        ("select name from persona", "SELECT name -- all\n FROM /* the */ persona"),
        (" -- the name", ""),
        (
            "    owner_id INTEGER,\n    created DATETIME DEFAULT CURRENT_TIMESTAMP,",
            "    created DATETIME DEFAULT CURRENT_TIMESTAMP,\n    owner_id INTEGER,",
        ),
    ],
)
def test_what_means_the_same_is_no_change(tmp_path: Path, old: str, new: str) -> None:
    assert old in EVERYTHING

    assert changes(tmp_path, EVERYTHING, EVERYTHING.replace(old, new)) == []


def test_a_constraint_of_the_column_means_the_same_as_one_of_the_table(tmp_path: Path) -> None:
    column = "create table a (x int primary key, y int unique references b(id), check (y > 1)); create table b (id int)"
    table = (
        "create table b (id int); create table a (x int, y int check (y > 1), "
        "primary key (x), unique (y), foreign key (y) references b (id))"
    )

    assert changes(tmp_path, column, table) == []


def test_a_table_that_strict_was_taken_from_is_told(tmp_path: Path) -> None:
    if sqlite3.sqlite_version_info < (3, 37):
        pytest.skip("STRICT came with SQLite 3.37")

    assert changes(tmp_path, "create table a (x int) strict", "create table a (x int)") == [
        "table a was STRICT, is not STRICT"
    ]


def test_renaming_there_and_back_leaves_nothing(tmp_path: Path) -> None:
    # SQLite then writes the table's name in quotes, in views, triggers, indexes and references too.
    there_and_back = (
        "alter table persona rename to people; alter table people rename to persona;"
        "alter table persona rename column status to state; alter table persona rename column state to status;"
    )

    assert changes(tmp_path, EVERYTHING, EVERYTHING + there_and_back) == []


def test_a_column_added_later_is_like_one_from_the_start(tmp_path: Path) -> None:
    after = "create table a (x int); alter table a add column y text default 'z' check (y <> '') references b(id)"
    start = "create table a (x int, y text default 'z' check (y <> '') references b(id))"

    assert changes(tmp_path, f"{start}; create table b (id int)", f"{after}; create table b (id int)") == []


def test_a_word_in_double_quotes_that_names_no_column_is_a_string(tmp_path: Path) -> None:
    assert (
        changes(
            tmp_path, """create table a (x text check (x <> "Bad"))""", "create table a (x text check (x <> 'Bad'))"
        )
        == []
    )
    assert changes(
        tmp_path, """create table a (x text check (x <> "Bad"))""", """create table a (x text check (x <> "bad"))"""
    )


def test_the_tables_behind_a_virtual_table_are_its_own_business(tmp_path: Path) -> None:
    names = {name for kind, name in built(tmp_path, EVERYTHING).objects if kind == "table"}

    assert names == {"owner", "persona", "edge", "found"}


def test_an_unparsable_looking_text_is_read_as_sqlite_does(tmp_path: Path) -> None:
    odd = """create table [odd "one"] ("a b" int default -1.5e+3, `check` text default ')', c default (1 + (2)),
        constraint "c k" check ("check" <> '(' and c in (select 1)) unique (c) on conflict replace)"""

    objects = built(tmp_path, odd.replace("and c in (select 1)", "and c > 0")).objects

    table = 'odd "one"'
    assert objects["column", f"{table}.a b"]["default"] == "-1.5e+3"
    assert objects["column", f"{table}.check"]["default"] == "')'"
    assert objects["check", f"{table}.c k"]["definition"] == "check != '(' and c > 0"
    assert objects["unique", f"{table}(c)"]["definition"] == "(c) on conflict replace"


@pytest.mark.parametrize(
    ("one", "other"),
    [("(1)", "1"), ("((a))", "A"), ("- 1", "-1"), ("a==b", "a = b"), ("Now( )", "now()"), ("a<>b", "a != b")],
)
def test_expressions_have_one_spelling(one: str, other: str) -> None:
    assert expression(one) == expression(other)


@pytest.mark.parametrize(
    ("one", "other"), [("'a'", "'A'"), ("a - 1", "a, -1"), ("(a) + (b)", "a + (b)"), ("x'00'", "'00'"), ("1", "'1'")]
)
def test_expressions_that_differ_stay_different(one: str, other: str) -> None:
    assert expression(one) != expression(other)


REBUILT = """
create table owner (id integer primary key, nick text);
create table persona (
    id text not null, name varchar(20) default 'x' not null, owner_id integer, "Mixed Case" boolean default 0 not null,
    created datetime default current_timestamp, changed datetime default (datetime('now')),
    amount numeric(10,2) default (-1), rate decimal(10, 2) default 1.50, shares double precision, far real, extra json,
    constraint pk_persona primary key (id), constraint uq_persona_name unique (name, owner_id),
    constraint fk_persona_owner foreign key(owner_id) references owner(id) on delete cascade,
    constraint ck_persona_name check (length(name)>2 and "Mixed Case" in (0,1))
);
create index ix_persona_name on persona (name);
create index ix_persona_newest on persona (created desc);
create unique index ix_persona_owner on persona (owner_id) where owner_id > 0;
"""


def test_a_table_that_alembic_rebuilt_lacks_only_what_was_really_lost(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'scratch.db'}")
    with engine.connect() as connection:
        connection.connection.dbapi_connection.executescript(REBUILT)  # type: ignore[union-attr]
        before = snapshot(connection)

        with Operations.context(MigrationContext.configure(connection)) as op:
            for change in (
                lambda batch: batch.add_column(Column("mood", Text)),
                lambda batch: batch.drop_column("mood"),
            ):
                with op.batch_alter_table("persona", recreate="always") as batch:
                    change(batch)

        found = [each.sentence() for each in differences(before, snapshot(connection))]
    engine.dispose()

    lost = ["index ix_persona_newest: definition was (created desc), is (created)"]
    # SQLAlchemy 2.0.0 takes all of "pk_persona PRIMARY KEY (id), CONSTRAINT uq_persona_name" for the constraint's name
    # and writes that into the new table.
    mangled = [sentence for sentence in found if "name was uq_persona_name, is pk_persona primary key" in sentence]
    assert [sentence for sentence in found if sentence not in mangled] == lost
    assert not mangled or sqlalchemy.__version__.startswith("2.0.")
