"""What SQLite copies a table for, and the user's line inside a batch block."""

from typing import Any

import pytest

from migration_guard.facts import (
    AddColumn,
    AlterColumn,
    Column,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    Operation,
    Place,
    Unread,
    WriteRows,
)
from migration_guard.rules.shared.rebuilds import (
    brings_constraint,
    default_kind,
    from_facts,
    in_batch_block,
    in_place,
    inside_text,
    is_stored,
    may_not_run,
    opens_transaction,
    rebuilds,
)

AT = Place("a.py", 3)
UNREAD = Unread(AT, "made at run time")


def op(fact: type[Operation], /, **fields: Any) -> Any:
    return fact(**{"at": AT, "direction": "upgrade", "table": "persona", **fields})


def add(column: Column, **fields: Any) -> AddColumn:
    made: AddColumn = op(AddColumn, column=column, **fields)
    return made


def batch(fact: type[Operation], /, **fields: Any) -> Any:
    return op(fact, in_batch=True, **fields)


PLAIN = Column("mood", source='sa.Column("mood", sa.Text())')
DROPPED = {"name": "mood"}


@pytest.mark.parametrize(
    ("operation", "copies"),
    [
        (batch(DropColumn, **DROPPED), True),
        (batch(AlterColumn, **DROPPED), True),
        (batch(DropConstraint, **DROPPED), True),
        (batch(CreateConstraint, kind="check", **DROPPED), True),
        (op(DropColumn, **DROPPED), False),
        (batch(DropColumn, recreates=False, **DROPPED), False),
        (batch(DropColumn, dialects=frozenset({"postgresql"}), **DROPPED), False),
        (batch(DropColumn, dialects=frozenset({"sqlite"}), **DROPPED), True),
        (batch(CreateIndex, **DROPPED), False),
        (batch(CreateIndex, recreates=True, **DROPPED), True),
        (batch(DropIndex, recreates=True, **DROPPED), True),
        (batch(CreateTable, recreates=True, columns=()), False),
        (batch(AddColumn, column=PLAIN), False),
        (batch(AddColumn, column=Column("n", server_default='sa.text("0")')), True),
        (batch(AddColumn, column=Column("n", server_default="sa.func.now()")), True),
        (batch(AddColumn, column=Column("n", server_default='"0"')), False),
        (batch(AddColumn, column=Column("n", unique=True)), True),
        (batch(AddColumn, column=Column("n", references="owner.id")), True),
        (batch(AddColumn, column=Column("n", filled_as="stored"), source="sa.Computed('1', persisted=True)"), True),
        (batch(AddColumn, column=Column("n", source="Column(Enum(X, create_constraint = True))")), True),
    ],
)
def test_what_copies_the_table(operation: Operation, copies: bool) -> None:
    assert rebuilds(operation) is copies


@pytest.mark.parametrize(
    ("fields", "perhaps"),
    [
        ({}, False),
        ({"conditional": True}, True),
        ({"conditional": True, "inspected": True}, False),
        ({"swallowed": True}, True),
        ({"conditional": True, "inspected": True, "swallowed": True}, True),
    ],
)
def test_a_line_may_not_run_or_not_stop(fields: dict[str, bool], perhaps: bool) -> None:
    assert may_not_run(op(DropColumn, **DROPPED, **fields)) is perhaps


def test_a_block_that_never_rebuilds_is_no_block() -> None:
    assert in_place(op(DropColumn, **DROPPED))
    assert in_place(batch(DropColumn, recreates=False, **DROPPED))
    assert not in_place(batch(DropColumn, **DROPPED))


