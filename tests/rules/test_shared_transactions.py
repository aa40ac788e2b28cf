"""What rules say where several revisions share one transaction, and what their advice does about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_guard.config import load
from migration_guard.facts import (
    AddColumn,
    AddEnumValue,
    Base,
    Column,
    Context,
    CreateConstraint,
    Environment,
    Function,
    History,
    Migration,
    Operation,
    Place,
    Policy,
    ValidateConstraint,
    WriteRows,
)
from migration_guard.findings import Finding
from migration_guard.lint import check
from migration_guard.lint.judging import judges_for, on_migration

from .samples import project

DIALECTS = frozenset({"postgresql"})
ENV = "alembic/env.py"
ONE_FOR_ALL = Environment(Place(ENV), found=True, configure_at=Place(ENV, 7), transaction_per_migration=False)
ONE_EACH = Environment(Place(ENV), found=True, configure_at=Place(ENV, 7), transaction_per_migration=True)
OLD = Migration("old.py", Place("old.py", 3), "old")
ADDED = CreateConstraint(
    at=Place("first.py", 9),
    direction="upgrade",
    kind="foreign key",
    name="fk_post_persona",
    table="post",
    references="persona",
    not_valid=True,
)
VALIDATED = ValidateConstraint(
    at=Place("second.py", 9),
    direction="upgrade",
    source="ALTER TABLE post VALIDATE CONSTRAINT fk_post_persona",
    by_sql=True,
    name="fk_post_persona",
    table="post",
)
VALUE = AddEnumValue(
    at=Place("first.py", 9),
    direction="upgrade",
    source="ALTER TYPE mood ADD VALUE 'calm'",
    by_sql=True,
    type="mood",
    value="calm",
)
USE = WriteRows(
    at=Place("second.py", 9),
    direction="upgrade",
    source="UPDATE persona SET mood = 'calm' WHERE id = 7",
    by_sql=True,
    kind="update",
    table="persona",
    columns=("mood",),
    where=True,
    one_row_each=True,
)
LOCKING = AddColumn(at=Place("first.py", 9), direction="upgrade", table="persona", column=Column("mood"))
FILLING = WriteRows(
    at=Place("second.py", 9),
    direction="upgrade",
    source="UPDATE persona SET mood = '' WHERE mood IS NULL",
    by_sql=True,
    kind="update",
    table="persona",
    columns=("mood",),
    where=True,
    where_null=("mood",),
)


def said(rule: str, environment: Environment, first: Operation, second: Operation) -> list[Finding]:
    """What a rule says about the second of two revisions that the base branch does not have."""
    one = Migration(
        "first.py", Place("first.py", 3), "first", parents=("old",), upgrade=Function(Place("first.py", 5), (first,))
    )
    two = Migration(
        "second.py",
        Place("second.py", 3),
        "second",
        parents=("first",),
        upgrade=Function(Place("second.py"), (second,)),
    )
    history = History(
        Place("alembic.ini"), (OLD, one, two), heads=(two,), base=Base("main", (OLD,), (OLD,)), environment=environment
    )
    found = on_migration(judges_for(DIALECTS), two, history, Policy(dialects=DIALECTS))
    return [finding for finding in found if finding.rule.id == rule]


PAIRS = [
    ("validated-in-same-transaction", ADDED, VALIDATED),
    ("enum-value-used-before-commit", VALUE, USE),
    ("backfill-in-ddl-transaction", LOCKING, FILLING),
]


@pytest.mark.parametrize(("rule", "first", "second"), PAIRS)
def test_a_later_revision_does_not_help_where_all_run_in_one_transaction(
    rule: str, first: Operation, second: Operation
) -> None:
    findings = said(rule, ONE_FOR_ALL, first, second)

    assert [finding.at.path for finding in findings] == ["second.py"]
    assert "first.py, line 9," in findings[0].says
    assert "alembic/env.py (line 7) runs all pending revisions in one transaction" in findings[0].says
    assert "autocommit_block()" in findings[0].instead


@pytest.mark.parametrize(("rule", "first", "second"), PAIRS)
def test_a_later_revision_is_enough_where_each_has_a_transaction(
    rule: str, first: Operation, second: Operation
) -> None:
    assert said(rule, ONE_EACH, first, second) == []


UPGRADE = '''"""One.

Revision ID: 1f
"""

# settings: databases = ["postgresql"]

import sqlalchemy as sa
from alembic import op

revision = "1f"
down_revision = None


def upgrade() -> None:
{body}


def downgrade() -> None:
    raise NotImplementedError  # irreversible: only a test
'''


def advice(folder: Path, rule: str, *lines: str, each: bool = True) -> str:
    """The advice of a rule for these lines of an upgrade."""
    body = "\n".join(f"    {line}" for line in lines)
    root = project(folder, {"one.py": UPGRADE.format(body=body).encode()})
    if not each:
        env = root / "alembic" / "env.py"
        env.write_text(env.read_text().replace("            transaction_per_migration=True,\n", ""))
    return next(one.instead for one in check(root, load(root)).findings if one.rule.id == rule)


def test_next_revision_waits_for_the_commit_where_all_run_in_one_transaction(tmp_path: Path) -> None:
    lines = (
        'op.create_foreign_key("fk", "post", "persona", ["persona_id"], ["id"])',
        'op.add_column("post", sa.Column("note", sa.Text()))',
    )

    each = advice(tmp_path / "each", "constraint-scans-rows", *lines)
    together = advice(tmp_path / "together", "constraint-scans-rows", *lines, each=False)

    later = 'op.execute("ALTER TABLE post VALIDATE CONSTRAINT fk")'
    assert each.splitlines()[-1] == later
    assert together.splitlines()[-2:] == ["with op.get_context().autocommit_block():", f"    {later}"]


def test_lines_that_need_the_values_follow_the_backfill_in_a_third_revision(tmp_path: Path) -> None:
    instead = advice(
        tmp_path,
        "backfill-in-ddl-transaction",
        'op.add_column("persona", sa.Column("mood", sa.Text()))',
        "op.execute(\"UPDATE persona SET mood = '' WHERE mood IS NULL\")",
        'op.alter_column("persona", "name", nullable=False)',
        'op.alter_column("persona", "mood", nullable=False)',
    )

    assert instead.split("# --- in the next revision ---\n")[1:] == [
        "op.execute(\"UPDATE persona SET mood = '' WHERE mood IS NULL\")\n",
        'op.alter_column("persona", "mood", nullable=False)',
    ]


def test_context_without_a_migration_is_no_error() -> None:
    context = Context(Policy(dialects=DIALECTS), History(Place("alembic.ini")))
    judges = [judge for _, judge in judges_for(DIALECTS)[WriteRows]]

    assert [finding for judge in judges for finding in judge(USE, context)] == []
