"""What calls tell beside names: what they tolerate, conditions, keys, how columns are filled, how rows are chosen."""

from __future__ import annotations

from typing import Any

import pytest
from reading import only, operations

from migration_guard.facts import (
    AddColumn,
    AlterColumn,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    CreateType,
    DropType,
    TransactionControl,
    Unread,
    WriteRows,
)

TABLE = """
t = sa.table("t", sa.column("id"), sa.column("a"), sa.column("b"), schema="s")
class Persona(Base):
    __tablename__ = "persona"
    __table_args__ = (sa.UniqueConstraint("a"), {"schema": "s"})
    id = sa.Column(sa.Integer, primary_key=True)
    mood = sa.Column(sa.Text())
"""


def told(body: str, *names: str, top: str = "") -> dict[str, Any]:
    """These fields of the one operation of an upgrade."""
    found = only(body, top=top)
    return {name: getattr(found, name) for name in names}


@pytest.mark.parametrize(
    ("body", "tolerant"),
    [
        ('op.create_table("t", if_not_exists=True)', True),
        ('op.drop_table("t", if_exists=True)', True),
        ('op.create_index("i", "t", ["a"], if_not_exists=False)', False),
        ('op.drop_index("i", "t")', False),
        ('op.add_column("t", sa.Column("a", sa.Text()), if_not_exists=True)', True),
        ('sa.Enum("a", name="mood").create(op.get_bind(), checkfirst=True)', True),
        ('sa.Enum("a", name="mood").create(op.get_bind())', False),
        ('postgresql.ENUM("a", name="mood").create(op.get_bind())', True),
        ('postgresql.ENUM("a", name="mood").drop(op.get_bind(), False)', False),
        ('sa.Table("t", sa.MetaData()).drop(op.get_bind(), checkfirst=True)', True),
        ('sa.Sequence("q").create(op.get_bind())', True),
    ],
)
def test_a_call_says_what_it_tolerates(body: str, tolerant: bool) -> None:
    assert only(body).tolerant is tolerant


def test_what_is_tolerated_may_be_known_only_at_run_time_and_is_no_line_of_the_report() -> None:
    assert isinstance(only('op.drop_table("t", if_exists=unknown)').tolerant, Unread)


@pytest.mark.parametrize(
    ("recreate", "recreates"),
    [("", None), (', recreate="auto"', None), (', recreate="always"', True), (', recreate="never"', False)],
)
def test_a_batch_block_says_how_it_alters_the_table(recreate: str, recreates: bool | None) -> None:
    found = only(f'with op.batch_alter_table("t"{recreate}) as b:\n    b.drop_column("a")')

    assert (found.in_batch, found.recreates) == (True, recreates)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("sa.Integer(), sa.Identity()", {"filled_as": "identity", "generated": True, "nullable": False}),
        ("sa.Integer(), sa.Identity(), nullable=True", {"filled_as": "identity", "nullable": True}),
        ('sa.Integer(), sa.Computed("b + 1")', {"filled_as": "stored", "generated": True, "nullable": True}),
        ('sa.Integer(), sa.Computed("b + 1", persisted=False)', {"filled_as": "virtual"}),
        ("sa.Integer(), server_default=sa.Identity()", {"filled_as": "identity"}),
        ("sa.Integer(), primary_key=True", {"filled_as": "serial", "generated": True}),
        ("sa.Integer(), primary_key=True, autoincrement=False", {"filled_as": None, "generated": False}),
        ("sa.Integer()", {"filled_as": None, "generated": False, "python_default": False}),
        ("sa.Integer(), default=0", {"python_default": True, "server_default": None}),
        (
            'sa.Integer(), sa.ForeignKey("u.id", name="fk", ondelete="CASCADE")',
            {"references": "u.id", "references_name": "fk", "on_delete": "CASCADE"},
        ),
        ('sa.Integer(), sa.CheckConstraint("a > 0")', {"check": "a > 0"}),
        ('sa.String(9, collation="C")', {"collation": "C"}),
    ],
)
def test_a_column_tells_how_it_is_filled_and_what_it_refers_to(column: str, expected: dict[str, object]) -> None:
    found = only(f'op.add_column("t", sa.Column("a", {column}))')

    assert isinstance(found, AddColumn)
    assert {name: getattr(found.column, name) for name in expected} == expected


