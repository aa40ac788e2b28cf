"""Who the agent speaks as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, CreatedAt, Json, Key, UpdatedAt

if TYPE_CHECKING:
    from .agent_config import AgentConfig
    from .belief import BeliefNode
    from .interaction import Interaction
    from .pending_post import PendingPost


class Persona(Base):
    """A Reddit account with a character. What it said in public keeps it from being deleted."""

    __tablename__ = "personas"

    id: Mapped[Key]
    reddit_username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str | None]
    traits: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    beliefs: Mapped[list[BeliefNode]] = relationship(
        back_populates="persona", cascade="all, delete-orphan", passive_deletes=True
    )
    settings: Mapped[list[AgentConfig]] = relationship(
        back_populates="persona", cascade="all, delete-orphan", passive_deletes=True
    )
    pending_posts: Mapped[list[PendingPost]] = relationship(
        back_populates="persona", cascade="all, delete-orphan", passive_deletes=True
    )
    interactions: Mapped[list[Interaction]] = relationship(back_populates="persona", passive_deletes="all")
