"""Which errors say nothing of real rows, as only made-up values bring them about."""

from __future__ import annotations

import enum
import json
import sqlite3
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic.operations.batch import ApplyBatchImpl
from sqlalchemy.exc import IntegrityError, StatementError

from migration_guard.live.climb.interpreting import is_over_a_value


class Mood(enum.Enum):
    CALM = "calm"


def row() -> sa.Row[tuple[str, None]]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT 'abc' AS name, NULL AS nickname")).one()
    engine.dispose()
    return found


ROW = row()
TYPE = sa.Enum(Mood, native_enum=False)


def read_label(value: str | None) -> object:
    return TYPE.result_processor(sa.create_engine("sqlite://").dialect, None)(value)


def raised_by(code: Callable[[], object]) -> BaseException:
    try:
        code()
    except BaseException as error:  # noqa: BLE001 - what the code raises is what we came for
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    "code",
    [
        lambda: json.loads(ROW.name),
        lambda: int(ROW.name),
        lambda: Decimal(ROW.name),
        lambda: uuid.UUID(ROW.name),
        lambda: datetime.fromisoformat(ROW.name),
        lambda: b"\xff".decode(),
        lambda: Mood(ROW.name),
        lambda: Mood[ROW.name],
        lambda: {"red": 1}[ROW.name],
        lambda: ROW.name.split("-")[1],
        lambda: read_label(ROW.name),
    ],
)
def test_code_that_can_make_nothing_of_a_value_says_nothing_of_other_values(code: Callable[[], object]) -> None:
    assert is_over_a_value(raised_by(code))


@pytest.mark.parametrize(
    "code",
    [
        lambda: ROW.nickname.strip(),
        lambda: ROW["name"],
        lambda: ROW._mapping["surname"],
        lambda: ROW[5],
        lambda: int(ROW.nickname),
        lambda: json.loads(ROW.nickname),
        lambda: Mood(ROW.nickname),
        lambda: Mood[ROW.nickname],
        lambda: {"red": 1}[ROW.nickname],
        lambda: ApplyBatchImpl.drop_constraint(None, sa.UniqueConstraint()),  # type: ignore[arg-type]
        lambda: 1 / 0,
    ],
)
def test_nulls_and_the_mere_presence_of_a_row_are_as_in_production(code: Callable[[], object]) -> None:
    assert not is_over_a_value(raised_by(code))


def test_what_a_database_said_counts_whatever_became_of_it() -> None:
    said = IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed"))

    def translated() -> None:
        try:
            raise said
        except IntegrityError as error:
            raise ValueError("no such name") from error

    assert not is_over_a_value(said)
    assert not is_over_a_value(raised_by(translated))


def test_an_error_that_sqlalchemy_wrapped_is_judged_by_what_is_inside() -> None:
    assert is_over_a_value(StatementError("no", "SELECT", {}, LookupError("'abc' is not among the labels")))
    assert not is_over_a_value(StatementError("no", "SELECT", {}, TypeError("a date is wanted")))


def test_errors_that_are_each_others_cause_are_looked_at_once() -> None:
    one, other = ValueError("not a value"), RuntimeError("wrapped")
    one.__cause__, other.__cause__ = other, one

    assert is_over_a_value(one)
