"""create the belief graph

Revision ID: 98d800a0509c
Revises: 986041159ad8
Reviewed: Reddit AI Agent Team <maintainers@example.org> 2026-11-23 7b677a2a
Create Date: 2025-11-24 10:47:05.518220+00:00
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "98d800a0509c"
down_revision: str | Sequence[str] | None = "986041159ad8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "belief_nodes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("persona_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.CheckConstraint("confidence >= 0 AND confidence <= 1", name=op.f("ck_belief_nodes_confidence")),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["personas.id"], name=op.f("fk_belief_nodes_persona_id_personas"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_belief_nodes")),
    )
    op.create_index(op.f("ix_belief_nodes_persona_id"), "belief_nodes", ["persona_id"])

    op.create_table(
        "belief_edges",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_belief_edges_not_itself")),
        sa.CheckConstraint(
            "relation IN ('supports', 'contradicts', 'depends_on')", name=op.f("ck_belief_edges_relation")
        ),
        sa.CheckConstraint("weight >= 0 AND weight <= 1", name=op.f("ck_belief_edges_weight")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["belief_nodes.id"], name=op.f("fk_belief_edges_source_id_belief_nodes"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["belief_nodes.id"], name=op.f("fk_belief_edges_target_id_belief_nodes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_belief_edges")),
        sa.UniqueConstraint(
            "source_id", "target_id", "relation", name=op.f("uq_belief_edges_source_id_target_id_relation")
        ),
    )
    op.create_index(op.f("ix_belief_edges_target_id"), "belief_edges", ["target_id"])

    op.create_table(
        "stance_versions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("belief_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('current', 'deprecated', 'locked')", name=op.f("ck_stance_versions_status")),
        sa.ForeignKeyConstraint(
            ["belief_id"],
            ["belief_nodes.id"],
            name=op.f("fk_stance_versions_belief_id_belief_nodes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stance_versions")),
    )
    op.create_index(op.f("ix_stance_versions_belief_id_created_at"), "stance_versions", ["belief_id", "created_at"])

    op.create_table(
        "evidence_links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("belief_id", sa.Text(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("strength", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "source_type IN ('reddit_comment', 'external_link', 'note')", name=op.f("ck_evidence_links_source_type")
        ),
        sa.CheckConstraint("strength IN ('weak', 'moderate', 'strong')", name=op.f("ck_evidence_links_strength")),
        sa.ForeignKeyConstraint(
            ["belief_id"],
            ["belief_nodes.id"],
            name=op.f("fk_evidence_links_belief_id_belief_nodes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_links")),
    )
    op.create_index(op.f("ix_evidence_links_belief_id"), "evidence_links", ["belief_id"])

    op.create_table(
        "belief_updates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("belief_id", sa.Text(), nullable=False),
        sa.Column("old_value", JSON, nullable=True),
        sa.Column("new_value", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("trigger IN ('manual', 'evidence', 'conflict')", name=op.f("ck_belief_updates_trigger")),
        sa.ForeignKeyConstraint(
            ["belief_id"],
            ["belief_nodes.id"],
            name=op.f("fk_belief_updates_belief_id_belief_nodes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_belief_updates")),
    )
    op.create_index(op.f("ix_belief_updates_belief_id_created_at"), "belief_updates", ["belief_id", "created_at"])


def downgrade() -> None:
    op.drop_table("belief_updates")
    op.drop_table("evidence_links")
    op.drop_table("stance_versions")
    op.drop_table("belief_edges")
    op.drop_table("belief_nodes")
