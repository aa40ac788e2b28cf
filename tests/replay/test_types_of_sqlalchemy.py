"""SQLAlchemy's types are known as its PostgreSQL dialect writes them, and PostgreSQL's by all the names it gives them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from migration_guard.replay.types import PYTHON, type_of

WRITTEN = {name: getattr(sa, name, None) or getattr(postgresql, name, None) for name in PYTHON}
MADE = {name: kind for name, kind in WRITTEN.items() if kind is not None}
# postgresql.org/docs/current/datatype.html, table 8.1, and the names of the same types in pg_type
NAMES = {
    "smallint": "int2 smallserial",
    "integer": "int int4 serial serial4",
    "bigint": "int8 bigserial serial8",
    "numeric": "decimal",
    "real": "float4",
    "double precision": "float8",
    "varchar": "character varying",
    "char(1)": "char character",
    "boolean": "bool",
    "text": "text",
    "date": "date",
    "bytea": "bytea",
    "uuid": "uuid",
    "json": "json",
    "jsonb": "jsonb",
    "inet": "inet",
    "cidr": "cidr",
    "macaddr": "macaddr",
    "tsvector": "tsvector",
    "hstore": "hstore",
    "money": "money",
    "citext": "citext",
    "interval": "interval",
    "time": "time",
    "timestamp": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time with time zone": "timetz",
}


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_type_of_sqlalchemy_is_the_one_that_its_dialect_writes(name: str) -> None:
    written = MADE[name]().compile(dialect=postgresql.dialect())

    assert type_of(f"sa.{name}()") == type_of(written)
    assert type_of(written) is not None


@pytest.mark.parametrize("kind", NAMES)
def test_another_name_of_a_type_is_the_same_type(kind: str) -> None:
    names = [NAMES[kind]] if kind == "varchar" else NAMES[kind].split()

    assert {str(type_of(name)) for name in names} == {kind}


def test_most_types_of_sqlalchemy_are_held_against_it() -> None:
    assert len(MADE) > 45
