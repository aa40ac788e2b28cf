from typing import Any

import pytest

from migration_guard.facts import (
    AddColumn,
    Column,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
    OtherCall,
    OtherSql,
    Place,
    RenameTable,
    Unread,
)
from migration_guard.rules.shared.effect import Effect

AT = Place("a.py", 3)
UNREAD = Unread(AT, "a name made at run time")


def up(fact: type[Operation], /, **fields: Any) -> Any:
    return fact(at=AT, direction="upgrade", **fields)


def down(fact: type[Operation], /, **fields: Any) -> Any:
    return fact(at=AT, direction="downgrade", **fields)


def left(ups: list[Operation], downs: list[Operation]) -> list[Operation]:
    return [thing.op for thing in Effect.of(ups, downs).left()]


def lost(ups: list[Operation], downs: list[Operation]) -> list[Operation]:
    return [thing.op for thing in Effect.of(ups, downs).lost()]


WEIGHT = up(AddColumn, table="belief", column=Column("weight"))
INDEX = up(CreateIndex, name="ix_belief_topic", table="belief", columns=("topic",))


def test_column_dropped_from_another_table_is_left() -> None:
    assert left([WEIGHT], [down(DropColumn, table="persona", name="weight")]) == [WEIGHT]


def test_column_dropped_in_another_schema_is_left() -> None:
    made = up(AddColumn, table="belief", schema="one", column=Column("weight"))

    assert left([made], [down(DropColumn, table="belief", schema="two", name="weight")]) == [made]
    assert left([made], [down(DropColumn, table="belief", name="weight")]) == []


def test_index_on_another_column_than_the_dropped_one_is_left() -> None:
    assert left([INDEX], [down(DropColumn, table="belief", name="weight")]) == [INDEX]
    assert left([INDEX], [down(DropColumn, table="belief", name="topic")]) == []


def test_unique_constraint_may_be_dropped_as_the_index_it_is() -> None:
    made = up(CreateConstraint, kind="unique", name="uq_topic", table="belief", columns=("topic",))

    assert left([made], [down(DropIndex, name="uq_topic")]) == []


def test_unnamed_key_is_not_undone_by_dropping_a_constraint_of_another_kind() -> None:
    made = up(CreateConstraint, kind="foreign key", name=None, table="belief", columns=("persona_id",))
    drop = down(DropConstraint, name="uq_topic", table="belief", kind="unique")

    assert left([made], [drop]) == [made]


def test_foreign_key_goes_with_the_table_it_points_to_only_in_a_cascade() -> None:
    made = up(CreateConstraint, kind="foreign key", name="fk", table="belief", columns=("p",), references="persona")

    assert left([made], [down(DropTable, table="persona", cascade=True)]) == []
    assert left([made], [down(DropTable, table="persona")]) == [made]


@pytest.mark.parametrize(
    ("dropped", "goes"),
    [
        (down(DropConstraint, name="persona_pkey", table="persona", cascade=True), True),
        (down(DropConstraint, name="uq_name", table="public.persona", kind="unique", cascade=True), True),
        (down(DropConstraint, name=None, table=UNREAD, cascade=True), True),
        (down(DropColumn, table="persona", name="id", cascade=True), True),
        (down(DropColumn, table="persona", name=UNREAD, cascade=True), True),
        (down(DropConstraint, name="persona_pkey", table="persona"), False),
        (down(DropConstraint, name="ck_mood", table="persona", kind="check", cascade=True), False),
        (down(DropConstraint, name="topic_pkey", table="topic", cascade=True), False),
        (down(DropColumn, table="persona", name="mood", cascade=True), False),
        (down(DropColumn, table="persona", name="id"), False),
    ],
)
def test_foreign_key_goes_with_the_key_or_column_it_points_to_in_a_cascade(dropped: Operation, goes: bool) -> None:
    made = up(
        CreateConstraint,
        kind="foreign key",
        name="fk",
        table="belief",
        columns=("p",),
        references="public.persona",
        remote_columns=("id",),
    )

    assert left([made], [dropped]) == ([] if goes else [made])


def test_renames_in_a_chain_and_in_a_circle_end() -> None:
    renames = [up(RenameTable, table=a, new_name=b) for a, b in [("a", "t"), ("b", "a"), ("t", "b")]]
    made = up(AddColumn, table="a", column=Column("weight"))

    assert left([*renames, made], [down(DropColumn, table="b", name="weight")]) == []


def test_anything_unread_below_keeps_the_rule_silent() -> None:
    for below in (
        down(OtherCall, name="undo"),
        down(OtherSql, text=UNREAD),
        down(OtherSql, text="DO $$ ALTER TABLE belief DROP COLUMN weight $$"),
        down(DropColumn, table=UNREAD, name="weight"),
        down(DropTable, table=UNREAD),
    ):
        assert left([WEIGHT], [below]) == []


def test_sql_about_something_else_hides_nothing() -> None:
    assert left([WEIGHT], [down(OtherSql, text="GRANT SELECT ON persona TO reader")]) == [WEIGHT]


def test_column_that_comes_back_with_its_table_is_not_lost() -> None:
    drop = up(DropColumn, table="belief", name="weight")

    assert lost([drop], [down(CreateTable, table="belief", columns=(Column("weight"),))]) == []
    assert lost([drop], [down(CreateTable, table="belief", columns=(Column("topic"),))]) == [drop]


def test_index_that_comes_back_with_its_column_is_not_lost() -> None:
    drop = up(DropIndex, name="ix_belief_topic", table="belief")

    assert lost([drop], [down(AddColumn, table="belief", column=Column("topic", index=True))]) == []
    assert lost([drop], [down(AddColumn, table="belief", column=Column("topic"))]) == [drop]


def test_of_a_lost_table_its_indexes_are_not_told_again() -> None:
    drop = up(DropTable, table="belief")
    index = up(DropIndex, name="ix_belief_topic", table="belief")

    assert lost([index, drop], []) == [drop]
