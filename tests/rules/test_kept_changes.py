"""What a downgrade keeps of the upgrade's changes, told apart from what it may undo."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from migration_guard.facts import Context, Policy
from migration_guard.rules.incomplete_downgrade import not_undone
from tests.replay.projects import read, source

PG = Policy(dialects=frozenset({"postgresql"}))
TABLE = 'op.create_table("persona", sa.Column("id", sa.Integer()), sa.Column("mood", sa.String(9), nullable=False))'
LONGER = 'op.alter_column("persona", "mood", existing_type=sa.String(9), type_=sa.Text())'
ENUM = 'op.create_table("topic", sa.Column("kind", sa.Enum("a", name="kind")))'
BACK = 'op.drop_table("topic")'
ACTS = 'op.execute("SELECT 1")'


def kept(folder: Path, up: Sequence[str], down: Sequence[str], before: Sequence[str] = (TABLE,)) -> list[str]:
    """What the rule says of the last revision, without the revision's name."""
    texts = {"r0": source("r0", [], before), "r1": source("r1", ["r0"], up, down)}
    one = read(folder, texts)
    found = not_undone(one.by_id["r1"], Context(PG, one, one.by_id["r1"]))
    return [finding.says.removeprefix("Going down from r1 ") for finding in found]


def test_a_change_that_nothing_touches_is_kept(tmp_path: Path) -> None:
    assert kept(tmp_path, [LONGER], [ACTS]) == [
        "leaves column persona.mood with the type sa.Text() that the upgrade gives it."
    ]


@pytest.mark.parametrize(
    "down",
    [
        'op.drop_index("mood", "persona")',
        'op.drop_constraint("mood", "persona")',
        'op.alter_column("persona", "age", nullable=True)',
        'op.alter_column("belief", "mood", nullable=True)',
        'op.alter_column(table(), "age", nullable=True)',
        'op.drop_column("belief", "mood")',
        'op.drop_column("persona", "age")',
        'op.drop_table("mood")',
        'op.rename_table("belief", "thought")',
    ],
)
def test_what_touches_something_else_does_not_undo_it(down: str, tmp_path: Path) -> None:
    assert len([one for one in kept(tmp_path, [LONGER], [down]) if "column persona.mood" in one]) == 1


@pytest.mark.parametrize(
    "down",
    [
        'op.alter_column("persona", "mood", nullable=True)',
        'op.alter_column("persona", column(), nullable=True)',
        'op.alter_column(table(), "mood", nullable=True)',
        "op.alter_column(table(), column(), nullable=True)",
        'op.drop_column("persona", "mood")',
        'op.drop_column("persona", column())',
        'op.drop_column(table(), "mood")',
        'op.drop_table("persona")',
        "op.drop_table(table())",
    ],
)
def test_what_may_touch_the_column_may_undo_it(down: str, tmp_path: Path) -> None:
    assert [one for one in kept(tmp_path, [LONGER], [down]) if "column persona.mood" in one] == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("nullable=True", "leaves column persona.mood nullable, as the upgrade makes it."),
        ("nullable=False", None),
        ("nullable=False, existing_nullable=True", "leaves column persona.mood NOT NULL, as the upgrade makes it."),
        ("nullable=True, existing_nullable=True", None),
        ('comment="how it feels"', None),
        ("existing_type=sa.Text(), existing_nullable=True, server_default=None", None),
        ('new_column_name="temper"', "leaves column persona.mood under its new name temper."),
    ],
)
def test_a_change_counts_against_what_was_before(change: str, says: str | None, tmp_path: Path) -> None:
    found = kept(tmp_path, [f'op.alter_column("persona", "mood", {change})'], [ACTS])

    assert found == ([] if says is None else [says])


def test_three_changes_of_one_column_are_told_once(tmp_path: Path) -> None:
    ups = [
        f'op.alter_column("persona", "mood", existing_type=sa.String(9), type_=sa.String({n}))' for n in (10, 11, 12)
    ]

    assert kept(tmp_path, ups, [ACTS]) == [
        "leaves column persona.mood with the type sa.String(12) that the upgrade gives it."
    ]


@pytest.mark.parametrize(
    ("down", "left"),
    [
        ([BACK], True),
        ([BACK, 'op.execute("DROP TYPE other")'], True),
        ([BACK, 'op.execute("DROP TYPE kind")'], False),
        ([BACK, 'sa.Enum(name="kind").drop(op.get_bind())'], False),
        ([BACK, "sa.Enum(name=kind()).drop(op.get_bind())"], False),
    ],
)
def test_an_enum_type_stays_unless_it_is_dropped_by_name_or_perhaps(
    down: list[str], left: bool, tmp_path: Path
) -> None:
    assert any("enum type kind" in one for one in kept(tmp_path, [ENUM], down)) is left


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ([TABLE], True),
        (["op.execute(\"CREATE TYPE kind AS ENUM ('a')\")"], False),
        (["op.execute(\"CREATE TYPE kind AS ENUM ('a')\")", 'op.execute("DROP TYPE kind")'], True),
    ],
)
def test_an_enum_type_that_an_earlier_revision_made_is_not_this_ones(
    before: list[str], left: bool, tmp_path: Path
) -> None:
    assert any("enum type kind" in one for one in kept(tmp_path, [ENUM], [BACK], before)) is left


def test_a_table_that_stays_keeps_its_enum_type_without_a_word(tmp_path: Path) -> None:
    assert kept(tmp_path, [ENUM], [ACTS]) == [
        "leaves table topic behind: the next upgrade stops because it is there already."
    ]


def test_what_is_made_where_it_is_missing_stops_nothing(tmp_path: Path) -> None:
    made = 'op.create_index("ix", "persona", ["mood"], if_not_exists=True)'

    assert kept(tmp_path, [made], [ACTS]) == ["leaves index ix of persona behind, with nothing left that needs it."]


def test_a_file_without_an_upgrade_leaves_nothing(tmp_path: Path) -> None:
    one = read(tmp_path, {"r0": source("r0", [], [LONGER], [ACTS]).replace("def upgrade", "def up")})

    assert list(not_undone(one.by_id["r0"], Context(PG, one, one.by_id["r0"]))) == []
