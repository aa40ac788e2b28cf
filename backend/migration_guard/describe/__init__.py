"""What a branch adds, for a reviewer: facts -> Branch. Nothing is judged here."""

from .branch import described

__all__ = ["described"]
