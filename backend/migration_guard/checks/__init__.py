"""The live checks: one file per experiment, found by walking this folder."""

from __future__ import annotations

from functools import cache

from ..registry import Registered, registered


@cache
def all_checks() -> tuple[Registered, ...]:
    """Every live check, in order of id."""
    return registered(__name__, __path__)
