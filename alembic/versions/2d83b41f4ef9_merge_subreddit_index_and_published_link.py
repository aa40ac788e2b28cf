"""merge subreddit index and published link

Revision ID: 2d83b41f4ef9
Revises: 6e2fb0656425, cb0bf01c3864
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 4d64d444
Create Date: 2026-03-19 15:02:11.927408+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

revision: str = "2d83b41f4ef9"
down_revision: str | Sequence[str] | None = ("6e2fb0656425", "cb0bf01c3864")
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
