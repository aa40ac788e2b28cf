"""index pending posts by reviewer

What one moderator decided, newest first, is what a second one looks through.

Revision ID: 7d1f4be02c95
Revises: 2d83b41f4ef9
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 11538e20
Create Date: 2026-04-21 12:33:58.604219+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

revision: str = "7d1f4be02c95"
down_revision: str | Sequence[str] | None = "2d83b41f4ef9"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # guard: allow index-blocks-writes -- pending_posts holds a few hundred rows: built in milliseconds
    op.create_index(op.f("ix_pending_posts_reviewed_by_reviewed_at"), "pending_posts", ["reviewed_by", "reviewed_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_pending_posts_reviewed_by_reviewed_at"), table_name="pending_posts")
