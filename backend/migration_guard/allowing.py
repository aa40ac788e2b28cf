"""Allow comments: which findings they cover, and what became of each comment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from .facts import Allow
from .findings import Allowed, Finding
from .records import replace


def divided(
    findings: Iterable[Finding], allows: Mapping[str, Iterable[Allow]], today: date
) -> tuple[list[Finding], list[Allowed]]:
    """The findings that stand, and those that a comment in their file covers. `allows` are by path."""
    stand: list[Finding] = []
    covered: list[Allowed] = []
    for finding in findings:
        for allow in allows.get(finding.at.path, ()):
            if covers(allow, finding) and allow.reason is not None and not is_expired(allow, today):
                covered.append(Allowed(finding, allow.reason, allow.until))
                break
        else:
            stand.append(finding)
    return stand, covered


def settled(
    allow: Allow, findings: Iterable[Finding], known: frozenset[str], judged: frozenset[str], today: date
) -> Allow:
    """The comment with its last three fields filled in.

    `findings` are all of its file, `known` all ids there are, `judged` those that this run could have found there: of
    the others nobody can say whether the comment is of use, so it counts as used.
    """
    used = allow.rule not in judged or any(covers(allow, finding) for finding in findings)
    return replace(allow, used=used, known=allow.rule in known, expired=is_expired(allow, today))


def covers(allow: Allow, finding: Finding) -> bool:
    """Whether the comment names the finding's rule and covers its line."""
    return allow.rule == finding.rule.id and allow.first_line <= finding.at.line <= allow.last_line


def is_expired(allow: Allow, today: date) -> bool:
    """Whether its last day is past. What is no date ends nothing, so it counts as past."""
    if allow.until is None:
        return False
    try:
        return date.fromisoformat(allow.until) < today
    except ValueError:
        return True
