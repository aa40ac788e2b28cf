"""Which disagreements of models and schema are a branch's own."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from migration_guard.facts import Place
from migration_guard.live.drift.old import changed, of_the_branch, texts, touched
from migration_guard.live.schema import Difference, Snapshot
from migration_guard.live.steps import Drift


def models(*more: sa.Column[object] | sa.Index, labels: tuple[str, ...] = ("calm",)) -> dict[str, str]:
    metadata = sa.MetaData()
    sa.Table("person", metadata, sa.Column("mood", sa.Enum(*labels, name="mood")), sa.Column("age", sa.Integer), *more)
    sa.Table("audit", metadata, sa.Column("id", sa.Integer), schema="public")
    return texts([metadata], postgresql.dialect())


@pytest.mark.parametrize(
    "other",
    [
        models(sa.Column("name", sa.Text)),
        models(sa.Index("ix_age", "age")),
        models(labels=("calm", "angry")),
    ],
)
def test_a_model_is_changed_by_its_columns_indexes_and_labels(other: dict[str, str]) -> None:
    assert changed(models(), models()) == frozenset()
    assert changed(models(), other) == {"person"}
    assert changed({}, models()) == {"person", "audit"}


def test_an_enum_type_counts_as_touched_by_its_name() -> None:
    before = Snapshot({("table", "person"): {}, ("enum", "mood"): {"labels": "calm"}, ("table", "pet"): {}})
    after = Snapshot({("table", "person"): {}, ("enum", "mood"): {"labels": "calm, angry"}})

    assert touched(before, after) == {"mood", "pet"}


def drift(table: str, *differences: Difference) -> Drift:
    return Drift(table, Place("a.py"), "sqlite", "sqlite", differences)


def test_tables_without_a_model_are_those_that_the_branch_made() -> None:
    unknown = [Difference("table", name, name, "missing") for name in ("a", "b", "c")]
    found = drift("3 tables", *unknown)

    assert of_the_branch(found, {"a", "c"}) == drift("2 tables", unknown[0], unknown[2])
    assert of_the_branch(found, {"c"}) == drift("c", unknown[2])
    assert of_the_branch(found, {"person"}) is None


def test_a_table_is_the_branchs_as_a_whole_or_by_its_enum_type() -> None:
    labels = Difference("enum", "mood", "person", "changed", "labels", "calm", "angry")

    assert of_the_branch(drift("person", labels), {"person"}) == drift("person", labels)
    assert of_the_branch(drift("person", labels), {"mood"}) == drift("person", labels)
    assert of_the_branch(drift("person", labels), {"pet"}) is None
