"""Judging spread over processes: findings of a part come back as text, in the order of the revisions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from ..facts import History, Migration, Place
from ..findings import Finding
from ..read.spreading import in_a_child, parts
from ..records import fields
from ..rules import all_rules

Pair = tuple[Migration, History]
_PLAIN = tuple(field.name for field in fields(Finding) if field.name not in ("rule", "at"))
Judging = Callable[[Migration, History], Iterable[Finding]]


def spread(pairs: Sequence[Pair], jobs: int, judging: Judging) -> list[Finding]:
    """What is said of the revisions. A part whose process failed is judged here."""
    first, *others = parts(pairs, jobs)
    waiting = [(part, in_a_child(partial(_told, part, judging))) for part in others]
    said = _said(first, judging)
    for part, outcome in waiting:
        told = outcome()
        said += _said(part, judging) if told is None else _heard(told)
    return said


def _said(pairs: Sequence[Pair], judging: Judging) -> list[Finding]:
    return [finding for migration, one in pairs for finding in judging(migration, one)]


def _told(pairs: Sequence[Pair], judging: Judging) -> str:
    found = []
    for finding in _said(pairs, judging):
        given = {name: getattr(finding, name) for name in _PLAIN if getattr(finding, name) is not None}
        at = finding.at
        found.append((finding.rule.id, (at.path, at.line, at.column, at.end_line), given))
    return json.dumps(found)


def _heard(told: str) -> list[Finding]:
    rules = {entry.rule.id: entry.rule for entry in all_rules()}
    return [Finding(rules[rule], Place(*place), **given) for rule, place, given in json.loads(told)]
