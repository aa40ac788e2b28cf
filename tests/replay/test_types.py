from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given
from hypothesis import strategies as st

from migration_guard.facts import EnumType, Place, Unread
from migration_guard.replay.changes import change, rewrites, sqlite_cast
from migration_guard.replay.types import SqlType, type_of

UNREAD = Unread(Place("a.py"), "a type made at run time")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sa.String(20)", "varchar(20)"),
        ("sa.String(length=20)", "varchar(20)"),
        ("String", "varchar"),
        ("sqlmodel.sql.sqltypes.AutoString(length=36)", "varchar(36)"),
        ("postgresql.VARCHAR(20)", "varchar(20)"),
        ("sa.CHAR()", "char(1)"),
        ("sa.Text()", "text"),
        ("sa.Numeric(10, 2)", "numeric(10, 2)"),
        ("sa.Numeric(precision=10, scale=2)", "numeric(10, 2)"),
        ("sa.NUMERIC(10)", "numeric(10, 0)"),
        ("sa.Float()", "double precision"),
        ("sa.Float(24)", "real"),
        ("sa.DateTime()", "timestamp"),
        ("sa.DateTime(timezone=True)", "timestamp with time zone"),
        ("sa.DateTime(True)", "timestamp with time zone"),
        ("postgresql.TIMESTAMP(precision=3, timezone=False)", "timestamp(3)"),
        ("postgresql.ARRAY(sa.Text())", "text[]"),
        ("sa.dialects.postgresql.JSONB(astext_type=sa.Text())", "jsonb"),
        ("sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')", "jsonb"),
        ("sa.JSON().with_variant(sqlite.JSON(), 'sqlite')", "json"),
        ("character varying(20)", "varchar(20)"),
        ("timestamp with time zone", "timestamp with time zone"),
        ("TIMESTAMPTZ(3)", "timestamp(3) with time zone"),
        ("timestamp (3) without time zone", "timestamp(3)"),
        ("double precision", "double precision"),
        ("numeric(10,2)", "numeric(10, 2)"),
        ("int4", "integer"),
        ("bigserial", "bigint"),
        ("text[]", "text[]"),
        ("integer array", "integer[]"),
    ],
)
def test_python_and_sql_name_the_same_types(text: str, expected: str) -> None:
    assert str(type_of(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "app.types.GUID()",
        "model.String(20)",
        "mood",
        "sa.String(LENGTH)",
        "sa.String(length=LENGTH)",
        "sa.String(**options)",
        "sa.DateTime(timezone=ZONED)",
        'sa.String(20, collation="C")',
        "postgresql.ARRAY(GUID())",
        "sa.ARRAY()",
        "numeric(1,2,3)",
        "numeric(1 2)",
        f"varchar({'9' * 5000})",  # more digits than Python makes a number of
        "{...}",
        "",
        None,
        UNREAD,
    ],
)
def test_what_is_not_known_for_certain_is_none(text: str | Unread | None) -> None:
    assert type_of(text) is None


def test_an_enum_is_known_by_its_name_and_one_kept_as_text_by_its_longest_label() -> None:
    native = EnumType("Mood", ("calm", "gloomy"))
    as_text = EnumType("mood", ("calm", "gloomy"), native=False)
    hidden = EnumType("mood", (UNREAD,), native=False)

    assert type_of("sa.Enum('calm', 'gloomy', name='Mood')", native) == SqlType("enum", name="mood")
    assert type_of("sa.Enum('calm', 'gloomy', name='Mood')", native, dialect="sqlite") == SqlType("varchar", (6,))
    assert type_of("sa.Enum('calm', 'gloomy', native_enum=False)", as_text) == SqlType("varchar", (6,))
    assert type_of("sa.Enum(*LABELS, native_enum=False)", hidden) is None


def test_a_using_expression_that_only_casts_changes_nothing() -> None:
    longer = change(type_of("varchar(20)"), type_of("varchar(40)"))

    assert rewrites(longer, None, "title") == "no"
    assert rewrites(longer, "title::varchar(40)", "title") == "no"
    assert rewrites(longer, "upper(title)", "title") == "yes"
    assert rewrites(None, "upper(title)", "title") is None


