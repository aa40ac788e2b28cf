"""The moderation queue: what the agent wants to say, until a person decides."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, CreatedAt, Json, Key, UpdatedAt, one_of

if TYPE_CHECKING:
    from .interaction import Interaction
    from .persona import Persona

POST_KINDS = ("post", "comment", "reply")
POST_STATUSES = ("pending", "approved", "rejected", "published", "failed")


class PendingPost(Base):
    """A draft with the decision about it, and the interaction that it became once published."""

    __tablename__ = "pending_posts"
    __table_args__ = (
        one_of("kind", POST_KINDS),
        one_of("status", POST_STATUSES),
        Index(None, "status", "created_at"),
        Index(None, "reviewed_by", "reviewed_at"),
    )

    id: Mapped[Key]
    persona_id: Mapped[str] = mapped_column(ForeignKey("personas.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    subreddit: Mapped[str]
    parent_reddit_id: Mapped[str | None]
    content: Mapped[str]
    draft: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    status: Mapped[str] = mapped_column(default="pending", server_default="pending")
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
    interaction_id: Mapped[str | None] = mapped_column(ForeignKey("interactions.id", ondelete="SET NULL"), index=True)

    persona: Mapped[Persona] = relationship(back_populates="pending_posts")
    interaction: Mapped[Interaction | None] = relationship()
