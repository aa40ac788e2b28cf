"""The tables that a branch touches, with what each column was."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_guard.branch import Column

from .histories import MAKE, changes, linear, only


def test_a_new_table_has_its_columns_key_and_foreign_keys(tmp_path: Path) -> None:
    new = """\
op.create_table(
    "Mood",
    sa.Column("Id", sa.BigInteger(), nullable=False),
    sa.Column("persona_id", sa.Integer(), sa.ForeignKey("persona.id")),
    sa.Column("a", sa.Text(), server_default="x"),
    sa.Column("b", sa.Text()),
    sa.PrimaryKeyConstraint("Id"),
    sa.ForeignKeyConstraint(["a", "b"], ["other.a", "other.b"]),
)"""

    table = only(linear(tmp_path, [[MAKE]], [[new]]))

    assert (table.name, table.change, table.was, table.whole) == ("Mood", "added", "", True)
    assert table.columns == (
        Column("Id", "sa.BigInteger()", False, True, "added"),
        Column("persona_id", "sa.Integer()", True, False, "added"),
        Column("a", "sa.Text()", True, False, "added"),
        Column("b", "sa.Text()", True, False, "added"),
    )
    assert set(table.refers_to) == {("persona_id", "persona"), ("a, b", "other")}


def test_columns_are_told_with_what_they_were(tmp_path: Path) -> None:
    base = [
        MAKE,
        'op.add_column("persona", sa.Column("mood", sa.Text(), server_default="calm"))',
        'op.add_column("persona", sa.Column("age", sa.Integer()))',
        'op.add_column("persona", sa.Column("old", sa.Integer()))',
    ]
    new = [
        'op.alter_column("persona", "name", type_=sa.String(80), nullable=False)',
        'op.alter_column("persona", "mood", server_default=None)',
        'op.alter_column("persona", "age", new_column_name="years", server_default="1")',
        'op.drop_column("persona", "old")',
        'op.add_column("persona", sa.Column("extra", sa.Text()))',
    ]

    table = only(linear(tmp_path, [base], [new]))

    assert table.change == "changed"
    assert changes(table) == {
        "id": ("same", ""),
        "name": ("changed", "was sa.String(20), nullable"),
        "mood": ("changed", 'was with default "calm"'),
        "years": ("changed", "was called age, without default"),
        "extra": ("added", ""),
        "old": ("removed", ""),
    }


def test_several_revisions_are_told_as_one_change(tmp_path: Path) -> None:
    first = [
        'op.add_column("persona", sa.Column("a", sa.Text()))',
        'op.alter_column("persona", "name", nullable=False)',
    ]
    second = [
        'op.alter_column("persona", "a", new_column_name="b")',
        'op.alter_column("persona", "name", nullable=True)',
    ]

    table = only(linear(tmp_path, [[MAKE]], [first, second]))

    assert changes(table) == {"id": ("same", ""), "name": ("same", ""), "b": ("added", "")}


def test_one_type_that_is_spelt_otherwise_is_no_change(tmp_path: Path) -> None:
    table = only(linear(tmp_path, [[MAKE]], [['op.execute("ALTER TABLE persona ALTER name TYPE varchar(20)")']]))

    assert changes(table)["name"] == ("same", "")


def test_a_renamed_table_has_one_entry_with_its_old_name_and_keys_name_the_new_one(tmp_path: Path) -> None:
    child = 'op.create_table("edge", sa.Column("id", sa.Integer()), sa.Column("p", sa.Integer(), sa.ForeignKey("persona.id")))'
    new = ['op.rename_table("persona", "people")', 'op.add_column("people", sa.Column("a", sa.Text()))']

    found = linear(tmp_path, [[MAKE], [child]], [new, ['op.add_column("edge", sa.Column("b", sa.Text()))']])

    edge, people = found.tables
    assert (people.name, people.was, people.change, changes(people)["a"]) == (
        "people",
        "persona",
        "changed",
        ("added", ""),
    )
    assert edge.refers_to == (("p", "people"),)


def test_a_table_renamed_long_ago_is_called_as_it_is_now(tmp_path: Path) -> None:
    child = 'op.create_table("edge", sa.Column("p", sa.Integer(), sa.ForeignKey("persona.id")))'
    new = [['op.add_column("edge", sa.Column("b", sa.Text()))']]

    table = only(linear(tmp_path, [[MAKE, child], ['op.rename_table("persona", "people")']], new))

    assert table.refers_to == (("p", "people"),)


def test_a_removed_table_is_shown_as_it_was(tmp_path: Path) -> None:
    table = only(linear(tmp_path, [[MAKE]], [['op.drop_table("persona")']]))

    assert (table.change, [column.name for column in table.columns]) == ("removed", ["id", "name"])
    assert {column.change for column in table.columns} == {"removed"}


def test_a_table_that_is_made_and_dropped_on_the_way_is_not_told(tmp_path: Path) -> None:
    made = 'op.create_table("aside", sa.Column("id", sa.Integer()))'

    assert linear(tmp_path, [[MAKE]], [[made], ['op.drop_table("aside")']]).tables == ()


def test_a_table_copied_to_take_the_place_of_the_old_one_keeps_its_name(tmp_path: Path) -> None:
    copy = [
        'op.execute("CREATE TABLE aside AS SELECT *, 1 AS extra FROM persona")',
        'op.drop_table("persona")',
        'op.rename_table("aside", "persona")',
        'op.alter_column("persona", "extra", nullable=False)',
    ]

    table = only(linear(tmp_path, [[MAKE]], [copy]))

    assert (table.name, table.was, table.change, table.whole) == ("persona", "", "changed", False)
    assert changes(table) == {"extra": ("added", "")}


def test_rows_and_indexes_touch_a_table_whose_columns_stay(tmp_path: Path) -> None:
    rows = only(linear(tmp_path, [[MAKE]], [["op.execute(\"UPDATE persona SET name = 'x'\")"]]))
    index = only(linear(tmp_path, [[MAKE]], [['op.create_index("ix_name", "persona", ["name"])']]))

    assert (rows.change, index.change) == ("same", "changed")
    assert changes(rows) == changes(index) == {"id": ("same", ""), "name": ("same", "")}


def test_a_table_that_no_revision_makes_shows_what_is_known(tmp_path: Path) -> None:
    new = [
        'op.alter_column("legacy", "name", existing_type=sa.String(20), type_=sa.Text())',
        'op.alter_column("legacy", "age", nullable=False)',
        'op.add_column("legacy", sa.Column("mood", sa.Text()))',
    ]

    table = only(linear(tmp_path, [[MAKE]], [new]))

    assert (table.change, table.whole) == ("changed", False)
    assert table.columns == (
        Column("name", "sa.Text()", None, False, "changed", "was sa.String(20)"),
        Column("age", "", False, False, "changed"),
        Column("mood", "sa.Text()", True, False, "added"),
    )


def test_a_schema_that_cannot_be_read_hides_no_table_and_no_new_column(tmp_path: Path) -> None:
    new = [
        'op.add_column("persona", sa.Column("mood", sa.Text()), schema=os.environ["SCHEMA"])',
        'op.alter_column("Views", "name", type_=sa.Text(), schema=os.environ["SCHEMA"])',
    ]

    views, persona = linear(tmp_path, [[MAKE]], [new]).tables

    assert (views.name, views.change, views.whole) == ("Views", "changed", False)
    assert persona.change == "changed"
    assert changes(persona)["mood"] == ("added", "")


def test_a_dropped_column_that_no_revision_makes_is_told_once_by_its_name(tmp_path: Path) -> None:
    new = [
        'op.drop_column("older", "gone")',
        'op.add_column("older", sa.Column("short", sa.Text()))',
        'op.drop_column("older", "short")',
        'op.alter_column("older", "a", new_column_name="b")',
    ]

    table = only(linear(tmp_path, [[MAKE]], [new]))

    assert changes(table) == {"b": ("changed", "was called a"), "gone": ("removed", "")}


def test_sql_that_nobody_can_read_changes_nothing_that_is_told(tmp_path: Path) -> None:
    table = only(
        linear(
            tmp_path, [[MAKE]], [['op.execute("ALTER TABLE persona " + make())', 'op.drop_column("persona", "name")']]
        )
    )

    assert table.columns[0] == Column("id", "sa.Integer()", False, True, "same")


def test_schemas_are_part_of_the_name(tmp_path: Path) -> None:
    make = 'op.create_table("log", sa.Column("id", sa.Integer()), schema="audit")'
    new = 'op.add_column("log", sa.Column("b", sa.Text()), schema="audit")'

    assert only(linear(tmp_path, [[make]], [[new]])).name == "audit.log"


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_only_one_database_gets_is_told_too(dialect: str, tmp_path: Path) -> None:
    only_there = (
        f'if op.get_bind().dialect.name == "{dialect}":\n    op.add_column("persona", sa.Column("a", sa.Text()))'
    )

    table = only(linear(tmp_path, [[MAKE]], [[only_there]]))

    assert changes(table)["a"] == ("added", "")
