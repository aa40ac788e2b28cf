"""What the static and the live run share on the way to a report: weights, the order of findings, words."""

from __future__ import annotations

from collections.abc import Iterable

from .config import Settings
from .errors import NothingFound
from .findings import Finding, Severity
from .records import replace


def weighed(finding: Finding, settings: Settings) -> Finding:
    """The finding with the severity that the settings give its rule."""
    weight = settings.severity.get(finding.rule.id)
    return finding if weight in (None, "off") else replace(finding, severity=Severity(weight))


def by_place(finding: Finding) -> tuple[str | int, ...]:
    """What findings are sorted by, so that every machine prints them in one order."""
    at = finding.at
    rest = (finding.revision, finding.direction, finding.dialect, finding.says, finding.instead)
    return at.path, at.line, at.column, finding.rule.id, *(text or "" for text in rest)


def nothing_in(folders: Iterable[str]) -> NothingFound:
    """The error where no folder holds a migration."""
    return NothingFound(
        f"no migration in {', '.join(sorted(set(folders)))}",
        'write the first one: alembic revision -m "<what it does>"',
    )


def counted(count: int, noun: str, several: str | None = None) -> str:
    """The count with its noun: "1 head", "2 heads", "3 entries"."""
    return f"{count} {noun if count == 1 else several or f'{noun}s'}"
