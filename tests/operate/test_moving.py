"""Values of every kind from SQLite into the columns of PostgreSQL: told before, spelled in C or in Python alike, read back."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from migration_guard.config import Settings
from migration_guard.live import Server
from migration_guard.live.postgresql.catalogue import snapshot
from migration_guard.live.postgresql.shapes import shapes
from migration_guard.live.project.redirect import own_engine
from migration_guard.operate.moving.columns import Table
from migration_guard.operate.moving.comparing import compare, digest, same
from migration_guard.operate.moving.lines import lines, sent_lines
from migration_guard.operate.moving.loading import keys_dropped, keys_made, load, sequences_set
from migration_guard.operate.moving.obstacles import Obstacle
from migration_guard.operate.moving.session import Connection, Record, connected
from migration_guard.operate.moving.source import Source, opened
from migration_guard.operate.moving.spool import Spools
from migration_guard.operate.moving.survey import Survey
from migration_guard.operate.target import Target
from migration_guard.operate.transfer import rehearsed


@dataclass
class Both:
    """One table or more on both sides."""

    source: Source
    session: Connection
    tables: list[Table]
    survey: Survey
    obstacles: list[Obstacle]
    url: Any

    def load(self) -> None:
        record = Record(self.session)
        record.begin()
        keys_dropped(self.session, record, self.tables)
        for table in self.tables:
            load(self.session, self.source, table, lambda _: None)
        sequences_set(self.session, self.source, self.tables)
        keys_made(self.session, record)
        record.end()

    def is_same(self) -> bool:
        return all(same(self.session, self.source, table, lambda _: None) for table in self.tables)

    def texts(self, sql: str) -> list[tuple[Any, ...]]:
        return self.session.execute(sql.encode()).fetchall()


Make = Callable[..., Both]


@pytest.fixture
def both(postgresql: Server, tmp_path: Path) -> Iterator[Make]:
    """Makes both sides of `CREATE` statements and rows, and looks at them."""
    url = postgresql.new_database()
    settings = Settings(root=tmp_path)
    target = Target(make_url(url).set(drivername="postgresql+psycopg"), None, settings)  # type: ignore[arg-type]

    def make(
        here: str,
        there: str,
        rows: Sequence[tuple[Any, ...]] = (),
        table: str = "t",
        spells: bool = True,
        folder: Path | None = None,
    ) -> Both:
        file = tmp_path / "here.db"
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(here)
            if rows:
                places = ", ".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
            connection.commit()
        session = stack.enter_context(closing(connected(target)))
        session.execute(there.encode())
        engine = own_engine(target.url)
        with engine.connect() as connection_:
            found = shapes(connection_)
        engine.dispose()
        source = stack.enter_context(opened(file, lambda: connected(target)))
        source.spells = source.spells and spells
        names = source.names()
        tables = [
            source.table(shape, [each for each in shape.columns if not each.generated])
            for shape in found
            if shape.name in names
        ]
        spools = Spools(file if spells else None)
        stack.callback(spools.close)
        survey = Survey([source], tables, lambda *_: None, spools)
        obstacles = survey.run(lambda each: rehearsed(session, source, each))
        return Both(source, session, tables, survey, obstacles, target.url)

    with ExitStack() as stack:
        yield make


VALUES: list[tuple[str, str, Any, str]] = [
    ("INTEGER", "integer", -(2**31), "-2147483648"),
    ("INTEGER", "bigint", 2**63 - 1, "9223372036854775807"),
    ("", "integer", "42", "42"),
    ("BOOLEAN", "boolean", 1, "true"),
    ("", "boolean", "false", "false"),
    ("TEXT", "text", "", ""),
    ("TEXT", "text", "\\N", "\\N"),
    ("TEXT", "text", "\\.", "\\."),
    ("TEXT", "text", "a\\\tb\nc\rd\be\ff\vg", "a\\\tb\nc\rd\be\ff\vg"),
    ("TEXT", "text", "\x1d\x1e\x1f", "\x1d\x1e\x1f"),
    ("TEXT", "text", "größe 😀 \u2028", "größe 😀 \u2028"),
    ("TEXT", "varchar(3)", "äöü", "äöü"),
    ("TEXT", "char(5)", "ab ", "ab   "),
    ("NUMERIC", "numeric(10,2)", 1.1, "1.10"),
    ("NUMERIC", "numeric(10,2)", 7, "7.00"),
    ("NUMERIC", "numeric(22,2)", 2**60, "1152921504606846976.00"),
    ("NUMERIC", "numeric(10,2)", -0.001, "0.00"),
    ("NUMERIC", "numeric(10,2)", 99999999.49, "99999999.49"),
    ("NUMERIC", "numeric", 1e-7, "0.0000001"),
    ("TEXT", "numeric", "12345678901234567890.123", "12345678901234567890.123"),
    ("FLOAT", "double precision", 0.1 + 0.2, "0.30000000000000004"),
    ("FLOAT", "double precision", 2.793320432587915e16, "2.7933204325879152e+16"),
    ("FLOAT", "double precision", float("inf"), "Infinity"),
    ("", "double precision", -0.0, "-0"),
    ("FLOAT", "real", 0.1, "0.1"),
    ("DATETIME", "timestamp", "2026-01-02 03:04:05.120000", "2026-01-02 03:04:05.12"),
    ("DATETIME", "timestamp", "2026-01-02 03:04:05.000000", "2026-01-02 03:04:05"),
    ("DATETIME", "timestamp", "2026-01-02T03:04:05", "2026-01-02 03:04:05"),
    ("DATETIME", "timestamp", "2026-01-02 23:59:59.999999", "2026-01-02 23:59:59.999999"),
    ("DATETIME", "timestamp(3)", "2026-01-02 03:04:05.123456", "2026-01-02 03:04:05.123"),
    ("DATETIME", "timestamptz", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05+00"),
    ("DATETIME", "timestamptz", "2026-01-02 03:04:05.5+00:00", "2026-01-02 03:04:05.5+00"),
    ("DATETIME", "timestamptz", "2026-01-02 03:04:05+02:00", "2026-01-02 01:04:05+00"),
    ("DATETIME", "timestamptz", 0, "1970-01-01 00:00:00+00"),
    ("DATE", "date", "2024-02-29", "2024-02-29"),
    ("TIME", "time", "03:04:05.600000", "03:04:05.6"),
    ("DATETIME", "interval", "1970-01-02 01:00:00.000000", "1 day 01:00:00"),
    ("CHAR(32)", "uuid", "0123456789ABCDEF0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"),
    ("CHAR(36)", "uuid", "01234567-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"),
    ("BLOB", "uuid", b"\x00" * 15 + b"\x01", "00000000-0000-0000-0000-000000000001"),
    ("BLOB", "bytea", b"\x00\\\n\xff", "\\x005c0aff"),
    ("BLOB", "bytea", b"", "\\x"),
    ("JSON", "jsonb", '{"bb":1,"a":[1.50,1e2,-0.0],"a":2}', '{"a": 2, "bb": 1}'),
    ("JSON", "jsonb", '[1.50,1e2,-0.0,"\\u00e9"]', '[1.50, 100, 0.0, "é"]'),
    ("JSON", "json", '{"b":1,  "a":"\\n"}', '{"b":1,  "a":"\\n"}'),
    ("JSON", "jsonb", '[0.5, {"a": "0.5 \\u001d", "b": {}}]', '[0.5, {"a": "0.5 \\u001d", "b": {}}]'),
    ("JSON", "jsonb", 5, "5"),
    ("JSON", "integer[]", "[1, null, 3]", "{1,NULL,3}"),
    ("JSON", "numeric[]", "[1.50, 12345678901234567890.5]", "{1.50,12345678901234567890.5}"),
    ("JSON", "text[]", '["a,b", "\\"", ""]', '{"a,b","\\"",""}'),
    ("TEXT", "text[]", "{a, b}", "{a,b}"),
    ("TEXT", "int4range", "[1,5]", "[1,6)"),
    ("TEXT", "inet", "10.0.0.1", "10.0.0.1/32"),
    ("TEXT", "mood", "so so", "so so"),
    ("TEXT", "short", "abc", "abc"),
]


@pytest.mark.parametrize("spells", [True, False], ids=["in C", "in Python"])
def test_values_are_spelled_as_postgresql_prints_them(both: Make, spells: bool) -> None:
    kinds = ", ".join(f"c{place} {there}" for place, (_, there, _, _) in enumerate(VALUES))
    names = ", ".join(f"c{place} {here}" for place, (here, _, _, _) in enumerate(VALUES))
    found = both(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, {names})",
        "CREATE TYPE mood AS ENUM ('calm', 'so so'); CREATE DOMAIN short AS text CHECK (length(VALUE) < 4);"
        f"CREATE TABLE t (id integer PRIMARY KEY, {kinds})",
        [(1, *(value for _, _, value, _ in VALUES)), (2, *(None for _ in VALUES))],
        spells=spells,
    )

    assert found.obstacles == []
    found.load()
    for table in found.tables:
        compare(found.session, found.source, table, lambda _: None)
    shown = ", ".join(
        f"c{place}::text" if "char(5)" not in VALUES[place][1] else f"c{place}" for place in range(len(VALUES))
    )
    (row,) = found.texts(f"SELECT {shown} FROM t WHERE id = 1")
    assert [str(text) for text in row] == [expected for *_, expected in VALUES]
    (nulls,) = found.texts(f"SELECT {shown} FROM t WHERE id = 2")
    assert set(nulls) == {None}


REFUSED: list[tuple[str, Any, str]] = [
    ("integer", "", "no number"),
    ("integer", 2**31, "too large for integer"),
    ("integer NOT NULL", None, "it is NULL"),
    ("bigint", 1e30, "too large for bigint"),
    ("boolean", 2, "neither true nor false"),
    ("text", "a\0b", "NUL"),
    ("text", b"abc", "bytes"),
    ("varchar(3)", "abcd", "4 characters, and 3 fit"),
    ("numeric(5,2)", 1000, "too large for numeric(5,2)"),
    ("numeric(5,2)", 999.999, "too large for numeric(5,2)"),
    ("numeric(5,2)", "1.005", "more digits"),
    ("numeric(5,2)", float("inf"), "too large"),
    ("real", 1e39, "real"),
    ("timestamp", "2026-02-30 00:00:00", "no time"),
    ("timestamp", "2026-02-30 00:00:00.000000", "no time"),
    ("timestamp", "", "no time"),
    ("timestamptz", 1e300, "no time"),
    ("date", "2026-01-02 10:00:00", "time of day"),
    ("date", "0000-01-01", "no date"),
    ("time", "25:00:00", "no time of day"),
    ("uuid", "xyz", "no UUID"),
    ("uuid", b"12", "no UUID"),
    ("uuid", "0" * 32 + "\0", "no UUID"),
    ("jsonb", "{a: 1}", "no JSON"),
    ("jsonb", '{"a": NaN}', "no JSON"),
    ("jsonb", '"\\u0000"', "NUL"),
    ("jsonb", '"\\ud83d"', "surrogate"),
    ("jsonb", "1e400000", "too large"),
    ("jsonb", "[" * 100000, "nested too deep"),
    ("json", "", "no JSON"),
    ("integer[]", '[1, "a"]', "invalid input syntax"),
    ("int4range", "[5,1]", "lower bound"),
    ("inet", "10.0.0", "invalid input syntax"),
    ("mood", "tired", "none of calm"),
    ("short", "abcd", "violates check constraint"),
]


def test_each_value_that_cannot_go_is_named_before_anything_is_written(both: Make) -> None:
    kinds = ", ".join(f"c{place} {kind}" for place, (kind, *_) in enumerate(REFUSED))
    names = ", ".join(f"c{place}" for place in range(len(REFUSED)))
    fine = [(0, *(0 if "NOT NULL" in kind else None for kind, *_ in REFUSED))]
    rows = [
        (1 + place, *((value if other == place else fine[0][1 + other]) for other in range(len(REFUSED))))
        for place, (_, value, _) in enumerate(REFUSED)
    ]

    found = both(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, {names})",
        "CREATE TYPE mood AS ENUM ('calm', 'so so'); CREATE DOMAIN short AS text CHECK (length(VALUE) < 4);"
        f"CREATE TABLE t (id integer PRIMARY KEY, {kinds})",
        [*fine, *rows],
    )

    said = {(each.key, each.column): each.reason for each in found.obstacles}
    for place, (kind, _, reason) in enumerate(REFUSED):
        assert reason in said.pop((f"id {place + 1}", f"c{place}"), "nothing"), kind
    assert said == {}


@pytest.mark.parametrize(
    ("declared", "kind", "value", "reason"),
    [
        ("DATE", "date", "0000-01-01", "no date"),
        ("DATE", "date", "2026-02-29", "no date"),
        ("DATETIME", "timestamp", "0000-12-31 00:00:00.000000", "no time"),
        ("DATETIME", "timestamp", "2026-01-02 25:00:00.000000", "no time"),
        ("DATETIME", "timestamp", "2026-01-02 03:04:05.12345 6", "no time"),
        ("DATETIME", "timestamp", "2026-01-02 03:04:05.123456\0", "NUL|no time"),
        ("CHAR(32)", "uuid", "0" * 32 + "\0", "no UUID"),
    ],
)
def test_what_only_looks_like_a_time_is_named_in_a_column_of_its_own(
    both: Make, declared: str, kind: str, value: str, reason: str
) -> None:
    found = both(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {declared})",
        f"CREATE TABLE t (id integer PRIMARY KEY, x {kind})",
        [(1, value)],
    )

    assert [(each.key, each.column) for each in found.obstacles] == [("id 1", "x")]
    assert re.search(reason, found.obstacles[0].reason)


def test_text_that_is_no_utf8_is_named(both: Make) -> None:
    found = both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT);"
        "INSERT INTO t VALUES (1, 'fine'), (2, CAST(x'61ff62' AS TEXT)), (3, CAST(x'c3' AS TEXT))",
        "CREATE TABLE t (id integer PRIMARY KEY, word text)",
    )

    assert [str(each) for each in found.obstacles] == [
        "t (id 2): word: it is no valid Unicode",
        "t (id 3): word: it is no valid Unicode",
    ]


def test_orphans_and_failed_checks_are_found_by_what_postgresql_has(both: Make) -> None:
    found = both(
        "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, a_id INTEGER, age INTEGER);"
        "INSERT INTO a VALUES (1); INSERT INTO t VALUES (1, 1, 5), (2, 9, 5), (3, NULL, -1)",
        "CREATE TABLE a (id integer PRIMARY KEY);"
        "CREATE TABLE t (id integer PRIMARY KEY, a_id integer REFERENCES a, age integer CONSTRAINT grown CHECK (age > 0))",
    )

    assert str(found.obstacles[0]).startswith("t (id 3): age: grown does not allow it")
    assert str(found.obstacles[1]) == "t (id 2): a_id: there is no row of a for a_id 9"
    assert len(found.obstacles) == 2


def test_keys_indexes_triggers_and_sequences_are_as_before(both: Make) -> None:
    found = both(
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, up INTEGER, name TEXT);"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER);"
        "INSERT INTO a VALUES (1, 2, 'x'), (2, 1, 'y'), (50, NULL, 'z'); DELETE FROM a WHERE id = 50;"
        "INSERT INTO b VALUES (7, 2)",
        "CREATE TABLE a (id serial PRIMARY KEY, up integer, name text UNIQUE, low text GENERATED ALWAYS AS (lower(name)) STORED);"
        "CREATE TABLE b (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a_id integer);"
        "ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (up) REFERENCES a DEFERRABLE INITIALLY DEFERRED;"
        "ALTER TABLE b ADD CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a ON DELETE CASCADE;"
        "COMMENT ON CONSTRAINT b_a ON b IS 'it''s kept';"
        "CREATE INDEX a_low ON a (lower(name)) WHERE name <> ''; CREATE INDEX told ON a (up); COMMENT ON INDEX told IS 'x';"
        "CREATE FUNCTION harm() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name = ''harmed''; RETURN NEW; END';"
        "CREATE TRIGGER harm BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION harm();"
        "CREATE VIEW names AS SELECT id, name FROM a GROUP BY id",
    )
    engine = own_engine(found.url)

    with engine.connect() as connection:
        before = snapshot(connection)
        connection.rollback()
        found.load()
        after = snapshot(connection)
    engine.dispose()

    assert after == before
    assert found.is_same()
    assert found.texts("SELECT name, low FROM a ORDER BY id") == [("x", "x"), ("y", "y")]
    assert found.texts("INSERT INTO a (name) VALUES ('n') RETURNING id") == [(51,)]
    assert found.texts("INSERT INTO b (a_id) VALUES (1) RETURNING id") == [(8,)]


def test_an_order_that_differs_is_no_difference_and_a_value_is(both: Make) -> None:
    found = both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        "CREATE TABLE t (id integer PRIMARY KEY, word text); INSERT INTO t VALUES (2, 'b'), (1, 'a')",
    )

    assert digest(found.session, found.tables[0], lambda _: None) != found.tables[0].digest
    assert found.is_same()
    found.session.execute("UPDATE t SET word = 'c' WHERE id = 1")
    assert not found.is_same()


def test_tables_without_row_numbers_or_with_odd_names_go_over(both: Make) -> None:
    found = both(
        'CREATE TABLE "select" ("from" TEXT, "a""b" TEXT, "%s" INTEGER, PRIMARY KEY ("from")) WITHOUT ROWID;'
        "INSERT INTO \"select\" VALUES ('z', 'y', 1), ('a', NULL, NULL)",
        'CREATE TABLE "select" ("from" text PRIMARY KEY, "a""b" text, "%s" integer)',
    )

    found.load()

    assert found.is_same()
    assert found.texts('SELECT * FROM "select"') == [("a", None, None), ("z", "y", 1)]


def test_a_large_row_makes_the_chunks_small(both: Make) -> None:
    found = both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i, 'x' FROM n;"
        "UPDATE t SET word = hex(zeroblob(2000000)) WHERE id IN (1, 999)",
        "CREATE TABLE t (id integer PRIMARY KEY, word text)",
    )

    sizes = [len(sent) for _, sent, _ in lines(found.source, found.tables[0])]

    assert max(sizes) < 9_000_000
    found.load()
    assert found.is_same()


def test_rows_that_are_read_again_are_sent_as_they_were_the_first_time(both: Make) -> None:
    more = ", ".join(f"c{number} INTEGER" for number in range(130))  # more than one call of printf() takes
    words = ["", "100 %d", "größe \\N", None, "a\tb", "%s\n\r"]
    found = both(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT, flag BOOLEAN, doc JSON, raw BLOB, big BIGINT, {more})",
        f"CREATE TABLE t (id integer PRIMARY KEY, word text, flag boolean, doc jsonb, raw bytea, big bigint, {more})",
        [
            (number, word, *((True, '{"b":1}', b"\0\\", -(1 << 63)) if number % 2 else (None,) * 4), *[number] * 130)
            for number, word in enumerate(words * 100)
        ],
    )
    table = found.tables[0]

    first = b"".join(sent for _, sent, _ in lines(found.source, table))
    again = b"".join(sent for _, sent in sent_lines(found.source, table))

    assert first == again
    assert first.count(b"\n") == table.rows == len(words) * 100
    assert len(first) == table.size


@pytest.mark.parametrize(("odd", "proved"), [(0.1, True), (None, True), (-0.0, False), (1.7976931348623157e308, None)])
def test_a_number_that_sqlite_prints_wrongly_is_printed_by_python(both: Make, odd: Any, proved: bool | None) -> None:
    numbers = [1 / 3, 1e-300, odd, 123456789.123456789, float("inf")]
    found = both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
        "CREATE TABLE t (id integer PRIMARY KEY, x double precision)",
        [*enumerate(numbers)],
    )
    table = found.tables[0]
    table.spool.close()

    found.load()

    assert proved is None or table.columns[1].proved is proved
    assert found.is_same()
    assert [repr(x) for _, x in found.texts("SELECT id, x FROM t ORDER BY id")] == [repr(x) for x in numbers]


def test_a_database_in_utf16_goes_over_by_python(both: Make) -> None:
    found = both(
        "PRAGMA encoding = 'UTF-16'; CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT); INSERT INTO t VALUES (1, 'ä')",
        "CREATE TABLE t (id integer PRIMARY KEY, word text)",
    )

    found.load()

    assert not found.source.spells
    assert found.is_same()
    assert found.texts("SELECT word FROM t") == [("ä",)]


def test_rounding_to_what_a_column_keeps_is_told(both: Make) -> None:
    found = both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, price NUMERIC(8, 2)); INSERT INTO t VALUES (1, 1.234), (2, 0.1), (3, 2)",
        "CREATE TABLE t (id integer PRIMARY KEY, price numeric(8, 2))",
    )

    assert found.obstacles == []
    assert found.survey.notes == [
        "t.price: 1 value has more digits than numeric(8,2) keeps; it is rounded as models read it"
    ]
