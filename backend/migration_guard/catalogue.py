"""Every rule and check by id, for `rules`, `explain` and the documentation."""

from __future__ import annotations

from functools import cache

from .checks import all_checks
from .findings import Rule
from .rules import all_rules


@cache
def every_rule() -> tuple[Rule, ...]:
    """All rules and checks in order of id."""
    return tuple(sorted((entry.rule for entry in (*all_rules(), *all_checks())), key=lambda rule: rule.id))


@cache
def live_checks() -> frozenset[Rule]:
    """Those that `verify` finds; `check` finds the others."""
    return frozenset(entry.rule for entry in all_checks())


def page_of(rule_id: str) -> str | None:
    """The page of a rule as printed by `explain`, or None for an unknown id."""
    for rule in every_rule():
        if rule.id == rule_id:
            where = f", on {' and '.join(sorted(rule.dialects))}" if rule.dialects else ""
            page = f"# {rule.id} ({rule.severity.value}{where})\n\n{rule.page}"
            return (
                f"{page}\n\n## Allow it\n# guard: allow {rule.id} -- <why it is fine here>" if rule.allowable else page
            )
    return None
