"""index interactions by subreddit

What a persona wrote in one subreddit, newest first, is read before each reply there.

Revision ID: 6e2fb0656425
Revises: 054e5dde157b
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 7f265ad6
Create Date: 2026-03-17 09:41:26.150742+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

revision: str = "6e2fb0656425"
down_revision: str | Sequence[str] | None = "054e5dde157b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # guard: allow index-blocks-writes -- built while the agent was stopped; today it would be built concurrently
    op.create_index(
        op.f("ix_interactions_persona_id_subreddit_created_at"),
        "interactions",
        ["persona_id", "subreddit", "created_at"],
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_interactions_persona_id_subreddit_created_at"), table_name="interactions")
