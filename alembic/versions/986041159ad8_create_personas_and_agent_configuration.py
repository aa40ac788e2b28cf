"""create personas and agent configuration

Revision ID: 986041159ad8
Revises:
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 fa2e0a90
Create Date: 2025-11-24 09:12:41.206913+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "986041159ad8"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "personas",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reddit_username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("traits", JSON, nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personas")),
        sa.UniqueConstraint("reddit_username", name=op.f("uq_personas_reddit_username")),
    )
    op.create_table(
        "agent_config",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("persona_id", sa.Text(), nullable=False),
        sa.Column("config_key", sa.Text(), nullable=False),
        sa.Column("config_value", JSON, nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["personas.id"], name=op.f("fk_agent_config_persona_id_personas"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_config")),
        sa.UniqueConstraint("persona_id", "config_key", name=op.f("uq_agent_config_persona_id_config_key")),
    )


def downgrade() -> None:
    op.drop_table("agent_config")
    op.drop_table("personas")
