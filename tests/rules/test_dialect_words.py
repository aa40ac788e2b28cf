"""The words that one database has alone: the other refuses them, and nothing else is held against a statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import make_url
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects import sqlite

from migration_guard.live import Server
from migration_guard.rules.dialect_type import ALONE
from migration_guard.rules.shared.statements import foreign_words, without_strings

SQLALCHEMY = tuple(map(int, sa.__version__.split(".")[:2]))
TABLES = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, made TIMESTAMP)",
    "CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT)",
    "CREATE INDEX ix_t_name ON t (name)",
    "CREATE VIEW v AS SELECT id FROM u",
)
# Statements that PostgreSQL runs and SQLite refuses.
POSTGRESQL = (
    "UPDATE t SET name = id::text",
    'UPDATE t SET name = id :: "text"',
    "SELECT 1 FROM t WHERE name ILIKE 'a%'",
    "SELECT 1 FROM t WHERE name SIMILAR TO 'a'",
    "SELECT 1 FROM t WHERE name = ANY(ARRAY['a'])",
    "SELECT 1 FROM t WHERE name <> ALL (ARRAY['a'])",
    "SELECT 1 FROM t WHERE name LIKE ANY (ARRAY['a'])",
    "SELECT 1 FROM t WHERE id = ANY (SELECT id FROM u)",
    "SELECT ARRAY [1, 2]",
    "SELECT nextval(NULL)",
    "SELECT 1 FROM t WHERE CAST(name AS jsonb) @> CAST('{}' AS jsonb)",
    "SELECT CAST('{}' AS jsonb) #>> ARRAY['a']",
    "SELECT 1 FROM t WHERE name ~* 'a' OR name !~ 'b'",
    "SELECT gen_random_uuid()",
    "UPDATE t SET made = now()",
    "UPDATE t SET made = clock_timestamp()",
    "SELECT jsonb_build_object('a', 1)",
    "SELECT json_agg(id) FROM t",
    "SELECT jsonb_array_elements(CAST('[]' AS jsonb))",
    "SELECT jsonb_typeof(CAST('[]' AS jsonb))",
    "SELECT to_jsonb(1)",
    "SELECT to_char(made, 'YYYY') FROM t",
    "SELECT to_timestamp(0)",
    "SELECT array_agg(id) FROM t",
    "SELECT string_to_array('a,b', ',')",
    "SELECT unnest(ARRAY[1, 2])",
    "SELECT * FROM generate_series(1, 2)",
    "SELECT regexp_replace(name, 'a', 'b') FROM t",
    "SELECT split_part(name, 'a', 1) FROM t",
    "SELECT date_trunc('day', made) FROM t",
    "SELECT greatest(1, 2), least(1, 2)",
    "SELECT md5(name) FROM t",
    "SELECT EXTRACT(EPOCH FROM made) FROM t",
    "SELECT INTERVAL '1 day'",
    "SELECT pg_sleep(0)",
    "SELECT 1 FROM information_schema.tables",
    "SELECT 1 FROM pg_class",
    "CREATE TYPE mood AS ENUM ('calm')",
    "CREATE DOMAIN age AS integer",
    "CREATE SEQUENCE numbers",
    "CREATE MATERIALIZED VIEW m AS SELECT 1",
    "CREATE SCHEMA other",
    "CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE VIEW v AS SELECT id FROM u",
    "DO $$ BEGIN PERFORM 1; END $$",
    "ALTER INDEX ix_t_name RENAME TO ix_name",
    "ALTER VIEW v RENAME TO w",
    "TRUNCATE t",
    "COMMENT ON TABLE t IS 'x'",
    "GRANT SELECT ON t TO PUBLIC",
    "SET lock_timeout = '4s'",
    "LOCK TABLE t",
    "CREATE INDEX ix ON t USING btree (name)",
    "SELECT DISTINCT ON (name) name FROM t",
    "SELECT 1 FROM t, LATERAL (SELECT t.id) AS x",
    "SELECT 1 FROM t FOR UPDATE",
    "INSERT INTO t (id) VALUES (1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING",
    "DELETE FROM t USING u WHERE t.id = u.id",
    "DELETE FROM t AS x USING u WHERE x.id = u.id",
    "ALTER TABLE IF EXISTS t ADD COLUMN more TEXT",
    "ALTER TABLE ONLY t ADD COLUMN more TEXT",
    "ALTER TABLE t ADD COLUMN IF NOT EXISTS more TEXT",
    "ALTER TABLE t DROP COLUMN IF EXISTS name",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE t RENAME CONSTRAINT t_pkey TO pk_t",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0), VALIDATE CONSTRAINT c",
    "ALTER TABLE t ADD COLUMN a NUMERIC(4, 2), ADD COLUMN b TEXT",
    "DROP TABLE u CASCADE",
    "DROP VIEW v CASCADE",
)
# Statements that SQLite runs and PostgreSQL refuses.
SQLITE = (
    "PRAGMA foreign_keys=OFF",
    "INSERT OR IGNORE INTO t (id) VALUES (1)",
    "INSERT OR REPLACE INTO t (id) VALUES (1)",
    "UPDATE OR IGNORE t SET id = 1",
    "REPLACE INTO t (id) VALUES (1)",
    "CREATE TABLE x (id INTEGER PRIMARY KEY AUTOINCREMENT)",
    "CREATE TABLE x (id INTEGER PRIMARY KEY) WITHOUT ROWID",
    "SELECT 1 FROM t WHERE name GLOB 'a*'",
    "SELECT strftime('%Y', made) FROM t",
    "SELECT julianday('now')",
    "SELECT hex(randomblob(16))",
    "UPDATE t SET made = datetime('now')",
    "SELECT ifnull(name, 'a') FROM t",
    "SELECT group_concat(name) FROM t",
    "SELECT typeof(name) FROM t",
    "SELECT instr(name, 'a') FROM t",
    "SELECT json_extract('{}', '$.a')",
    "SELECT json_set('{}', '$.a', 1)",
    "SELECT name FROM sqlite_master",
    "UPDATE `t` SET `name` = 'a'",
)
# Statements that both run.
BOTH = (
    "UPDATE t SET name = 'now() ::text ILIKE PRAGMA' -- gen_random_uuid()",
    "UPDATE t SET name = CAST(id AS TEXT) /* id::text */",
    'SELECT name AS "glob" FROM t',
    "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO NOTHING",
    "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'a'",
    "INSERT INTO t (id) VALUES (1) RETURNING id",
    "UPDATE t SET name = u.name FROM u WHERE u.id = t.id",
    "WITH x AS (SELECT 1 AS one) SELECT one FROM x",
    "UPDATE t SET made = CURRENT_TIMESTAMP",
    "SELECT coalesce(name, 'a') || 'b' FROM t",
    "SELECT row_number() OVER (PARTITION BY name ORDER BY id) FROM t",
    "CREATE TABLE IF NOT EXISTS x (id INTEGER PRIMARY KEY, a NUMERIC(4, 2), b TEXT)",
    "CREATE UNIQUE INDEX IF NOT EXISTS ix ON t (name) WHERE name IS NOT NULL",
    "CREATE INDEX ix_t_lower ON t (lower(name))",
    "ALTER TABLE t ADD COLUMN more NUMERIC(4, 2)",
    "ALTER TABLE t RENAME COLUMN name TO title",
    "DROP TABLE IF EXISTS nowhere",
    "CREATE TABLE x (id INTEGER REFERENCES t (id) ON DELETE CASCADE)",
    "SELECT 1 FROM t WHERE name NOT LIKE 'a%' AND id IN (SELECT id FROM u)",
)


@pytest.fixture
def on_sqlite() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    for statement in TABLES:
        connection.execute(statement)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def database(postgresql: Server) -> str:
    url = make_url(postgresql.new_database()).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        for statement in TABLES:
            connection.execute(statement)
    return url


def runs_on_postgresql(url: str, statement: str) -> bool:
    """Whether PostgreSQL runs it; nothing of it stays."""
    with psycopg.connect(url) as connection:
        try:
            connection.execute(statement)
        except psycopg.ProgrammingError:
            return False
        finally:
            connection.rollback()
    return True


@pytest.mark.parametrize("statement", POSTGRESQL)
def test_words_of_postgresql_are_refused_by_sqlite(statement: str, on_sqlite: sqlite3.Connection) -> None:
    assert foreign_words(statement, "sqlite")
    assert foreign_words(statement, "postgresql") is None
    with pytest.raises(sqlite3.OperationalError):
        on_sqlite.execute(statement)


@pytest.mark.parametrize("statement", POSTGRESQL)
def test_words_of_postgresql_are_its_own(statement: str, database: str) -> None:
    assert runs_on_postgresql(database, statement)


@pytest.mark.parametrize("statement", SQLITE)
def test_words_of_sqlite_are_its_own(statement: str, on_sqlite: sqlite3.Connection) -> None:
    assert foreign_words(statement, "postgresql")
    assert foreign_words(statement, "sqlite") is None
    on_sqlite.execute(statement)


@pytest.mark.parametrize("statement", SQLITE)
def test_words_of_sqlite_are_refused_by_postgresql(statement: str, database: str) -> None:
    assert not runs_on_postgresql(database, statement)


@pytest.mark.parametrize("statement", BOTH)
def test_nothing_is_said_of_what_sqlite_runs(statement: str, on_sqlite: sqlite3.Connection) -> None:
    assert foreign_words(statement, "sqlite") is None
    on_sqlite.execute(statement)


@pytest.mark.parametrize("statement", BOTH)
def test_nothing_is_said_of_what_postgresql_runs(statement: str, database: str) -> None:
    assert foreign_words(statement, "postgresql") is None
    assert runs_on_postgresql(database, statement)


def test_strings_comments_and_quoted_names_are_emptied() -> None:
    text = "SELECT 'it''s', \"a b\", $$x$$ /* c */ -- d\nFROM t"

    assert without_strings(text).split() == ["SELECT", "'',", '"",', "$$", "FROM", "t"]


def written(kind: object, dialect: sa.engine.Dialect) -> bool:
    """Whether SQLAlchemy has words for the type on the dialect."""
    try:
        sa.schema.CreateTable(sa.Table("t", sa.MetaData(), sa.Column("c", kind))).compile(dialect=dialect)  # type: ignore[arg-type]
    except sa.exc.CompileError:
        return False
    return True


def types_of_postgresql() -> dict[str, object]:
    """The types of SQLAlchemy's PostgreSQL dialect."""
    made: dict[str, object] = {"ARRAY": pg.ARRAY(sa.Integer()), "ENUM": pg.ENUM("a", name="e")}
    for name in pg.__all__:
        kind = getattr(pg, name)
        if isinstance(kind, type) and issubclass(kind, sa.types.TypeEngine) and name not in ("NamedType", "DOMAIN"):
            made.setdefault(name, kind() if name not in made else None)
    return made


@pytest.mark.parametrize("name", sorted(types_of_postgresql()))
def test_the_types_that_sqlite_has_no_words_for_are_those_of_the_table(name: str) -> None:
    kind = types_of_postgresql()[name]
    # SQLAlchemy 2.0.0 had no words for UUID on SQLite; 2.1 has some for JSONB
    if name == "UUID" or (name == "JSONB" and SQLALCHEMY >= (2, 1)):
        return

    assert written(kind, sqlite.dialect()) is (name not in ALONE)


@pytest.mark.parametrize("name", sorted(ALONE))
def test_what_serves_instead_is_written_for_both(name: str) -> None:
    own = types_of_postgresql().get(name)
    both = eval(ALONE[name], {"sa": sa}).with_variant(own, "postgresql") if own else None  # noqa: S307 - our own table

    assert own is not None or name == "CITEXT"
    if both is not None:
        assert written(both, sqlite.dialect())
        assert written(both, pg.dialect())  # type: ignore[no-untyped-call]
