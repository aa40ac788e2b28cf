"""Operations in words, as a reviewer reads them."""

from __future__ import annotations

import pytest

from migration_guard import facts
from migration_guard.read.source import read_migration
from migration_guard.rules.shared.questions import questions
from migration_guard.words import _WORDS, sentence

HEAD = "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'a'\ndown_revision = None\n"


def operations(code: str) -> tuple[facts.Operation, ...]:
    body = "\n".join(f"    {line}" for line in code.splitlines())
    upgrade = read_migration(f"{HEAD}def upgrade():\n{body}\n".encode(), "a.py").upgrade
    assert upgrade is not None
    return upgrade.operations


def test_every_operation_has_words() -> None:
    kinds = {kind for kind in vars(facts).values() if isinstance(kind, type) and issubclass(kind, facts.Operation)}

    assert kinds - {facts.Operation} == set(_WORDS)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('op.create_table("t", sa.Column("a", sa.Text()), sa.Column("b", sa.Text()))', "creates table t (a, b)"),
        ('op.drop_table("t")', "drops table t and its rows"),
        ('op.rename_table("t", "u")', "renames table t to u"),
        (
            'op.add_column("t", sa.Column("a", sa.Text(), nullable=False, server_default="x"))',
            'adds t.a sa.Text() NOT NULL default "x"',
        ),
        ('op.drop_column("t", "a")', "drops t.a and its values"),
        ('op.alter_column("t", "a", new_column_name="b")', "changes t.a: renamed to b"),
        ('op.alter_column("t", "a", nullable=True)', "changes t.a: may be NULL"),
        ('op.alter_column("t", "a", server_default=None)', "changes t.a: no default any more"),
        ('op.create_index("i", "t", ["a"], unique=True)', "builds unique index i on t (a)"),
        ('op.drop_index("i", table_name="t")', "drops index i"),
        ('op.create_foreign_key("f", "t", "u", ["a"], ["id"])', "adds foreign key f on t (a) to u"),
        ('op.drop_constraint("c", "t", type_="unique")', "drops unique c of t"),
        ('op.execute("UPDATE t SET a = 1 WHERE b = 2")', "updates some rows of t (a)"),
        ('op.execute("DELETE FROM t")', "deletes every row of t"),
        ("op.execute(\"CREATE TYPE mood AS ENUM ('ok')\")", "creates type mood"),
        ("op.execute(\"ALTER TYPE mood ADD VALUE 'sad'\")", "adds value sad to type mood"),
        ("op.execute(\"ALTER TYPE mood RENAME VALUE 'a' TO 'b'\")", "renames value a of type mood to b"),
        ('op.execute("ALTER INDEX a RENAME TO b")', "renames index a to b"),
        ('op.execute("ALTER TABLE t RENAME CONSTRAINT a TO b")', "renames constraint a on t to b"),
        ('op.execute("CREATE TRIGGER a AFTER INSERT ON t EXECUTE FUNCTION f()")', "creates trigger a on t"),
        ('op.execute("ALTER TABLE t VALIDATE CONSTRAINT c")', "validates constraint c of t"),
        ('op.execute("ALTER TABLE t DETACH PARTITION p CONCURRENTLY")', "changes t: detach partition concurrently"),
        ('op.execute("REINDEX INDEX CONCURRENTLY i")', "runs reindex index i concurrently"),
        ('op.execute("VACUUM")', "runs vacuum"),
        ('op.execute("COMMIT")', "commits the transaction"),
        ("op.execute(\"SET LOCAL lock_timeout = '5s'\")", "sets lock_timeout to 5s until the transaction ends"),
        ('op.execute("TRUNCATE t CASCADE")', "empties t and every table that refers to it"),
        ('op.execute("DROP TABLE t CASCADE")', "drops table t and its rows, and all that depends on it"),
        ('op.execute("SELECT setval(1)")', "runs SQL: SELECT setval(1)"),
    ],
)
def test_a_sentence_names_what_happens_to_what(code: str, words: str) -> None:
    assert [sentence(op) for op in operations(code)] == [words]


def test_a_sentence_says_where_and_whether_it_happens() -> None:
    (branch,) = operations('if op.get_bind().dialect.name == "sqlite":\n    op.drop_table("t")')
    (perhaps,) = operations('if unknown:\n    op.drop_table("t")')

    assert sentence(branch).endswith("(on sqlite only)")
    assert sentence(perhaps).endswith("(perhaps: it stands under a condition)")


@pytest.mark.parametrize(
    ("code", "question"),
    [
        ('op.drop_column("t", "a")\nop.add_column("t", sa.Column("b", sa.Text()))', "Is t.a -> b a rename?"),
        ('op.drop_table("t")\nop.create_table("u")', "Is t -> u a rename?"),
        ('op.drop_table("t")', "use table t any more?"),
        ('op.add_column("t", sa.Column("a", sa.Text(), nullable=False))', "What do the rows of t that exist today get"),
        ('op.alter_column("t", "a", nullable=False)', "Which rows of t have NULL in a today"),
        ('op.alter_column("t", "a", type_=sa.Integer())', "fit the new type sa.Integer()?"),
        ('op.create_index("i", "t", ["a"], unique=True)', "Are there duplicates in t (a) today?"),
        ('op.create_unique_constraint("u", "t", ["a"])', "Do all rows of t satisfy u today?"),
    ],
)
def test_a_reviewer_is_asked_what_autogenerate_cannot_know(code: str, question: str) -> None:
    assert any(question in asked for _, asked in questions(operations(code)))


def test_nothing_is_asked_about_new_tables_and_filled_columns() -> None:
    code = (
        'op.create_table("t")\nop.add_column("t", sa.Column("a", sa.Text(), nullable=False))\n'
        'op.create_foreign_key("f", "t", "u", ["a"], ["id"])\nop.alter_column("t", "a", nullable=False)'
    )
    filled = 'op.execute("UPDATE t SET a = 1")\nop.alter_column("t", "a", nullable=False)'

    assert questions(operations(code)) == []
    assert questions(operations(filled)) == []
