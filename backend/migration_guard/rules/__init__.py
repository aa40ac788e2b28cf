"""The static rules: one file per hazard, found by walking this folder."""

from __future__ import annotations

from functools import cache

from ..registry import Registered, registered


@cache
def all_rules() -> tuple[Registered, ...]:
    """Every static rule, in order of id."""
    return registered(__name__, __path__)
