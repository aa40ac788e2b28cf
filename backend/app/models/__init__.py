"""Every model of the application. A model that is not imported here is unknown to migrations."""

from .agent_config import AgentConfig
from .base import Base
from .belief import BeliefEdge, BeliefNode, BeliefUpdate, EvidenceLink, StanceVersion
from .interaction import Interaction
from .pending_post import PendingPost
from .persona import Persona

__all__ = [
    "AgentConfig",
    "Base",
    "BeliefEdge",
    "BeliefNode",
    "BeliefUpdate",
    "EvidenceLink",
    "Interaction",
    "PendingPost",
    "Persona",
    "StanceVersion",
]
