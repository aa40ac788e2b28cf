"""Settings of the agent that a person changes while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Json, Key, UpdatedAt

if TYPE_CHECKING:
    from .persona import Persona


class AgentConfig(Base):
    """One setting of one persona."""

    __tablename__ = "agent_config"
    __table_args__ = (UniqueConstraint("persona_id", "config_key"),)  # its index also serves the foreign key

    id: Mapped[Key]
    persona_id: Mapped[str] = mapped_column(ForeignKey("personas.id", ondelete="CASCADE"))
    config_key: Mapped[str]
    config_value: Mapped[dict[str, Any]] = mapped_column(Json)
    updated_at: Mapped[UpdatedAt]

    persona: Mapped[Persona] = relationship(back_populates="settings")
