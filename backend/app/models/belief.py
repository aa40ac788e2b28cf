"""The belief graph: what a persona holds, how beliefs relate, and why each one changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, CreatedAt, Json, Key, UpdatedAt, from_0_to_1, one_of

if TYPE_CHECKING:
    from .persona import Persona

RELATIONS = ("supports", "contradicts", "depends_on")
STANCE_STATUSES = ("current", "deprecated", "locked")
EVIDENCE_SOURCES = ("reddit_comment", "external_link", "note")
EVIDENCE_STRENGTHS = ("weak", "moderate", "strong")
UPDATE_TRIGGERS = ("manual", "evidence", "conflict")


class BeliefNode(Base):
    """One thing that a persona believes, with the confidence it has today."""

    __tablename__ = "belief_nodes"
    __table_args__ = (from_0_to_1("confidence"),)

    id: Mapped[Key]
    persona_id: Mapped[str] = mapped_column(ForeignKey("personas.id", ondelete="CASCADE"), index=True)
    title: Mapped[str]
    summary: Mapped[str]
    confidence: Mapped[float]
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    is_locked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    persona: Mapped[Persona] = relationship(back_populates="beliefs")
    stances: Mapped[list[StanceVersion]] = relationship(
        back_populates="belief",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="StanceVersion.created_at",
    )
    evidence: Mapped[list[EvidenceLink]] = relationship(
        back_populates="belief", cascade="all, delete-orphan", passive_deletes=True
    )
    updates: Mapped[list[BeliefUpdate]] = relationship(
        back_populates="belief", cascade="all, delete-orphan", passive_deletes=True
    )


class BeliefEdge(Base):
    """How one belief bears on another."""

    __tablename__ = "belief_edges"
    __table_args__ = (
        UniqueConstraint("source_id", "target_id", "relation"),  # its index also serves the key on source_id
        CheckConstraint("source_id <> target_id", name="not_itself"),
        one_of("relation", RELATIONS),
        from_0_to_1("weight"),
    )

    id: Mapped[Key]
    source_id: Mapped[str] = mapped_column(ForeignKey("belief_nodes.id", ondelete="CASCADE"))
    target_id: Mapped[str] = mapped_column(ForeignKey("belief_nodes.id", ondelete="CASCADE"), index=True)
    relation: Mapped[str]
    weight: Mapped[float] = mapped_column(default=0.5)
    created_at: Mapped[CreatedAt]

    source: Mapped[BeliefNode] = relationship(foreign_keys=[source_id])
    target: Mapped[BeliefNode] = relationship(foreign_keys=[target_id])


class StanceVersion(Base):
    """What a persona said about a belief at one time. The newest current one counts; a locked one stays."""

    __tablename__ = "stance_versions"
    __table_args__ = (one_of("status", STANCE_STATUSES), Index(None, "belief_id", "created_at"))

    id: Mapped[Key]
    belief_id: Mapped[str] = mapped_column(ForeignKey("belief_nodes.id", ondelete="CASCADE"))
    text: Mapped[str]
    rationale: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="current")
    created_at: Mapped[CreatedAt]

    belief: Mapped[BeliefNode] = relationship(back_populates="stances")


class EvidenceLink(Base):
    """A source that speaks for or against a belief."""

    __tablename__ = "evidence_links"
    __table_args__ = (
        one_of("source_type", EVIDENCE_SOURCES),
        one_of("strength", EVIDENCE_STRENGTHS),
    )

    id: Mapped[Key]
    belief_id: Mapped[str] = mapped_column(ForeignKey("belief_nodes.id", ondelete="CASCADE"), index=True)
    source_type: Mapped[str]
    source_ref: Mapped[str]
    strength: Mapped[str]
    created_at: Mapped[CreatedAt]

    belief: Mapped[BeliefNode] = relationship(back_populates="evidence")


class BeliefUpdate(Base):
    """One change of a belief: what it was, what it became, who or what caused it."""

    __tablename__ = "belief_updates"
    __table_args__ = (one_of("trigger", UPDATE_TRIGGERS), Index(None, "belief_id", "created_at"))

    id: Mapped[Key]
    belief_id: Mapped[str] = mapped_column(ForeignKey("belief_nodes.id", ondelete="CASCADE"))
    old_value: Mapped[dict[str, Any] | None] = mapped_column(Json)
    new_value: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str]
    trigger: Mapped[str]
    updated_by: Mapped[str]
    created_at: Mapped[CreatedAt]

    belief: Mapped[BeliefNode] = relationship(back_populates="updates")
