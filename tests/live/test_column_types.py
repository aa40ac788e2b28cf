"""What is remembered of the types that columns were made with, and which values that gives them."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from migration_guard.live.rows.column_types import ColumnTypes
from migration_guard.live.rows.filling import fill
from migration_guard.live.rows.readable import with_readable_values
from migration_guard.live.shapes import ColumnShape, TableShape
from migration_guard.live.sqlite.shapes import shapes


class Mood(enum.Enum):
    CALM = "calm"
    ANGRY = "angry"


class Json(TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else json.loads(value)


class Names(TypeDecorator[Any]):
    impl = sa.String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value and json.loads(value).copy().sort()


class Secret(TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        raise RuntimeError("no key is set")


class Member(TypeDecorator[Any]):
    impl = sa.String
    cache_ok = True

    def __init__(self, members: type[enum.Enum]) -> None:
        super().__init__(20)
        self.members = members

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.members(value)


MOOD = sa.Enum(Mood, native_enum=False, length=20)


class Database:
    """A SQLite database in memory, with operations to change it and the types that were seen."""

    def __init__(self, connection: Connection, types: ColumnTypes) -> None:
        self.connection = connection
        self.types = types
        self.op = Operations(MigrationContext.configure(connection))

    def labels(self, table: str, column: str) -> tuple[str, ...]:
        shape = next(shape for shape in shapes(self.connection) if shape.name == table)
        found = self.types.readable(shape, self.connection.dialect)
        return next(each.labels for each in found.columns if each.name == column)


@pytest.fixture
def database() -> Iterator[Database]:
    types, engine = ColumnTypes(), sa.create_engine("sqlite://")
    with types.listening(), engine.connect() as connection:
        yield Database(connection, types)
    engine.dispose()


def person(database: Database) -> None:
    database.op.create_table("person", sa.Column("id", sa.Integer, primary_key=True), sa.Column("mood", MOOD))


def test_a_created_column_has_its_labels(database: Database) -> None:
    person(database)

    assert database.labels("person", "mood") == ("CALM", "ANGRY")


def test_an_added_column_has_its_labels(database: Database) -> None:
    person(database)
    database.op.add_column("person", sa.Column("wish", MOOD))

    assert database.labels("person", "wish") == ("CALM", "ANGRY")


@pytest.mark.parametrize("statement", ["ALTER TABLE person RENAME TO human", 'alter table "person" rename to "Human"'])
def test_a_table_renamed_by_sql_keeps_its_labels(statement: str, database: Database) -> None:
    person(database)
    database.connection.exec_driver_sql(statement)

    name = database.connection.exec_driver_sql("SELECT name FROM sqlite_master").scalar_one()
    assert database.labels(name, "mood") == ("CALM", "ANGRY")


def test_a_column_renamed_by_sql_keeps_its_labels(database: Database) -> None:
    person(database)
    database.op.execute("ALTER TABLE person RENAME COLUMN mood TO temper")

    assert database.labels("person", "temper") == ("CALM", "ANGRY")


def test_batch_mode_keeps_the_labels_under_a_new_name(database: Database) -> None:
    person(database)
    with database.op.batch_alter_table("person") as batch:
        batch.alter_column("mood", new_column_name="temper", existing_type=sa.String(20))
        batch.add_column(sa.Column("age", sa.Integer))

    assert database.labels("person", "temper") == ("CALM", "ANGRY")


def test_batch_mode_takes_the_new_type_where_one_is_given(database: Database) -> None:
    person(database)
    with database.op.batch_alter_table("person", recreate="always") as batch:
        batch.alter_column("mood", type_=sa.Enum("old", "new", native_enum=False, length=20))

    assert database.labels("person", "mood") == ("old", "new")


def test_a_table_that_is_made_again_has_forgotten_its_labels(database: Database) -> None:
    person(database)
    database.op.drop_table("person")
    database.op.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, mood VARCHAR(20))")

    assert database.labels("person", "mood") == ()


def test_what_a_failed_step_did_is_forgotten(database: Database) -> None:
    person(database)

    def step() -> None:
        with database.types.undone_on_error():
            database.op.drop_table("person")
            person(database)
            database.op.execute("ALTER TABLE person RENAME COLUMN mood TO wish")
            database.op.execute("ALTER TABLE nowhere RENAME TO person")

    with pytest.raises(sa.exc.OperationalError):
        step()
    database.connection.exec_driver_sql("ALTER TABLE person RENAME COLUMN wish TO mood")  # as a roll-back would

    assert database.labels("person", "mood") == ("CALM", "ANGRY")


def test_models_are_asked_where_the_migration_said_only_text(database: Database) -> None:
    models = sa.MetaData()
    sa.Table("person", models, sa.Column("id", sa.Integer), sa.Column("mood", MOOD), sa.Column("wish", MOOD))
    database.types.take_models([models])
    database.op.create_table(
        "person",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", sa.String(20)),
        sa.Column("wish", sa.Enum("x", "y", native_enum=False)),
    )

    assert database.labels("person", "mood") == ("CALM", "ANGRY")
    assert database.labels("person", "wish") == ("x", "y")


def test_models_are_not_believed_where_the_column_is_no_text(database: Database) -> None:
    models = sa.MetaData()
    sa.Table("person", models, sa.Column("id", sa.Integer), sa.Column("mood", MOOD))
    database.types.take_models([models])
    database.op.create_table("person", sa.Column("id", sa.Integer, primary_key=True), sa.Column("mood", sa.Integer))

    assert database.labels("person", "mood") == ()


DIALECT = sa.create_engine("sqlite://").dialect


@pytest.mark.parametrize(
    ("type_", "kind", "expected", "labels"),
    [
        (MOOD, "varchar", "varchar", ("CALM", "ANGRY")),
        (sa.Enum("a", "b", native_enum=False), "varchar", "varchar", ("a", "b")),
        (Member(Mood), "varchar", "varchar", ("calm", "angry")),
        (Json(), "text", "json", ()),
        (Names(), "text", "text", ("[]", '["a"]')),
        (Secret(), "text", "text", ()),
        (sa.String(40), "varchar", "varchar", ()),
        (MOOD, "int4", "int4", ()),
        (None, "text", "text", ()),
    ],
)
def test_a_column_gets_the_values_that_its_type_can_read(
    type_: Any, kind: str, expected: str, labels: tuple[str, ...]
) -> None:
    column = with_readable_values(ColumnShape("c", kind.upper(), kind), 1, [type_], DIALECT)

    assert (column.kind, column.labels) == (expected, labels)


@pytest.mark.parametrize(
    ("name", "length", "expected"),
    [("settings_json", None, "json"), ("json", 40, "json"), ("jsonish", None, "varchar"), ("a_json", 4, "varchar")],
)
def test_a_text_that_is_called_json_holds_some(name: str, length: int | None, expected: str) -> None:
    shape = ColumnShape(name, "VARCHAR", "varchar", max_length=length)

    assert with_readable_values(shape, 1, [], DIALECT).kind == expected


def test_pickles_are_pickles() -> None:
    column = with_readable_values(ColumnShape("c", "BLOB", "bytea"), 1, [sa.PickleType()], DIALECT)

    assert len(column.labels) == 2


def test_a_table_of_another_schema_has_types_of_its_own() -> None:
    types = ColumnTypes()
    models = sa.MetaData()
    sa.Table("person", models, sa.Column("mood", MOOD), schema="archive")
    types.take_models([models])
    column = ColumnShape("mood", "character varying(20)", "varchar")

    archived, current = (types.readable(TableShape("person", s, (column,)), DIALECT) for s in ("archive", None))

    assert (archived.columns[0].labels, current.columns[0].labels) == (("CALM", "ANGRY"), ())


def test_labels_of_a_parent_go_round_so_that_each_kind_of_child_finds_one(database: Database) -> None:
    database.op.create_table(
        "pet",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Enum("cat", "dog", "fish", native_enum=False), nullable=False),
        sa.UniqueConstraint("kind", "id"),
    )
    for kind in ("cat", "dog", "fish"):
        database.op.create_table(
            kind,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("kind", sa.Enum(kind, native_enum=False), sa.CheckConstraint(f"kind = '{kind}'"), nullable=False),
            sa.ForeignKeyConstraint(["kind", "id"], ["pet.kind", "pet.id"]),
        )
    tables = [database.types.readable(shape, DIALECT) for shape in shapes(database.connection)]

    assert {each.table: each.rows > 0 for each in fill(database.connection, tables, rows=4)} == dict.fromkeys(
        ("pet", "cat", "dog", "fish"), True
    )
