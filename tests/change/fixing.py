"""A project with revisions, and what `fix` makes of them."""

from __future__ import annotations

from pathlib import Path

from migration_guard.change.fix import fix
from migration_guard.config import Settings
from migration_guard.lint import check

VERSIONS = "alembic/versions"
CAREFUL = """\
from alembic import context
from sqlalchemy import MetaData

target_metadata = MetaData({convention})


def run_migrations_online():
    with context.config.attributes["connection"].engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata, render_as_batch=True,
                          transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
"""
CONVENTION = """naming_convention={
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}"""
HEADER = """\
\"\"\"{name}

Revision ID: {name}
Revises: {told}
\"\"\"

from alembic import op
import sqlalchemy as sa

revision = "{name}"
down_revision = {parent!r}
branch_labels = None
depends_on = None

"""
PERSONA = """
def upgrade() -> None:
    op.create_table(
        "persona",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(20), nullable=True),
        sa.Column("mood", sa.String(20), nullable=True),
    )
    op.create_index("ix_persona_mood", "persona", ["mood"])


def downgrade() -> None:
    op.drop_index("ix_persona_mood", table_name="persona")
    op.drop_table("persona")
"""


def project(root: Path, *bodies: str, convention: bool | None = True, env: str | None = None) -> list[Path]:
    """A project whose revisions r1, r2, ... have these functions; the files."""
    (root / VERSIONS).mkdir(parents=True)
    (root / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/alembic\n")
    given = env or CAREFUL.replace("{convention}", CONVENTION if convention else "")
    (root / "alembic" / "env.py").write_text(given)
    files = []
    for number, body in enumerate(bodies, 1):
        parent = f"r{number - 1}" if number > 1 else None
        file = root / VERSIONS / f"r{number}_x.py"
        file.write_text(HEADER.format(name=f"r{number}", told=parent or "", parent=parent) + body)
        files.append(file)
    return files


def settings(root: Path, *databases: str) -> Settings:
    return Settings(root=root, databases=databases or ("sqlite", "postgresql"))


def fixed(root: Path, *wanted: str, databases: tuple[str, ...] = (), dry_run: bool = False) -> int:
    return fix(settings(root, *databases), wanted, dry_run=dry_run)


def rules(root: Path, *databases: str) -> list[str]:
    """The ids of what `check` finds, one for each finding."""
    return [finding.rule.id for finding in check(root, settings(root, *databases)).findings]


def body(file: Path) -> str:
    """The functions of a revision."""
    return "\ndef upgrade" + file.read_text().partition("\ndef upgrade")[2]
