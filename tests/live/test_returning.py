"""What counts as lost on the way down, and where it was kept in between."""

from __future__ import annotations

import pytest

from migration_guard.live.climb.returning import Round
from migration_guard.live.rows.contents import Contents, TableContents
from migration_guard.live.steps import Forgotten, Statement

COPY = "UPDATE t SET b = upper(a)"


def rows(*names: str, of: list[tuple[str, ...]]) -> TableContents:
    return TableContents(dict.fromkeys(names, "TEXT"), names[:1], len(of), tuple(of))


def lost(
    before: TableContents,
    above: dict[str, TableContents],
    back: TableContents,
    up: str = "",
    down: str = "",
    **others: TableContents,
) -> list[Forgotten]:
    one = Round(
        Contents({"t": before, **others}),
        Contents({**others, **above}),
        Contents({"t": back, **others}),
        [Statement(up, 1)],
        [Statement(down, 2)],
    )
    return list(one.forgotten())


BEFORE = rows("id", "a", of=[("1", "'xx'"), ("2", "'yy'"), ("3", "NULL")])
EMPTY = rows("id", "a", of=[("1", "NULL"), ("2", "NULL"), ("3", "NULL")])


def moved(*values: str) -> dict[str, TableContents]:
    return {"t": rows("id", "b", of=[(str(number), value) for number, value in enumerate(values, 1)])}


def test_values_that_stood_elsewhere_in_between_and_are_gone_are_forgotten() -> None:
    (found,) = lost(BEFORE, moved("'xx'", "'yy'", "NULL"), EMPTY)

    assert found == Forgotten("t", "a", 2, 2, "'xx'", ("t", "b"), empty=True)
    assert found.sentence == "2 of 2 values of t.a do not come back: t.b held them"


def test_values_that_were_changed_as_they_moved_are_known_by_the_statement() -> None:
    (found,) = lost(BEFORE, moved("'X'", "'Y'", "NULL"), EMPTY, COPY)

    assert found.kept == ("t", "b")


@pytest.mark.parametrize(
    ("above", "up"),
    [
        (moved("0", "0", "0"), ""),
        (moved("'xx'", "NULL", "NULL"), ""),
        (moved("0", "0", "0"), "UPDATE t SET b = 0 WHERE a IS NULL"),
        (moved("NULL", "NULL", "NULL"), COPY),
        ({"t": rows("id", of=[("1",), ("2",), ("3",)])}, ""),
        (moved("'X'", "'Y'", "NULL"), "INSERT INTO _alembic_tmp_t (id, b) SELECT t.id, t.a FROM t"),
    ],
)
def test_without_a_copy_nothing_was_kept(above: dict[str, TableContents], up: str) -> None:
    (found,) = lost(BEFORE, above, EMPTY, up)

    assert found.kept is None
    assert found.sentence == "2 of 2 values of t.a do not come back: upgrade() kept no copy"


def test_flags_that_stand_elsewhere_too_are_there_by_chance() -> None:
    flags = rows("id", "a", of=[("1", "0"), ("2", "1")])

    (found,) = lost(flags, {"t": rows("id", of=[]), "new": flags}, rows("id", "a", of=[("1", "NULL"), ("2", "NULL")]))

    assert found.kept is None


def test_what_comes_back_is_not_forgotten() -> None:
    assert lost(BEFORE, moved("'xx'", "'yy'", "NULL"), BEFORE) == []


def test_a_value_written_otherwise_is_the_same() -> None:
    numbers = rows("id", "a", of=[("1", "10"), ("2", "20")])

    assert lost(numbers, moved("10", "20"), rows("id", "a", of=[("1", "10.00"), ("2", "'20'")])) == []


def test_what_downgrade_writes_by_itself_is_its_own_business() -> None:
    assert lost(BEFORE, moved("'xx'", "'yy'", "NULL"), EMPTY, down="UPDATE t SET a = 'z' WHERE b = 'q'") == []


def test_a_place_that_stays_has_lost_nothing() -> None:
    archive = rows("id", "b", of=[("1", "'xx'"), ("2", "'yy'")])

    (found,) = lost(BEFORE, {"t": rows("id", of=[("1",), ("2",), ("3",)]), "archive": archive}, EMPTY, archive=archive)

    assert found.kept is None


def test_rows_of_a_table_that_were_kept_in_a_new_one_are_named() -> None:
    new = rows("id", "b", of=[("1", "'xx'"), ("2", "'yy'"), ("3", "NULL")])

    (found,) = lost(BEFORE, {"new": new}, rows("id", "a", of=[]))

    assert found == Forgotten("t", None, 3, 3, "id 1, a 'xx'", ("new", None), empty=True)
    assert found.sentence == "3 of 3 rows of t do not come back: new held them"


def test_a_table_that_was_called_otherwise_in_between_is_back() -> None:
    assert lost(BEFORE, {"u": BEFORE}, BEFORE) == []
