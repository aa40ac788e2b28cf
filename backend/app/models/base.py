"""What every model shares: names of constraints, and how keys, times and JSON are stored on both databases."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated
from uuid import uuid4

from sqlalchemy import JSON, CheckConstraint, Dialect, Float, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

# A constraint without a name cannot be dropped by a later migration, and SQLite never gives one by itself.
NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment as ISO 8601 text in UTC, always with microseconds, so that the order of the text is that of time."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """The text to store. Raises ValueError for a time without a zone, whose moment nobody can know."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone: use datetime.now(timezone.utc)")
        return value.astimezone(timezone.utc).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        """The moment that was stored, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


def new_id() -> str:
    """A random UUID as text, in the form that both databases store."""
    return str(uuid4())


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(timezone.utc)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """A check that the column holds one of these words. A migration can change it on both databases."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def from_0_to_1(column: str) -> CheckConstraint:
    """A check that the column holds a share: no less than 0 and no more than 1."""
    return CheckConstraint(f"{column} >= 0 AND {column} <= 1", name=column)


Key = Annotated[str, mapped_column(Text, primary_key=True, default=new_id)]
CreatedAt = Annotated[datetime, mapped_column(UtcDateTime, default=utc_now)]
UpdatedAt = Annotated[datetime, mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)]


class Base(DeclarativeBase):
    """The parent of every model."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  # read by SQLAlchemy, which declares it a plain attribute
        str: Text(),
        float: Float(),  # double precision on PostgreSQL, whichever SQLAlchemy reads the annotation
        datetime: UtcDateTime(),
    }
