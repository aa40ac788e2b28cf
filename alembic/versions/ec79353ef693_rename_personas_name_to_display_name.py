"""rename personas.name to display_name

Autogenerate proposes a drop and an add here, which would lose every name.

Revision ID: ec79353ef693
Revises: b0b108a68a45
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 7ee52031
Create Date: 2025-12-09 16:20:33.640175+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

revision: str = "ec79353ef693"
down_revision: str | Sequence[str] | None = "b0b108a68a45"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # guard: allow column-renamed -- the agent is one process, stopped for the deploy: no old release runs
    op.alter_column("personas", "name", new_column_name="display_name")


def downgrade() -> None:
    op.alter_column("personas", "display_name", new_column_name="name")
