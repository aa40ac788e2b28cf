"""A project as small as can be that the db commands look after: three revisions, of which two are pending.

Its ids, its table and its file have the names of the reference application, so that all rounds fit both.
"""

from __future__ import annotations

from pathlib import Path

from tests.operate.project import HEAD, OLDEST, Project

BETWEEN = "cb0bf01c3864"
_ENV = """\
from alembic import context
from sqlalchemy import create_engine, event, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)


def connected(connection, _record):
    connection.isolation_level = None


def begun(connection):
    connection.exec_driver_sql("BEGIN IMMEDIATE")


if engine.dialect.name == "sqlite":
    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)

with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
_REVISION = '''\
"""{words}"""

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {parent!r}


def upgrade():
    {up}


def downgrade():
    {down}
'''
_REVISIONS = (
    (
        OLDEST,
        None,
        'op.create_table("personas", sa.Column("id", sa.Text(), primary_key=True), sa.Column("name", sa.Text()))',
        'op.drop_table("personas")',
    ),
    (BETWEEN, OLDEST, 'op.execute("UPDATE personas SET name = upper(name)")', "pass"),
    (
        HEAD,
        BETWEEN,
        'with op.batch_alter_table("personas") as batch:\n        batch.add_column(sa.Column("age", sa.Integer()))',
        'op.drop_column("personas", "age")',
    ),
)


def small(root: Path, revision: str, rows: int) -> Project:
    """The project in an empty folder, with a database that holds rows and stands at a revision."""
    versions = root / "alembic" / "versions"
    versions.mkdir(parents=True)
    (root / "data").mkdir()
    (root / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/alembic\nsqlalchemy.url = sqlite:///data/reddit_agent.db\n"
    )
    (root / "pyproject.toml").write_text("[tool.migration-guard]\n")
    (root / "alembic" / "env.py").write_text(_ENV)
    for name, parent, up, down in _REVISIONS:
        text = _REVISION.format(words=f"revision {name}", revision=name, parent=parent, up=up, down=down)
        (versions / f"{name}.py").write_text(text)
    project = Project(root)
    project.alembic("upgrade", revision)
    project.sql(
        "SELECT 1", *(f"INSERT INTO personas (id, name) VALUES ('p{number}', 'ada{number}')" for number in range(rows))
    )
    return project
