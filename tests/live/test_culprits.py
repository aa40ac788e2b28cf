"""Which rows made a step fail, from the words of SQLite and of PostgreSQL."""

from __future__ import annotations

import pytest

from migration_guard.live.climb.culprits import culprits
from migration_guard.live.rows.contents import Contents, TableContents
from migration_guard.live.steps import Failure

PERSON = TableContents(
    columns={"id": "integer", "name": "text", "nickname": "text", "boss": "integer"},
    key=("id",),
    count=4,
    rows=(
        ("1", "'Ada'", "NULL", "7"),
        ("2", "'Bo'", "'b'", "NULL"),
        ("3", "'Ada'", "NULL", "1"),
        ("4", "'It''s me'", "NULL", "7"),
    ),
)
BEFORE = Contents({"person": PERSON, "pets.pet": TableContents({"id": "integer"}, ("id",), 0, ())})


def named(says: str, statement: str = "", detail: str = "") -> tuple[str, ...]:
    return culprits(Failure("Error", says, 14, statement, detail=detail), BEFORE)


@pytest.mark.parametrize(
    "says",
    [
        'column "nickname" of relation "person" contains null values',
        "NOT NULL constraint failed: person.nickname",
        "NOT NULL constraint failed: _alembic_tmp_person.nickname",
    ],
)
def test_rows_without_a_value(says: str) -> None:
    assert named(says) == (
        "person (id 1, nickname NULL, name 'Ada', boss 7)",
        "person (id 3, nickname NULL, name 'Ada', boss 1)",
        "1 more",
    )


def test_a_column_that_the_step_makes_is_empty_in_all_rows() -> None:
    assert named('column "age" of relation "person" contains null values') == ("all 4 of person",)


@pytest.mark.parametrize(
    ("says", "statement", "detail"),
    [
        ("UNIQUE constraint failed: person.name", "", ""),
        (
            'could not create unique index "uq"',
            "CREATE UNIQUE INDEX CONCURRENTLY uq ON public.person (name)",
            "Key (name)=(Ada) is duplicated.",
        ),
        (
            'could not create unique index "uq"',
            'ALTER TABLE ONLY "person" ADD CONSTRAINT uq UNIQUE (name)',
            "Key (name)=(Ada) is duplicated.",
        ),
    ],
)
def test_rows_that_are_alike(says: str, statement: str, detail: str) -> None:
    assert named(says, statement, detail) == (
        "person (id 1, name 'Ada', nickname NULL, boss 7)",
        "person (id 3, name 'Ada', nickname NULL, boss 1)",
    )


def test_rows_alike_in_several_columns_where_nulls_count_as_different() -> None:
    assert named("UNIQUE constraint failed: person.name, person.nickname") == ()


def test_rows_whose_parent_is_missing() -> None:
    says = 'insert or update on table "person" violates foreign key constraint "fk"'
    statement = "ALTER TABLE person ADD CONSTRAINT fk FOREIGN KEY(boss) REFERENCES person (id)"

    assert named(says, statement, 'Key (boss)=(7) is not present in table "person".') == (
        "person (id 1, boss 7, name 'Ada', nickname NULL)",
        "person (id 4, boss 7, name 'It''s me', nickname NULL)",
    )


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ('invalid input syntax for type integer: "It\'s me"', "INTEGER"),
        ("value too long for type character varying(3)", "VARCHAR(3)"),
    ],
)
def test_values_that_do_not_fit_a_new_type(says: str, kind: str) -> None:
    statement = f"ALTER TABLE person ALTER COLUMN name TYPE {kind} USING name::{kind}"

    assert named(says, statement) == ("person (id 4, name 'It''s me', nickname NULL, boss 7)",)


@pytest.mark.parametrize(
    ("says", "statement", "detail"),
    [
        ('relation "ghost" does not exist', "ALTER TABLE ghost ADD COLUMN a INT", ""),
        ('column "a" of relation "ghost" contains null values', "", ""),
        ("UNIQUE constraint failed: index 'uq_lower'", "", ""),
        ("division by zero", "", ""),
        ('could not create unique index "uq"', "DO $$ ... $$", "Key (name)=(Ada) is duplicated."),
        ('column "id" of relation "pet" contains null values', "", ""),
    ],
)
def test_where_the_words_do_not_tell_no_row_is_named(says: str, statement: str, detail: str) -> None:
    assert named(says, statement, detail) == ()
