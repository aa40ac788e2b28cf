"""mark locked beliefs

A belief is locked when any stance of it is: add the column, fill it from the stances, then require it.

Revision ID: cbcbfb4db98d
Revises: ec79353ef693
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 f120b9a6
Create Date: 2026-01-13 11:58:07.385561+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "cbcbfb4db98d"
down_revision: str | Sequence[str] | None = "ec79353ef693"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The table at this point, so that SQLite rebuilds it with every check and index, and without a connection for `--sql`.
BELIEF_NODES = sa.Table(
    "belief_nodes",
    sa.MetaData(),
    sa.Column("id", sa.Text(), nullable=False),
    sa.Column("persona_id", sa.Text(), nullable=False),
    sa.Column("title", sa.Text(), nullable=False),
    sa.Column("summary", sa.Text(), nullable=False),
    sa.Column("confidence", sa.Float(), nullable=False),
    sa.Column("tags", sa.JSON(), nullable=False),
    sa.Column("created_at", sa.Text(), nullable=False),
    sa.Column("updated_at", sa.Text(), nullable=False),
    sa.Column("is_locked", sa.Boolean(), nullable=True),
    sa.CheckConstraint("confidence >= 0 AND confidence <= 1", name="ck_belief_nodes_confidence"),
    sa.ForeignKeyConstraint(
        ["persona_id"], ["personas.id"], name="fk_belief_nodes_persona_id_personas", ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_belief_nodes"),
    sa.Index("ix_belief_nodes_persona_id", "persona_id"),
)


def upgrade() -> None:
    op.add_column("belief_nodes", sa.Column("is_locked", sa.Boolean(), nullable=True))
    # guard: allow backfill-in-ddl-transaction -- belief_nodes holds some thousand rows: written within a second
    op.execute(
        "UPDATE belief_nodes SET is_locked = EXISTS ("
        "SELECT 1 FROM stance_versions"
        " WHERE stance_versions.belief_id = belief_nodes.id AND stance_versions.status = 'locked')"
    )
    with op.batch_alter_table("belief_nodes", copy_from=BELIEF_NODES) as batch_op:
        # guard: allow set-not-null-scans -- belief_nodes holds some thousand rows: read in milliseconds
        batch_op.alter_column("is_locked", existing_type=sa.Boolean(), nullable=False)


def downgrade() -> None:
    op.drop_column("belief_nodes", "is_locked")
