"""What one history builds on SQLite beside what it builds on PostgreSQL, from the schemas that the children sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..checks import all_checks
from ..config import Settings
from ..facts import Context, CreateIndex, History, Operation, Place, Policy
from ..findings import Finding, NotJudged
from ..live.parity.comparing import unlike
from ..live.steps import Parity, Unlike
from .child import Outcome
from .jobs import Job

_TABLES = ("table", "new_name")
_NAMES = ("name", "column", "columns", "constraints", "new_name")  # of an operation, what it does something to


def disparities(
    outcomes: Sequence[Outcome], jobs: Sequence[Job], settings: Settings
) -> tuple[list[Finding], list[NotJudged]]:
    """What is found where a history ran to its heads on both: with PostgreSQL, the newest of several. Of a branch, on
    the tables that it touched; that others are not alike is said, and no finding."""
    told: list[Finding] = []
    aside: list[NotJudged] = []
    both = not settings.databases_why and {"sqlite", "postgresql"} <= settings.dialects and bool(settings.databases)
    for job in jobs:
        own = [outcome for outcome in outcomes if outcome.place == job.project.place.path and outcome.schemas]
        lite = [outcome for outcome in own if outcome.database == "sqlite"]
        full = sorted((each for each in own if each.database != "sqlite"), key=lambda each: each.database)
        if not lite or not full:
            continue
        one, other = lite[0], full[-1]
        for number in sorted(one.schemas.keys() & other.schemas.keys()):
            touched = [each.touched.get(number) for each in (one, other)]
            in_place = []
            for table, found in unlike(one.schemas[number], other.schemas[number]):
                if all(each is not None and table not in each for each in touched):
                    in_place.append(table)
                    continue
                at, revision = _origin(job.history, table, found)
                names = (one.database, other.database)
                told += _judged(Parity(table, at, revision, found, names, both), job.history)
            if in_place:
                more = f" and {len(in_place) - 1} more" if in_place[1:] else ""
                why = (
                    f"{in_place[0]}{more} was not the same on {one.database} and on {other.database} before this "
                    "branch: verify without --base tells how"
                )
                aside.append(NotJudged(one.place, 1, why))
    return told, aside


def _judged(fact: Parity, history: History) -> Iterator[Finding]:
    for entry in all_checks():
        for kind, judge in entry.judges:
            if isinstance(fact, kind):
                yield from judge(fact, Context(Policy(), history))


def _origin(history: History, table: str, found: Sequence[Unlike]) -> tuple[Place, str | None]:
    """Where it comes from, as far as the files tell: the newest operation that names what differs, of those that one
    database alone runs if there are any; else the newest on the table, else the newest revision."""
    names = {each.name.lower() for each in found}
    best: tuple[int, int] = (-1, -1)
    at, revision = history.at, None
    for age, migration in enumerate(history.by_id[name] for name in history.parents_first):
        if best[0] <= 0 and migration.upgrade is not None:
            best, at, revision = (0, age), migration.upgrade.at, migration.id
        for operation in migration.upgrade.operations if migration.upgrade else ():
            weight = _weight(operation, table.rpartition(".")[2].lower(), names)
            if weight and (weight, age) >= best:
                best, at, revision = (weight, age), operation.at, migration.id
    return at, revision


def _weight(operation: Operation, table: str, names: set[str]) -> int:
    """How likely it is that an operation makes the difference: from 0, not at all, to 4."""
    touched = {name.lower() for field in _TABLES if isinstance(name := getattr(operation, field, None), str)}
    if table not in touched:
        return 0
    named = bool(names & {*touched, *_named(operation)})
    return 1 + 2 * named + (operation.dialects is not None)


def _named(operation: Operation) -> Iterator[str]:
    """The columns, indexes and constraints that an operation makes or changes, in lower case."""
    for field in ("name",) if isinstance(operation, CreateIndex) else _NAMES:
        value = getattr(operation, field, None)
        for each in value if isinstance(value, tuple) else (value,):
            name = getattr(each, "name", each)
            if isinstance(name, str):
                yield name.lower()