@pytest.mark.parametrize(
    ("operation", "opens"),
    [
        (op(WriteRows, kind="update"), True),
        (batch(DropColumn, **DROPPED), True),
        (op(DropColumn, **DROPPED), False),
        (op(WriteRows, kind="update", conditional=True), False),
        (op(WriteRows, kind="update", in_autocommit=True), False),
        (op(WriteRows, kind="update", dialects=frozenset({"postgresql"})), False),
        (op(WriteRows, kind="update", dialects=frozenset({"sqlite"})), True),
    ],
)
def test_what_opens_a_transaction(operation: Operation, opens: bool) -> None:
    assert opens_transaction(operation) is opens


@pytest.mark.parametrize(
    ("operation", "brings"),
    [
        (add(Column("n", unique=True)), "a unique constraint"),
        (add(Column("n", unique=True, index=True)), None),
        (add(Column("n", references="owner.id")), "a foreign key"),
        (add(Column("n", references="owner.id"), by_sql=True), None),
        (add(Column("n", references="owner.id"), source="op.add_column(t, c, inline_references=True)"), None),
        (add(PLAIN), None),
    ],
)
def test_what_a_new_column_brings(operation: AddColumn, brings: str | None) -> None:
    assert brings_constraint(operation) == brings


@pytest.mark.parametrize(
    ("operation", "stored"),
    [
        (add(Column("n", filled_as="stored"), source="Column(Computed('a', persisted = True))"), True),
        (add(Column("n", filled_as="stored"), source="Column(Computed('a'))"), False),
        (add(Column("n", filled_as="stored"), source="ADD n int AS (1) stored", by_sql=True), True),
        (add(Column("n", filled_as="stored"), source="ADD n int AS (1)", by_sql=True), False),
        (add(Column("n"), source="Column(persisted=True)"), False),
    ],
)
def test_what_is_stored_says_so(operation: AddColumn, stored: bool) -> None:
    assert is_stored(operation) is stored


@pytest.mark.parametrize(
    ("default", "kind"),
    [
        ('"calm"', "constant"),
        ("'now()'", "constant"),
        ("0", "constant"),
        ('sa.text("0")', "clause"),
        ("sa.text(\"'calm'::text\")", "clause"),
        ('sa.literal_column("NULL")', "clause"),
        ('sa.text("CURRENT_TIMESTAMP")', "computed"),
        ('sa.text("now()")', "computed"),
        ("sa.true()", "clause"),
        ("sa.sql.expression.false()", "clause"),
        ("sa.literal(1)", "clause"),
        ("sa.func.true()", "computed"),
        ("func.now()", "computed"),
        ("myfunc.now()", None),
        ("sa.text(name)", None),
        ("sa.text(3)", None),
        ("sa.text()", None),
        ("settings.DEFAULT", None),
        ("(", None),
        (None, None),
        (UNREAD, None),
    ],
)
def test_what_sqlite_sees_in_a_default(default: Any, kind: str | None) -> None:
    assert default_kind(Column("n", server_default=default)) == kind


@pytest.mark.parametrize(
    ("default", "kind"),
    [("0", "constant"), ("(-1.5e3)", "constant"), ("'it''s'", "constant"), ("TRUE", "constant"), ("current_date", "computed"), ("(1 + 2)", "computed")],
)  # fmt: skip
def test_what_sqlite_sees_in_a_default_of_sql(default: str, kind: str) -> None:
    assert default_kind(Column("n", server_default=default), by_sql=True) == kind


@pytest.mark.parametrize(
    ("default", "inside"),
    [('sa.text("now()")', "now()"), ('literal_column("1")', "1"), ("sa.func.now()", None), ("sa.text(1)", None), ("(", None), (None, None)],
)  # fmt: skip
def test_the_text_inside_a_default(default: str | None, inside: str | None) -> None:
    assert inside_text(default) == inside


