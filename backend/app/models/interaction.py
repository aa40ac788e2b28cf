"""Episodic memory: what a persona wrote on Reddit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, CreatedAt, Json, Key, one_of

if TYPE_CHECKING:
    from .persona import Persona

INTERACTION_KINDS = ("post", "comment", "reply")


class Interaction(Base):
    """One thing that a persona wrote. It is public, so the persona cannot be deleted while it stands."""

    __tablename__ = "interactions"
    __table_args__ = (
        one_of("kind", INTERACTION_KINDS),
        Index(None, "persona_id", "created_at"),
        Index(None, "persona_id", "subreddit", "created_at"),
    )

    id: Mapped[Key]
    persona_id: Mapped[str] = mapped_column(ForeignKey("personas.id", ondelete="RESTRICT"))
    kind: Mapped[str]
    reddit_id: Mapped[str] = mapped_column(unique=True)
    parent_reddit_id: Mapped[str | None]
    subreddit: Mapped[str]
    content: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[CreatedAt]

    persona: Mapped[Persona] = relationship(back_populates="interactions")
