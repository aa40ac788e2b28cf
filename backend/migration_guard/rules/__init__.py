"""The static rules: one file per hazard, found by walking this folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ..registry import Registered, registered


@cache
def all_rules() -> tuple[Registered, ...]:
    """Every static rule, in order of id."""
    return registered(__name__, __path__)


@cache
def ids() -> frozenset[str]:
    """The ids of all rules and live checks; the latter by the names of their files, as importing them takes long."""
    checks = (Path(__file__).parents[1] / "checks").glob("[!_]*.py")
    return frozenset(file.stem.replace("_", "-") for file in checks) | {entry.rule.id for entry in all_rules()}