@pytest.mark.parametrize(
    ("source", "name", "inner"),
    [
        ('op.drop_column("persona", "mood")', "drop_column", 'drop_column("mood")'),
        ('op.drop_column(table_name="persona", column_name="mood")', "drop_column", 'drop_column(column_name="mood")'),
        ('op.add_column("persona", column, schema="s", **more)', "add_column", "add_column(column, **more)"),
        ('op.create_foreign_key("fk", "persona", "owner", ["a"], ["id"], source_schema="s")', "create_foreign_key", 'create_foreign_key("fk", "owner", ["a"], ["id"])'),
        ('op.create_foreign_key("fk", source_table="persona", referent_table="owner")', "create_foreign_key", 'create_foreign_key("fk", referent_table="owner")'),
        ('op.create_index("ix", tablename="persona", columns=[])', "create_index", 'create_index("ix", columns=[])'),
        ("op.drop_column(*both)", "drop_column", None),
        ("op.drop_column()", "drop_column", None),
        ("mine", "drop_column", None),
    ],
)  # fmt: skip
def test_a_call_moves_into_a_block(source: str, name: str, inner: str | None) -> None:
    block = in_batch_block(op(DropColumn, name="mood", source=source), "persona", None, name)

    assert block == (inner and f'with op.batch_alter_table("persona") as batch_op:\n    batch_op.{inner}')


def test_a_call_of_a_block_that_never_rebuilds_moves_into_one_that_does() -> None:
    found = in_batch_block(
        batch(DropColumn, name="mood", source='b.drop_column("mood")'), "persona", "s", "drop_column"
    )

    assert found == 'with op.batch_alter_table("persona", schema="s") as batch_op:\n    batch_op.drop_column("mood")'


@pytest.mark.parametrize(
    ("operation", "inner"),
    [
        (op(DropColumn, name="mood"), 'drop_column("mood")'),
        (op(DropConstraint, name="fk", kind="foreign key"), 'drop_constraint("fk", type_="foreignkey")'),
        (op(DropConstraint, name="pk", kind="primary key"), 'drop_constraint("pk", type_="primary")'),
        (op(DropConstraint, name="ck", kind="check"), 'drop_constraint("ck", type_="check")'),
        (op(DropConstraint, name="any"), 'drop_constraint("any")'),
        (op(AlterColumn, name="mood", nullable=False), 'alter_column("mood", nullable=False)'),
        (op(AlterColumn, name="mood", server_default="now()"), 'alter_column("mood", server_default=sa.text("now()"))'),
        (op(AlterColumn, name="mood", drops_default=True), 'alter_column("mood", server_default=None)'),
        (op(AlterColumn, name="mood", nullable=True, drops_default=True), 'alter_column("mood", nullable=True, server_default=None)'),
        (op(AlterColumn, name="mood", nullable=True, type="text"), None),
        (op(AlterColumn, name="mood"), None),
        (op(CreateConstraint, kind="unique", name="uq", columns=("a", "b")), 'create_unique_constraint("uq", ["a", "b"])'),
        (op(CreateConstraint, kind="unique", name=None, columns=("a",)), 'create_unique_constraint("<its name>", ["a"])'),
        (op(CreateConstraint, kind="primary key", name="pk", columns=("a",)), 'create_primary_key("pk", ["a"])'),
        (op(CreateConstraint, kind="check", name="ck", condition="a > 0"), 'create_check_constraint("ck", "a > 0")'),
        (op(CreateConstraint, kind="check", name="ck"), None),
        (op(CreateConstraint, kind="foreign key", name="fk", columns=("a",), references="o", remote_columns=("id",)), 'create_foreign_key("fk", "o", ["a"], ["id"])'),
        (op(CreateConstraint, kind="foreign key", name="fk", columns=("a",), references="o"), None),
        (op(CreateConstraint, kind="foreign key", name="fk", columns=("a",), remote_columns=("id",)), None),
        (op(CreateConstraint, kind="exclude", name="ex", condition="a"), None),
        (op(CreateIndex, name="ix"), None),
    ],
)  # fmt: skip
def test_a_statement_becomes_a_call_in_a_block(operation: Operation, inner: str | None) -> None:
    assert from_facts(operation) == inner
