"""link pending posts to interactions

A published post points at the interaction that it became. SQLite cannot add a foreign key to a table that stands,
so the table is rebuilt there, in batch mode.

Revision ID: cb0bf01c3864
Revises: 054e5dde157b
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 d46577df
Create Date: 2026-03-18 10:16:38.493075+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "cb0bf01c3864"
down_revision: str | Sequence[str] | None = "054e5dde157b"
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
    sa.CheckConstraint(
        "status IN ('pending', 'approved', 'rejected', 'published', 'failed')", name="ck_pending_posts_status"
    ),
    sa.ForeignKeyConstraint(
        ["persona_id"], ["personas.id"], name="fk_pending_posts_persona_id_personas", ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_pending_posts"),
    sa.Index("ix_pending_posts_persona_id", "persona_id"),
    sa.Index("ix_pending_posts_status_created_at", "status", "created_at"),
)

LINKED_PENDING_POSTS = PENDING_POSTS.to_metadata(sa.MetaData())
LINKED_PENDING_POSTS.append_column(sa.Column("interaction_id", sa.Text(), nullable=True))
LINKED_PENDING_POSTS.append_constraint(
    sa.ForeignKeyConstraint(
        ["interaction_id"],
        ["interactions.id"],
        name="fk_pending_posts_interaction_id_interactions",
        ondelete="SET NULL",
    )
)


def upgrade() -> None:
    with op.batch_alter_table("pending_posts", copy_from=PENDING_POSTS) as batch_op:
        batch_op.add_column(sa.Column("interaction_id", sa.Text(), nullable=True))
        # guard: allow constraint-scans-rows -- pending_posts holds a few hundred rows: checked in milliseconds
        batch_op.create_foreign_key(
            batch_op.f("fk_pending_posts_interaction_id_interactions"),
            "interactions",
            ["interaction_id"],
            ["id"],
            ondelete="SET NULL",
        )
    # guard: allow index-blocks-writes -- pending_posts holds a few hundred rows: built in milliseconds
    op.create_index(op.f("ix_pending_posts_interaction_id"), "pending_posts", ["interaction_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_pending_posts_interaction_id"), table_name="pending_posts")
    with op.batch_alter_table("pending_posts", copy_from=LINKED_PENDING_POSTS) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_pending_posts_interaction_id_interactions"), type_="foreignkey")
        batch_op.drop_column("interaction_id")
