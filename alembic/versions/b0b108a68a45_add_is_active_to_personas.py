"""add is_active to personas

The server default gives every persona that stands already its value, and serves code that does not know the column.

Revision ID: b0b108a68a45
Revises: 9a01b25bdff1
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 7ee7d878
Create Date: 2025-12-02 14:05:52.091384+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b0b108a68a45"
down_revision: str | Sequence[str] | None = "9a01b25bdff1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("personas", sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    op.drop_column("personas", "is_active")
