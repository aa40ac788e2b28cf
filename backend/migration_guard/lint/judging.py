"""Facts meet rules: each fact goes to the judges of its type, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from ..facts import Allow, Context, Environment, Function, History, Migration, Operation, Policy, Use
from ..findings import Finding, Rule
from ..registry import Judge
from ..rules import all_rules

Judges = dict[type, tuple[tuple[Rule, Judge], ...]]


@cache
def judges_for(dialects: frozenset[str], off: frozenset[str] = frozenset(), on: frozenset[str] = frozenset()) -> Judges:
    """The judges by type of fact, of the rules that concern one of these dialects and are on: by themselves, or in
    `on`, and not in `off`."""
    found: dict[type, list[tuple[Rule, Judge]]] = {}
    for entry in all_rules():
        asked = (entry.rule.on or entry.rule.id in on) and entry.rule.id not in off
        if asked and (entry.rule.dialects is None or entry.rule.dialects & dialects):
            for fact, judge in entry.judges:
                found.setdefault(fact, []).append((entry.rule, judge))
    return {fact: tuple(judges) for fact, judges in found.items()}


def ids(judges: Judges, *facts: type) -> frozenset[str]:
    """The rules that judge one of these types of fact; all of them where none is named."""
    return frozenset(rule.id for fact, those in judges.items() if not facts or fact in facts for rule, _ in those)


def on_history(judges: Judges, history: History, policy: Policy) -> Iterator[Finding]:
    """What the rules say about the graph of revisions, and about env.py and its settings."""
    context = Context(policy, history)
    for _, judge in judges.get(History, ()):
        yield from judge(history, context)
    if history.environment is not None:
        for _, judge in judges.get(Environment, ()):
            yield from judge(history.environment, context)


def on_migration(judges: Judges, migration: Migration, history: History, policy: Policy) -> Iterator[Finding]:
    """What the rules say about one revision and its operations, with revision, direction and dialect filled in."""
    migration = concerning(migration, policy.dialects)
    context = Context(policy, history, migration)
    for _, judge in judges.get(Migration, ()):
        for finding in judge(migration, context):
            yield finding if finding.revision else replace(finding, revision=_id(migration))
    for function in (migration.upgrade, migration.downgrade):
        for op in function.operations if function else ():
            for rule, judge in judges.get(type(op), ()):
                if op.dialects is None or rule.dialects is None or op.dialects & rule.dialects:
                    for finding in judge(op, context):
                        yield _placed(finding, op, migration, policy)
        for use in function.uses if function else ():
            for _, judge in judges.get(Use, ()):
                for finding in judge(use, context):
                    yield replace(finding, revision=finding.revision or _id(migration), direction=use.direction)


def on_allow(judges: Judges, allow: Allow, migration: Migration, context: Context) -> Iterator[Finding]:
    """What the rules say about an allow comment."""
    for _, judge in judges.get(Allow, ()):
        for finding in judge(allow, context):
            yield replace(finding, revision=_id(migration))


def concerning(migration: Migration, dialects: frozenset[str]) -> Migration:
    """The migration without the operations of branches for other databases than these."""
    functions = (migration.upgrade, migration.downgrade)
    if all(op.dialects is None for function in functions if function for op in function.operations):
        return migration
    upgrade, downgrade = (_narrowed(function, dialects) for function in functions)
    return replace(migration, upgrade=upgrade, downgrade=downgrade)


def _narrowed(function: Function | None, dialects: frozenset[str]) -> Function | None:
    if function is None:
        return None
    here = tuple(op for op in function.operations if op.dialects is None or op.dialects & dialects)
    return replace(function, operations=here)


def _id(migration: Migration) -> str | None:
    return migration.revision if isinstance(migration.revision, str) else None


def _placed(finding: Finding, op: Operation, migration: Migration, policy: Policy) -> Finding:
    shown_by = (op.dialects or frozenset()) & policy.dialects
    return replace(
        finding,
        revision=finding.revision or _id(migration),
        direction=finding.direction or op.direction,
        dialect=finding.dialect or (next(iter(shown_by)) if len(shown_by) == 1 else None),
    )