def test_a_new_table_has_its_constraints_whole() -> None:
    found = only(
        """
        op.create_table(
            "t",
            sa.Column("a", sa.Integer()),
            sa.ForeignKeyConstraint(["a", "b"], ["s.u.x", "s.u.y"], name="fk", ondelete="SET NULL"),
            sa.CheckConstraint("a > 0", name="ck"),
            prefixes=["TEMPORARY"],
        )
        """
    )

    assert isinstance(found, CreateTable)
    key, check = found.constraints
    assert (key.references, key.remote_columns, key.on_delete) == ("s.u", ("x", "y"), "SET NULL")
    assert (check.condition, check.source) == ("a > 0", 'sa.CheckConstraint("a > 0", name="ck")')
    assert (found.whole, found.temporary) == (True, True)


@pytest.mark.parametrize("arguments", ["*columns", "sa.Column(name_of(), sa.Text())", "column()"])
def test_a_table_with_columns_that_cannot_be_read_is_not_whole(arguments: str) -> None:
    assert told(f'op.create_table("t", {arguments})', "whole") == {"whole": False}


def test_a_changed_column_tells_how_its_values_are_turned() -> None:
    found = only(
        'op.alter_column("t", "a", type_=sa.Integer(), postgresql_using="a::int", existing_server_default=sa.text("0"))'
    )
    identity = only('op.alter_column("t", "a", server_default=sa.Identity())')

    assert isinstance(found, AlterColumn)
    assert (found.using, found.existing_server_default, found.adds_identity) == ("a::int", 'sa.text("0")', False)
    assert isinstance(identity, AlterColumn)
    assert identity.adds_identity is True


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('["a"], postgresql_where=sa.text("a > 0"), postgresql_using="GIN"', {"where": "a > 0", "method": "gin"}),
        ('["a"], sqlite_where=t.c.a > 0', {"where": Unread}),
        ('[sa.text("lower(a)")]', {"expressions": True}),
        ('["a", sa.func.lower(sa.column("b"))]', {"expressions": True}),
        ('[sa.text("a DESC")]', {"expressions": False}),
        ('["a"]', {"expressions": False, "where": None, "method": None}),
    ],
)
def test_an_index_tells_its_predicate_method_and_expressions(call: str, expected: dict[str, object]) -> None:
    found = only(f'op.create_index("i", "t", {call})')

    assert isinstance(found, CreateIndex)
    for name, value in expected.items():
        said = getattr(found, name)
        assert isinstance(said, Unread) if value is Unread else said == value


def test_a_constraint_tells_condition_target_and_what_happens_on_delete() -> None:
    key, check, without, excluded = operations(
        """
        op.create_foreign_key(
            "fk", "t", "u", ["a"], ["id"], referent_schema="s", ondelete="CASCADE", postgresql_not_valid=True
        )
        op.create_check_constraint("ck", "t", "a > 0")
        op.create_check_constraint("ck", "t", sa.column("a") > 0)
        op.create_exclude_constraint("ex", "t", ("room", "="), ("during", "&&"), using="gist")
        """
    )

    assert isinstance(key, CreateConstraint)
    assert (key.remote_columns, key.references_schema, key.on_delete, key.not_valid) == (("id",), "s", "CASCADE", True)
    assert isinstance(check, CreateConstraint)
    assert check.condition == "a > 0"
    assert isinstance(without, CreateConstraint)
    assert isinstance(without.condition, Unread)
    assert isinstance(excluded, CreateConstraint)
    assert excluded.columns == ("room", "during")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("t.update().where(t.c.a == 1).values(b=2)", {"schema": "s", "where_columns": ("a",), "one_row_each": False}),
        ("sa.update(t).where(t.c.id == 5).values(b=2)", {"table": "t", "one_row_each": True}),
        ("sa.update(Persona).where(Persona.id == 5, Persona.mood.is_(None))", {"where_columns": ("id", "mood")}),
        ("t.update().where(sa.and_(t.c['a'] > 1, sa.text('lower(b) = 1')))", {"where_columns": ("a", "b")}),
        ("t.insert().values(a=1)", {"one_row_each": True, "from_query": False, "idempotent": False}),
        ("t.insert().from_select(['a'], sa.select(u))", {"one_row_each": False, "from_query": True}),
        ("postgresql.insert(t).values(a=1).on_conflict_do_nothing()", {"idempotent": True}),
        ("t.insert().prefix_with('OR IGNORE').values(a=1)", {"idempotent": True}),
        ("meta.tables['persona'].delete()", {"table": "persona", "where": False}),
    ],
)
def test_rows_written_through_sqlalchemy_tell_how_they_are_chosen(body: str, expected: dict[str, object]) -> None:
    assert told(f"op.get_bind().execute({body})", *expected, top=TABLE) == expected