kinds = st.one_of(
    st.sampled_from([SqlType(k) for k in ("text", "integer", "bigint", "smallint", "date", "json", "jsonb", "uuid")]),
    st.builds(SqlType, st.sampled_from(["varchar", "char"]), st.tuples(st.integers(1, 50))),
    st.builds(lambda p, s: SqlType("numeric", (p + s, s)), st.integers(0, 20), st.integers(1, 9)),
    st.builds(SqlType, st.sampled_from(["timestamp", "time"]), st.tuples(st.integers(0, 6)), st.booleans()),
)


@given(kinds, kinds)
def test_what_loses_nothing_either_way_is_no_narrowing_and_what_is_free_narrows_nothing(
    one: SqlType, other: SqlType
) -> None:
    there, back = change(one, other), change(other, one)

    if there is not None and back is not None:
        assert not (there.rewrites == "no" and there.narrows)
        assert not (one != other and there.rewrites == back.rewrites == "no" and one.size != other.size)
        assert not (there.fails and not there.narrows)
    assert change(one, one) is not None
    assert change(one, one) == change(other, other)


@given(kinds, kinds, kinds)
def test_free_changes_can_be_chained(first: SqlType, second: SqlType, third: SqlType) -> None:
    steps = [change(first, second), change(second, third)]
    if all(step is not None and step.rewrites == "no" for step in steps):
        whole = change(first, third)

        assert whole is not None
        assert whole.rewrites == "no"


CASTS = [
    ("sa.Text()", "sa.Integer()", "n/a"),
    ("sa.String(20)", "sa.Float()", "n/a"),
    ("sa.Text()", "sa.Boolean()", "true"),
    ("sa.Text()", "sa.DateTime()", "2026-11-23 10:00:00"),
    ("sa.String(20)", "sa.Date()", "2026-11-23"),
    ("sa.Date()", "sa.DateTime()", "2026-11-23"),
    ("sa.DateTime()", "sa.Integer()", "2026-11-23 10:00:00"),
    ("sa.Float()", "sa.Integer()", 1.5),
    ("sa.Numeric(10, 2)", "sa.Integer()", 1.5),
    ("sa.Integer()", "sa.Text()", None),
    ("sa.Integer()", "sa.BigInteger()", None),
    ("sa.Integer()", "sa.Float()", None),
    ("sa.Text()", "sa.String(3)", None),
    ("sa.String(20)", "sa.JSON()", None),
    ("sa.DateTime()", "sa.Text()", None),
    ("sa.Uuid()", "sa.String(36)", None),
]
PLAIN = {
    "sa.Integer()": 7,
    "sa.Text()": "a longer text",
    "sa.String(20)": '"a"',
    "sa.DateTime()": "2026-11-23 10:00:00",
}


@pytest.mark.parametrize(("old", "new", "doubtful"), CASTS, ids=lambda value: str(value))
def test_what_a_batch_block_makes_of_a_value_is_foretold(old: str, new: str, doubtful: object) -> None:
    engine = sa.create_engine("sqlite://")
    value = doubtful if doubtful is not None else PLAIN.get(old, "a" * 32)
    with engine.connect() as connection:
        types = {"sa": sa}
        column = sa.Column("c", eval(old, types))  # noqa: S307 - our own text
        sa.Table("t", sa.MetaData(), column).create(connection)
        connection.exec_driver_sql("INSERT INTO t VALUES (?)", (value,))
        with Operations(MigrationContext.configure(connection)).batch_alter_table("t") as batch:
            batch.alter_column("c", type_=eval(new, types))  # noqa: S307 - our own text
        after = connection.exec_driver_sql("SELECT c FROM t").scalar_one()
    engine.dispose()

    found = sqlite_cast(type_of(old, dialect="sqlite"), type_of(new, dialect="sqlite"))

    assert (str(after) != str(value) and after != value) is bool(found)
