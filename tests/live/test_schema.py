from __future__ import annotations

import pytest

from migration_guard.live.schema import Difference, Snapshot, differences, tables, without

PERSONA = {
    ("table", "persona"): {},
    ("column", "persona.name"): {"type": "text", "nullable": "no", "table": "persona"},
    ("check", "persona.ck_name"): {"definition": "name <> ''", "table": "persona"},
    ("index", "ix_persona_name"): {"definition": "(name)", "table": "persona"},
}
MOOD = {("table", "mood"): {}, ("column", "mood.id"): {"type": "integer", "nullable": "no", "table": "mood"}}


def sentences(before: dict, after: dict) -> list[str]:
    return [each.sentence() for each in differences(Snapshot(before), Snapshot(after))]


def test_equal_snapshots_do_not_differ() -> None:
    assert sentences(PERSONA, dict(reversed(PERSONA.items()))) == []


def test_a_table_that_came_or_went_is_one_difference_with_all_that_belongs_to_it() -> None:
    assert sentences(PERSONA, PERSONA | MOOD) == ["table mood is left behind"]
    assert sentences(PERSONA | MOOD, MOOD) == ["table persona is missing"]


def test_each_property_that_changed_is_a_difference_of_its_own() -> None:
    after = PERSONA | {("column", "persona.name"): {"type": "varchar(40)", "default": "'x'", "nullable": "no"}}
    before = PERSONA | {("column", "persona.name"): {"type": "varchar(20)", "nullable": "no"}}

    assert sentences(before, after) == [
        "column persona.name: default was not set, is 'x'",
        "column persona.name: type was varchar(20), is varchar(40)",
    ]


def test_what_stands_on_both_sides_under_another_name_was_renamed() -> None:
    after = dict(PERSONA)
    after["check", "persona.ck_other"] = after.pop(("check", "persona.ck_name"))
    after["index", "ix_other"] = after.pop(("index", "ix_persona_name"))

    assert sentences(PERSONA, after) == [
        "check persona.ck_name: name was ck_name, is ck_other",
        "index ix_persona_name: name was ix_persona_name, is ix_other",
    ]


def test_a_constraint_that_lost_its_name_says_so() -> None:
    after = dict(PERSONA)
    after["check", "persona(name <> '')"] = after.pop(("check", "persona.ck_name"))

    assert sentences(PERSONA, after) == ["check persona.ck_name: name was ck_name, is not set"]


def test_a_random_uuid_is_another_one_in_each_database() -> None:
    def of(default: str) -> dict[tuple[str, str], dict[str, str]]:
        return PERSONA | {("column", "persona.name"): {"type": "uuid", "default": default, "nullable": "no"}}

    one, other = "'536e7de0-ca29-4de5-8005-5788d5bdc7f4'::uuid", "'a3486eaa-b439-4ec3-ac5b-f64de26635b3'::uuid"
    assert sentences(of(one), of(other)) == []
    assert len(sentences(of(one), of("'a3486eaa-b439-1ec3-ac5b-f64de26635b3'::uuid"))) == 1
    assert len(sentences(of(one), of(other.replace("uuid", "text")))) == 1


def test_a_column_under_another_name_is_another_column() -> None:
    after = dict(PERSONA)
    after["column", "persona.nick"] = after.pop(("column", "persona.name"))

    assert sentences(PERSONA, after) == ["column persona.name is missing", "column persona.nick is left behind"]


def test_an_index_with_another_definition_is_not_taken_for_a_renamed_one() -> None:
    after = dict(PERSONA)
    del after["index", "ix_persona_name"]
    after["index", "ix_other"] = {"definition": "(name desc)", "table": "persona"}

    assert sentences(PERSONA, after) == ["index ix_other is left behind", "index ix_persona_name is missing"]


def test_a_long_text_is_shortened_around_what_differs() -> None:
    body = "begin " + "pass; " * 100
    before = {("function", "f()"): {"definition": f"{body}return 1;{body}"}}
    after = {("function", "f()"): {"definition": f"{body}return 2;{body}"}}

    (sentence,) = sentences(before, after)

    assert "return 1;" in sentence and "return 2;" in sentence
    assert len(sentence) < 400


@pytest.mark.parametrize("longer", ["x" * 400, "x" * 401])
def test_a_long_text_that_only_goes_on_shows_where(longer: str) -> None:
    before = {("view", "v"): {"definition": "x" * 399}}

    (found,) = differences(Snapshot(before), Snapshot({("view", "v"): {"definition": longer}}))

    was, now = found.sentence().removeprefix("view v: definition was ").split(", is ")
    assert was != now


def test_the_words_fit_the_comparison() -> None:
    difference = Difference("index", "ix_persona_name", "persona", "missing")

    assert difference.sentence(missing="exists in the models only") == "index ix_persona_name exists in the models only"


def test_the_version_table_can_be_left_out_with_all_that_belongs_to_it() -> None:
    assert without(Snapshot(PERSONA | MOOD), {"mood"}) == Snapshot(PERSONA)
    assert without(Snapshot(PERSONA), {"alembic_version"}) == Snapshot(PERSONA)


def test_the_tables_are_named_in_order() -> None:
    assert tables(Snapshot(PERSONA | MOOD)) == ["mood", "persona"]
