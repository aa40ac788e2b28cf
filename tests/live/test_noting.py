"""What a reviewer is told of the steps of a revision."""

from __future__ import annotations

import pytest

from migration_guard.branch import Ran, RanSql, RowCount, Trial
from migration_guard.facts import Direction, Place
from migration_guard.live.climb.noting import LONGEST, MOST, OF_LINE, Notes, shown
from migration_guard.live.schema import Difference
from migration_guard.live.steps import Statement, Step

ADD = Statement("ALTER TABLE persona ADD mood TEXT", 12)
DROP = Statement("ALTER TABLE persona DROP mood", 20)


def step(direction: Direction, *statements: Statement, attempt: int = 1, **more: object) -> Step:
    return Step("a", Place("a.py"), "sqlite", "sqlite", direction, attempt, statements=statements, **more)  # type: ignore[arg-type]


def test_each_way_is_told_with_its_statements_and_the_rows_of_what_is_touched() -> None:
    notes = Notes()
    notes.ended(step("upgrade", ADD), {"persona": 4, "belief": 4}, {"persona": 4, "belief": 4})
    notes.ended(step("downgrade", DROP), {"persona": 4, "belief": 4}, {"persona": 4, "belief": 3})
    notes.ended(step("upgrade", ADD, attempt=2), {"persona": 4, "belief": 3}, {"persona": 4, "belief": 3})

    rows = RowCount("persona", 4, 4)
    assert notes.trial("a", "sqlite") == Trial(
        "a",
        "sqlite",
        (
            Ran("upgrade", 1, None, sql=(RanSql(12, ADD.sql),), rows=(RowCount("belief", 4, 4), rows)),
            Ran("downgrade", 1, None, sql=(RanSql(20, DROP.sql),), rows=(RowCount("belief", 4, 3), rows)),
            Ran("upgrade", 2, None, rows=(RowCount("belief", 3, 3), rows)),
        ),
    )


def test_a_table_that_comes_or_goes_has_no_count_on_that_side() -> None:
    notes = Notes()
    notes.ended(step("upgrade", Statement("CREATE TABLE mood (id INTEGER)", 9)), {}, {"audit.mood": 0})
    notes.ended(step("downgrade", Statement("DROP TABLE mood", 9)), {"audit.mood": 0}, {})

    assert [ran.rows for ran in notes.trial("a", "sqlite").steps] == [
        (RowCount("audit.mood", None, 0),),
        (RowCount("audit.mood", 0, None),),
    ]


def test_a_way_that_fails_with_rows_is_told_once_with_all_that_it_runs_without_them() -> None:
    notes = Notes()
    notes.failed(step("upgrade", ADD), "IntegrityError: NULL; on empty tables it works")
    notes.ended(step("upgrade", ADD, DROP), {"persona": 0}, {"persona": 0})
    notes.ended(step("downgrade", DROP), {"persona": 0}, {"persona": 0})
    notes.ended(step("upgrade", ADD, DROP, attempt=2), {"persona": 0}, {"persona": 0})

    up, down, again = notes.trial("a", "sqlite").steps
    assert (up.failed, up.rows) == ("IntegrityError: NULL; on empty tables it works", ())
    assert up.sql == (RanSql(12, ADD.sql), RanSql(20, DROP.sql))
    assert (down.failed, down.rows) == (None, (RowCount("persona", 0, 0),))
    assert again.sql == ()


def test_the_rows_of_a_way_that_went_well_stay_those_of_its_first_time() -> None:
    notes = Notes()
    notes.ended(step("upgrade", ADD), {"persona": 4}, {"persona": 4})
    notes.ended(step("upgrade", ADD), {"persona": 0}, {"persona": 0})
    notes.failed(step("downgrade", DROP), "ValueError: no; on empty tables it works")

    up, down = notes.trial("a", "sqlite").steps
    assert (up.rows, down.rows) == ((RowCount("persona", 4, 4),), ())


def test_what_is_left_and_rows_that_are_lost_are_told() -> None:
    notes = Notes()
    left = (Difference("enum", "mood", None, "added"),)
    notes.ended(step("downgrade", DROP, left=left, lost=("1 of 4 rows of belief is gone",)), {}, {})

    (down,) = notes.trial("a", "sqlite").steps
    assert down.left == ("enum mood is left behind", "1 of 4 rows of belief is gone")


def test_a_second_way_up_that_runs_other_statements_has_them() -> None:
    notes = Notes()
    notes.ended(step("upgrade", ADD), {}, {})
    notes.ended(step("upgrade", DROP, attempt=2), {}, {})

    assert [ran.sql for ran in notes.trial("a", "sqlite").steps] == [(RanSql(12, ADD.sql),), (RanSql(20, DROP.sql),)]


def test_a_statement_that_runs_several_times_in_a_row_is_told_once() -> None:
    assert shown([ADD, ADD, DROP, ADD]) == [RanSql(12, ADD.sql, 2), RanSql(20, DROP.sql), RanSql(12, ADD.sql)]


def test_what_is_too_much_is_cut_and_says_so() -> None:
    long = shown([Statement("SELECT 1" + "x" * LONGEST, 3)])
    many = shown([Statement(f"SELECT {number}", number) for number in range(1, MOST + 1_502)])

    assert long[0].sql == "SELECT 1" + "x" * (LONGEST - 8) + "\n-- and 8 more characters"
    assert len(many) == MOST + 1
    assert many[-1] == RanSql(MOST + 1, "-- and 1,501 more statements")


def test_a_loop_over_rows_does_not_hide_what_runs_after_it() -> None:
    loop = [Statement(f"INSERT INTO persona VALUES ({number})", 12) for number in range(10_000)]

    told = shown([*loop, DROP])

    assert len(told) == OF_LINE + 2
    assert told[-2:] == [RanSql(12, "-- and 9,900 more statements of this line"), RanSql(20, DROP.sql)]


@pytest.mark.parametrize(
    ("sql", "seen"),
    [
        ("CREATE ROLE app LOGIN PASSWORD 'hun''ter2' INHERIT", "CREATE ROLE app LOGIN PASSWORD '***' INHERIT"),
        ("ALTER USER app WITH ENCRYPTED password $$hunter2$$", "ALTER USER app WITH ENCRYPTED password '***'"),
        ("SELECT pull('postgresql://app:hunter2@db/app')", "SELECT pull('postgresql://app:***@db/app')"),
        ("ALTER TABLE persona ADD password TEXT", "ALTER TABLE persona ADD password TEXT"),
    ],
)
def test_a_password_is_never_shown(sql: str, seen: str) -> None:
    (told,) = shown([Statement(sql, 1)])

    assert told.sql == seen


def test_what_sqlalchemy_asks_of_the_catalogue_is_left_out() -> None:
    asked = [
        'PRAGMA main.table_xinfo("persona")',
        'PRAGMA main.index_info("ix")',
        'PRAGMA temp.index_list("persona")',
        "SELECT sql FROM  (SELECT * FROM sqlite_master UNION ALL   SELECT * FROM sqlite_temp_master) WHERE name = ?",
        "SELECT pg_catalog.pg_class.relname \nFROM pg_catalog.pg_class",
    ]
    own = ["PRAGMA foreign_keys = OFF", "SELECT 1 FROM persona", "INSERT INTO a SELECT name FROM sqlite_master"]

    assert [one.sql for one in shown([Statement(sql, 1) for sql in (*asked, *own)])] == own
