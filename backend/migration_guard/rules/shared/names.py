"""Names of tables, columns and constraints: when two of them mean the same thing."""

from __future__ import annotations

from ...replay.names import alike, bare, mentions, same

__all__ = ["alike", "bare", "mentions", "same"]
