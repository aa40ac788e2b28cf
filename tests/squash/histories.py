"""Small projects with histories to squash, in git repositories of their own."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from tests.change.repository import TEMPLATE, VERSIONS, commit, git

ENV = """\
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
FILE = '''\
"""{message}

Revision ID: {id}
Revises: {told}
Create Date: 2026-01-0{number} 10:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {parent}
branch_labels = {labels}
depends_on = {depends}


def upgrade() -> None:
{up}


def downgrade() -> None:
    pass
'''


def project(root: Path, *revisions: str, url: str = "sqlite://") -> Path:
    """A repository with one revision for each text of statements: r1 <- r2 <- ..., all committed."""
    (root / VERSIONS).mkdir(parents=True)
    (root / "alembic.ini").write_text(
        f"[alembic]\nscript_location = %(here)s/alembic\nsqlalchemy.url = {url}\n", encoding="utf-8"
    )
    (root / "alembic" / "env.py").write_text(ENV, encoding="utf-8")
    (root / "alembic" / "script.py.mako").write_text(TEMPLATE, encoding="utf-8")
    for number, statements in enumerate(revisions, 1):
        revision(root, f"r{number}", statements, *([f"r{number - 1}"] if number > 1 else []), number=number)
    git(root, "init", "-q", "-b", "work")
    commit(root)
    return root


def revision(
    root: Path,
    name: str,
    statements: str,
    *parents: str,
    number: int = 1,
    labels: object = None,
    depends: object = None,
) -> Path:
    """A revision file with these statements in upgrade()."""
    file = root / VERSIONS / f"{name}_step.py"
    text = FILE.format(
        id=name,
        message=f"step {number}",
        told=", ".join(parents),
        number=min(number, 9),
        parent=repr(parents[0] if len(parents) == 1 else parents or None),
        labels=repr(labels),
        depends=repr(depends),
        up=indent(dedent(statements).strip() or "pass", "    "),
    )
    file.write_text(text, encoding="utf-8")
    return file


def files(root: Path) -> list[str]:
    """The names of the files in the revision folder."""
    return sorted(file.name for file in (root / VERSIONS).iterdir() if file.name != "__pycache__")


SQLITE = (
    """
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40, collation="NOCASE"), nullable=False),
        sa.Column("plan", sa.Text(), server_default="it's \\"free\\"", nullable=False),
        sa.Column("score", sa.Numeric(10, 2), server_default=sa.text("(1 + 1)")),
        sa.Column("made", sa.DateTime(), server_default=sa.func.now()),
        sa.Column("shout", sa.Text(), sa.Computed("upper(plan)", persisted=True)),
        sa.CheckConstraint("plan <> ':none' AND \\"score\\" > 0", name="ck_plan"),
        sa.UniqueConstraint("name"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_plan", "user", ["plan"], sqlite_where=sa.text("plan LIKE '%a:b%'"))
    op.create_index("ix_lower", "user", [sa.text("lower(name)")], unique=True)
    """,
    """
    op.create_table("boss", sa.Column("id", sa.Text()), sa.Column("worker", sa.Text(), sa.ForeignKey("worker.id")),
                    sa.PrimaryKeyConstraint("id"))
    op.create_table("worker", sa.Column("id", sa.Text(), primary_key=True),
                    sa.Column("boss", sa.Text(), sa.ForeignKey("boss.id", ondelete="CASCADE", name="fk_boss")))
    op.execute("CREATE TABLE pair (a INT, b BLOB DEFAULT x'00', PRIMARY KEY (a, b)) WITHOUT ROWID")
    op.execute("CREATE TABLE odd (a 'weird type', b UNIQUE ON CONFLICT IGNORE, c GUID NOT NULL)")
    op.execute('CREATE VIEW "names" AS SELECT name, 1 AS y FROM user -- all\\n WHERE 1')
    op.execute("CREATE TRIGGER made AFTER INSERT ON user BEGIN UPDATE user SET plan = 'a'; SELECT 1; END")
    op.create_table("gone", sa.Column("id", sa.Integer(), primary_key=True))
    """,
    """
    op.drop_table("gone")
    op.execute("INSERT INTO worker (id) VALUES ('w1'), ('it''s \\:w2')")
    op.execute("INSERT INTO pair VALUES (1, x'FF')")
    """,
)
POSTGRESQL = (
    """
    op.execute("CREATE SCHEMA other")
    op.execute("CREATE TYPE mood AS ENUM ('so so', 'fine')")
    op.execute("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)")
    op.execute("CREATE SEQUENCE counter START 7")
    op.execute("CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT $1 * 2; $$")
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, comment="what 100% of people see"),
        sa.Column("kind", sa.String(10), server_default="free", nullable=False),
        sa.Column("number", sa.BigInteger(), server_default=sa.text("nextval('counter')")),
        sa.Column("both", sa.Integer(), sa.Computed("id + 1", persisted=True)),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default="{}"),
        sa.CheckConstraint("kind IN ('free', 'paid')", name="ck_kind"),
        sa.UniqueConstraint("name", deferrable=True, initially="DEFERRED", name="uq_name"),
        comment="people's",
    )
    op.execute("ALTER TABLE account ADD COLUMN feels mood DEFAULT 'fine'")
    op.create_index("ix_lower", "account", [sa.text("lower(name)")], unique=True, postgresql_where=sa.text("kind = 'free'"))
    op.create_index("ix_tags", "account", ["tags"], postgresql_using="gin")
    """,
    """
    op.create_table("part", sa.Column("id", sa.Integer(), sa.Identity(always=True, start=5), primary_key=True),
                    sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id", ondelete="SET NULL")), schema="other")
    op.execute("ALTER TABLE account ADD COLUMN part_id integer REFERENCES other.part (id)")
    op.execute("CREATE TABLE odd (n positive, during tsrange, EXCLUDE USING gist (during WITH &&))")
    op.execute("CREATE TABLE log (at date NOT NULL, says text) PARTITION BY RANGE (at)")
    op.execute("CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')")
    op.execute("CREATE VIEW paid AS SELECT id, name FROM account WHERE kind = 'paid'")
    op.execute("CREATE MATERIALIZED VIEW counts AS SELECT kind, count(*) AS n FROM account GROUP BY kind")
    op.execute("CREATE UNIQUE INDEX ix_counts ON counts (kind)")
    op.execute('''CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $body$
      BEGIN
        NEW.kind := '\\:free';  -- as it is
        RETURN NEW;
      END $body$''')
    op.execute("CREATE TRIGGER touched BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION touch()")
    op.execute("ALTER TABLE account ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY own ON account USING (id = twice(1))")
    op.execute("CREATE STATISTICS st ON id, kind FROM account")
    op.rename_table("odd", "strange")
    """,
    """
    op.execute("INSERT INTO account (name, kind) VALUES ('a', 'free'), ('b\\:c', 'paid')")
    op.execute("INSERT INTO other.part (account_id) VALUES (1)")
    """,
)