@pytest.mark.parametrize(
    ("statement", "in_batches"),
    [
        ("t.update().where(t.c.id.in_(ids)).values(a=1)", True),
        ("t.update().where(t.c.id == ids[0]).values(a=1)", False),
        ("sa.text('UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t LIMIT 9)')", True),
        ("sa.text('UPDATE t SET a = 1 WHERE b IS NULL')", False),
    ],
)
def test_a_loop_over_parts_of_a_table_writes_in_batches(statement: str, in_batches: bool) -> None:
    line = f"op.get_bind().execute({statement})"

    assert told(f"for ids in parts():\n    {line}", "in_batches", top=TABLE) == {"in_batches": in_batches}
    assert told(line, "in_batches", top=TABLE) == {"in_batches": False}


def test_rows_set_one_by_one_are_an_update_of_their_table() -> None:
    found = operations(
        """
        session = sessionmaker()(bind=op.get_bind())
        query = sa.select(Persona).where(Persona.mood.is_(None)).limit(1000)
        while rows := session.scalars(query).all():
            for row in rows:
                row.mood = "calm"
            session.commit()
        for other in session.scalars(sa.select(Persona)):
            other.id = 1
        """,
        top="from sqlalchemy.orm import sessionmaker\n" + TABLE,
    )

    assert [(op.table, op.schema, op.columns) for op in found if isinstance(op, WriteRows)] == [
        ("persona", "s", ("mood",)),
        ("persona", "s", ("id",)),
    ]
    assert len(found) == 2  # a session leaves the commit to Alembic's transaction


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("op.get_bind().commit()", ["commit"]),
        ("conn = op.get_bind()\nconn.rollback()", ["rollback"]),
        ("with op.get_bind().begin_nested():\n    pass", ["savepoint"]),
        ("op.get_context().connection.commit()", ["commit"]),
        ("sa.orm.Session(bind=op.get_bind()).commit()", []),
        ("sa.orm.Session(bind=op.get_bind()).rollback()", ["rollback"]),
        ("with op.get_bind().engine.connect() as other:\n    other.commit()", []),
        ("with op.get_bind().begin():\n    pass", []),
    ],
)
def test_what_ends_alembics_transaction_is_seen(body: str, what: list[str]) -> None:
    assert [op.what for op in operations(body) if isinstance(op, TransactionControl)] == what


def test_types_are_made_and_dropped_by_the_same_words() -> None:
    made, gone = operations('m = sa.Enum("a", name="m")\nm.create(op.get_bind(), True)\nm.drop(op.get_bind())')

    assert isinstance(made, CreateType)
    assert isinstance(gone, DropType)
    assert (made.tolerant, gone.tolerant) == (True, False)


def test_a_batch_block_says_what_else_it_is_given() -> None:
    block = 'with op.batch_alter_table("t", schema="s", recreate="auto", naming_convention=names, table_args=()) as b:'
    found = only(f'{block}\n    b.drop_column("a")', top='names = {"fk": "fk"}')

    assert found.block_arguments == ("naming_convention", "table_args")
