"""Two ways to write a SQLite schema that differ in one thing: the snapshot shows it, and in which words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from migration_guard.live.schema import differences
from migration_guard.live.sqlite.catalogue import snapshot

PARENT = "create table p (id integer primary key, n integer unique); "
TWO = "create table t (a integer, b text)"


def changes(folder: Path, before: str, after: str) -> list[str]:
    found = []
    for number, script in enumerate((before, after)):
        file = folder / f"{number}.db"
        plain = sqlite3.connect(file)
        plain.executescript(script)
        plain.close()
        engine = create_engine(f"sqlite:///{file}")
        with engine.connect() as connection:
            found.append(snapshot(connection))
        engine.dispose()
        file.unlink()
    return [each.sentence() for each in differences(*found)]


def column(before: str, after: str, sentence: str) -> tuple[str, str, str]:
    """Two definitions of one column."""
    return f"create table t (a integer, c {before})", f"create table t (a integer, c {after})", f"column t.c{sentence}"


def key(before: str, after: str, sentence: str) -> tuple[str, str, str]:
    """Two foreign keys of one column."""
    table = f"{PARENT}create table t (c integer constraint fk references p{{}})"
    of = "foreign key t.fk: definition was (c) references p(id)"
    return table.format(before), table.format(after), f"{of}{sentence}"


PAIRS = [
    column("varchar(20)", "varchar(40)", ": type was VARCHAR(20), is VARCHAR(40)"),
    column("text", "blob", ": type was TEXT, is BLOB"),
    column("text", "text not null", " was nullable, is NOT NULL"),
    column("text not null", "text not null on conflict replace", ": on null was not set, is replace"),
    column("text default 'a'", "text default 'A'", ": default was 'a', is 'A'"),
    column("integer default 1", "integer default (1 + 1)", ": default was 1, is 1 + 1"),
    column("text", "text collate nocase", ": collation was the default, is nocase"),
    column("integer as (a * 2)", "integer as (a * 3)", ": generated was a * 2 virtual, is a * 3 virtual"),
    column("integer as (a * 2) stored", "integer as (a * 2)", ": generated was a * 2 stored, is a * 2 virtual"),
    key("", " on delete cascade", ", is (c) references p(id) on delete cascade"),
    key("", " on update set null", ", is (c) references p(id) on update set null"),
    key("", "(n)", ", is (c) references p(n)"),
    key("", " deferrable initially deferred", ", is (c) references p(id) deferrable initially deferred"),
    ("create table t (a integer primary key)", "create table t (a integer primary key autoincrement)",
     "table t was without AUTOINCREMENT, is AUTOINCREMENT"),
    ("create table t (a text not null primary key)", "create table t (a text not null primary key) without rowid",
     "table t was with a rowid, is WITHOUT ROWID"),
    ("create table t (a integer)", "create table t (a integer) strict", "table t was not STRICT, is STRICT"),
    ("create table t (a text unique)", "create table t (a text unique on conflict ignore)",
     "unique t(a): definition was (a), is (a) on conflict ignore"),
    ("create table t (a text constraint u unique)", "create table t (a text constraint v unique)",
     "unique t.u: name was u, is v"),
    ("create table t (a text, b text, primary key (a, b))", "create table t (a text, b text, primary key (a, b desc))",
     "primary key t(a, b): definition was (a, b), is (a, b desc)"),
    ("create table t (a text, b text, unique (a, b))", "create table t (a text, b text, unique (a collate nocase, b))",
     "unique t(a, b): definition was (a, b), is (a collate nocase, b)"),
    ("create table t (a integer constraint k check (a > 1))", "create table t (a integer constraint k check (a > 2))",
     "check t.k: definition was a > 1, is a > 2"),
    (f"{TWO}; create index ix on t (a, b)", f"{TWO}; create index ix on t (b, a)",
     "index ix: definition was (a, b), is (b, a)"),
    (f"{TWO}; create index ix on t (a)", f"{TWO}; create index ix on t (a desc)",
     "index ix: definition was (a), is (a desc)"),
    (f"{TWO}; create index ix on t (b)", f"{TWO}; create index ix on t (b collate nocase)",
     "index ix: definition was (b), is (b collate nocase)"),
    (f"{TWO}; create index ix on t (b)", f"{TWO}; create index ix on t (lower(b))",
     "index ix: definition was (b), is (lower(b))"),
    (f"{TWO}; create index ix on t (a)", f"{TWO}; create index ix on t (a) where a > 3",
     "index ix: definition was (a), is (a) where a > 3"),
    (f"{TWO}; create index ix on t (a)", f"{TWO}; create unique index ix on t (a)",
     "index ix was not unique, is unique"),
    (f"{TWO}; create view v as select a from t", f"{TWO}; create view v as select b from t",
     "view v: definition was select a from t, is select b from t"),
    (f"{TWO}; create trigger g after insert on t begin select 1; end",
     f"{TWO}; create trigger g before insert on t begin select 1; end",
     "trigger t.g: definition was after insert on t begin select 1; end, "
     "is before insert on t begin select 1; end"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "sentence"), PAIRS, ids=[pair[2][:60] for pair in PAIRS])
def test_schemas_that_differ_in_one_thing_are_told_apart(
    before: str, after: str, sentence: str, tmp_path: Path
) -> None:
    if "strict" in after and sqlite3.sqlite_version_info < (3, 37):
        pytest.skip("STRICT came with SQLite 3.37")

    assert changes(tmp_path, before, after) == [sentence]
    assert len(changes(tmp_path, after, before)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("create table t (a int, b varchar( 3 ))", 'CREATE TABLE "t" ([a] INT, `b` VARCHAR(3))'),
        ("create table t (a int, b text)", "create table t (b text, a int)"),
        ("create table t (a integer primary key)", "create table t (a integer not null, primary key (a))"),
        ("create table t (a text unique)", "create table t (a text, unique (a) on conflict abort)"),
        ("create table t (a text not null)", "create table t (a text not null on conflict abort)"),
        ("create table t (a int default (1))", "create table t (a int default 1)"),
        ("create table t (a int, check (a > 1) on conflict ignore)", "create table t (a int, check ((a > 1)))"),
        (f"{PARENT}create table t (c int references p)",
         f"{PARENT}create table t (c int, foreign key (c) references p (id) match full on delete no action deferrable)"),
        (f"{TWO}; create index ix on t (a asc)", f"{TWO}; create index if not exists main.ix on t (a)"),
        (f"{TWO}; create view v as select a from t", f"{TWO}; create view v as SELECT a -- all\n FROM t"),
    ],
)  # fmt: skip
def test_schemas_that_mean_the_same_are_equal(one: str, other: str, tmp_path: Path) -> None:
    assert changes(tmp_path, one, other) == []
