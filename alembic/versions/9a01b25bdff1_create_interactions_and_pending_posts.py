"""create interactions and pending posts

Revision ID: 9a01b25bdff1
Revises: 98d800a0509c
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 9bcbb704
Create Date: 2025-11-25 08:30:19.774036+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "9a01b25bdff1"
down_revision: str | Sequence[str] | None = "98d800a0509c"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "interactions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("persona_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reddit_id", sa.Text(), nullable=False),
        sa.Column("parent_reddit_id", sa.Text(), nullable=True),
        sa.Column("subreddit", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('post', 'comment', 'reply')", name=op.f("ck_interactions_kind")),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["personas.id"], name=op.f("fk_interactions_persona_id_personas"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interactions")),
        sa.UniqueConstraint("reddit_id", name=op.f("uq_interactions_reddit_id")),
    )
    op.create_index(op.f("ix_interactions_persona_id_created_at"), "interactions", ["persona_id", "created_at"])

    op.create_table(
        "pending_posts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("persona_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subreddit", sa.Text(), nullable=False),
        sa.Column("parent_reddit_id", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("draft", JSON, nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_at", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('post', 'comment', 'reply')", name=op.f("ck_pending_posts_kind")),
        sa.CheckConstraint("status IN ('pending', 'approved', 'rejected')", name=op.f("ck_pending_posts_status")),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["personas.id"], name=op.f("fk_pending_posts_persona_id_personas"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_posts")),
    )
    op.create_index(op.f("ix_pending_posts_persona_id"), "pending_posts", ["persona_id"])
    op.create_index(op.f("ix_pending_posts_status_created_at"), "pending_posts", ["status", "created_at"])


def downgrade() -> None:
    op.drop_table("pending_posts")
    op.drop_table("interactions")
