"""A project whose files show MySQL alone: what its rules say of a column without a value is what MySQL does."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_guard.config import load
from migration_guard.lint import check
from migration_guard.records import replace

from .samples import TODAY, project

REVISION = '''"""adds a column"""

import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade():
    {up}


def downgrade():
    {down}
'''
ADDED = 'op.add_column("persona", sa.Column("{0}", sa.{1}(), nullable=False))'
DROPPED = 'op.drop_column("persona", "{0}")'


def said(folder: Path, up: str, down: str) -> dict[str, str]:
    root = project(folder, {"a1.py": REVISION.format(up=up, down=down).encode()})
    report = check(root, replace(load(root), databases=("mysql",)), today=TODAY)
    return {finding.rule.id: finding.says for finding in report.findings}


@pytest.mark.parametrize(
    ("name", "kind", "words"), [("age", "Integer", "writes 0 or an empty"), ("born", "Date", "fails as")]
)
def test_mysql_fills_a_new_column_without_a_word_but_for_dates(
    tmp_path: Path, name: str, kind: str, words: str
) -> None:
    found = said(tmp_path, ADDED.format(name, kind), DROPPED.format(name))

    assert list(found) == ["not-null-without-default"]
    assert words in found["not-null-without-default"]


@pytest.mark.parametrize(
    ("name", "kind", "rules"), [("age", "Integer", []), ("born", "Date", ["downgrade-readds-not-null"])]
)
def test_on_the_way_down_it_is_no_obstacle_on_mysql(tmp_path: Path, name: str, kind: str, rules: list[str]) -> None:
    found = said(tmp_path, DROPPED.format(name), ADDED.format(name, kind))

    assert [one for one in found if one != "column-dropped"] == rules


@pytest.mark.parametrize(
    ("up", "expected"),
    [
        (
            'op.create_unique_constraint("uq", "order", ["group", "name"])',
            "op.execute('DELETE FROM `order` WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY "
            "`group`, name ORDER BY id) AS nth FROM `order` WHERE `group` IS NOT NULL AND name IS NOT NULL) AS numbered "
            "WHERE nth > 1)')  # or merge the rows that are alike",
        ),
        (
            """op.alter_column("user", "order", existing_type=sa.String(20), nullable=False)""",
            "op.execute('UPDATE `user` SET `order` = \\'\\' WHERE `order` IS NULL')  # or what each row should hold",
        ),
    ],
)
def test_advice_for_mysql_quotes_names_as_mysql_does(tmp_path: Path, up: str, expected: str) -> None:
    root = project(tmp_path, {"a1.py": REVISION.format(up=up, down="raise NotImplementedError").encode()})

    report = check(root, replace(load(root), databases=("mysql",)), today=TODAY)

    assert expected in [finding.instead.split("\n")[0] for finding in report.findings]
