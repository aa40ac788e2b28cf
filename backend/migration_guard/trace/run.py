"""The steps of all databases -> findings on locks, and the locks themselves for reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config import Settings
from ..facts import Context, History
from ..findings import Finding, TakenLock
from ..lint.case import policy_for
from ..lint.gathering import gathered
from ..lint.judging import judges_for
from ..live.steps import Step
from ..read.project import Project
from ..records import replace
from .evidence import taken
from .joining import joined
from .judging import Court, only_locks
from .reading import ran


@dataclass(frozen=True)
class Traced:
    """What recorded locks say, sorted."""

    findings: tuple[Finding, ...] = ()
    locks: tuple[TakenLock, ...] = ()


def trace(
    root: Path, settings: Settings, steps: Mapping[str, Sequence[Step]], projects: Sequence[Project], base: str | None
) -> Traced:
    """What the locks of some steps say, which are given by the place of their project. The rules read the migrations
    as `check` does, with the base branch beside them where there is one."""
    concerned = [project for project in projects if steps.get(project.place.path)]
    if not concerned:
        return Traced()
    histories = gathered(root, settings, concerned, base=base, staged=False).histories
    findings: list[Finding] = []
    locks: list[TakenLock] = []
    for project, history in zip(concerned, histories, strict=True):
        of_project = steps[project.place.path]
        findings += _judged(settings, history, of_project)
        locks += _taken(settings, history, of_project)
    return Traced(tuple(findings), tuple(sorted(locks)))


def _judged(settings: Settings, history: History, steps: Sequence[Step]) -> list[Finding]:
    policy = policy_for(settings, history)
    policy = replace(policy, dialects=policy.dialects | {"postgresql"})  # it ran there
    # Those that the settings turn off speak too, and the report leaves them out: what they know is not unexplained.
    court = Court(history, policy, only_locks(judges_for(policy.dialects, on=frozenset(settings.severity))))
    for each in joined(steps, history):
        court.hear(each)
    court.hear_of_timeouts(steps)
    return list(court.findings())


def _taken(settings: Settings, history: History, steps: Sequence[Step]) -> list[TakenLock]:
    found: list[TakenLock] = []
    for step in steps:
        migration = history.by_id.get(step.revision)
        if migration is not None:
            context = Context(policy_for(settings, history), history, migration)
            for statement in ran(step, migration, {lock.statement for lock in step.locks}):
                found += taken(step, statement, context)
    return found
