"""What a branch adds, for a reviewer: facts -> Branch. Nothing is judged here."""

from .branch import described, project_names

__all__ = ["described", "project_names"]
