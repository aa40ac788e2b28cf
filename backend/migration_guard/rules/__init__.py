"""The static rules: one file per hazard, found by walking this folder."""

from __future__ import annotations

from functools import cache

from ..paths import Path
from ..registry import Registered, loaded, names, registered


@cache
def all_rules() -> tuple[Registered, ...]:
    """Every static rule, in order of id."""
    return registered(__name__, __path__)


@cache
def rule_of(rule_id: str) -> Registered:
    """The static rule of an id; no other is loaded. Raises LookupError for an id that none has."""
    try:
        found = loaded(__name__, rule_id.replace("-", "_"))
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise LookupError(rule_id)
    return found


@cache
def ids() -> frozenset[str]:
    """The ids of all rules and live checks, by the names of their files, as importing them takes long."""
    checks = str(Path(__file__).parents[1] / "checks")
    return frozenset(name.replace("_", "-") for name in names([*__path__, checks]))
