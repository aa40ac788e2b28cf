"""allow published and failed pending posts

A post stays in the queue when it is published, or when Reddit refuses it. On the way down both count as approved,
which is what they were before.

Revision ID: 054e5dde157b
Revises: cbcbfb4db98d
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 7a867d0a
Create Date: 2026-02-03 13:27:44.802519+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "054e5dde157b"
down_revision: str | Sequence[str] | None = "cbcbfb4db98d"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The table at this point, so that SQLite rebuilds it with every check and index, and without a connection for `--sql`.
PENDING_POSTS = sa.Table(
    "pending_posts",
    sa.MetaData(),
    sa.Column("id", sa.Text(), nullable=False),
    sa.Column("persona_id", sa.Text(), nullable=False),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("subreddit", sa.Text(), nullable=False),
    sa.Column("parent_reddit_id", sa.Text(), nullable=True),
    sa.Column("content", sa.Text(), nullable=False),
    sa.Column("draft", sa.JSON(), nullable=False),
    sa.Column("status", sa.Text(), server_default="pending", nullable=False),
    sa.Column("reviewed_by", sa.Text(), nullable=True),
    sa.Column("reviewed_at", sa.Text(), nullable=True),
    sa.Column("created_at", sa.Text(), nullable=False),
    sa.Column("updated_at", sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('post', 'comment', 'reply')", name="ck_pending_posts_kind"),
    sa.CheckConstraint("status IN ('pending', 'approved', 'rejected')", name="ck_pending_posts_status"),
    sa.ForeignKeyConstraint(
        ["persona_id"], ["personas.id"], name="fk_pending_posts_persona_id_personas", ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_pending_posts"),
    sa.Index("ix_pending_posts_persona_id", "persona_id"),
    sa.Index("ix_pending_posts_status_created_at", "status", "created_at"),
)


def upgrade() -> None:
    with op.batch_alter_table("pending_posts", copy_from=PENDING_POSTS) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_pending_posts_status"), type_="check")
        # guard: allow constraint-scans-rows -- pending_posts holds a few hundred rows: checked in milliseconds
        batch_op.create_check_constraint(
            batch_op.f("ck_pending_posts_status"),
            "status IN ('pending', 'approved', 'rejected', 'published', 'failed')",
        )


def downgrade() -> None:
    op.execute("UPDATE pending_posts SET status = 'approved' WHERE status IN ('published', 'failed')")
    # The check to drop is found by its name, so the table above, which has the older one, serves this way too.
    with op.batch_alter_table("pending_posts", copy_from=PENDING_POSTS) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_pending_posts_status"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_pending_posts_status"), "status IN ('pending', 'approved', 'rejected')"
        )
