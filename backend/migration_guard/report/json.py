"""The report for programs, version 1: docs/json.md says what each field holds, docs/report.schema.json its type."""

from __future__ import annotations

from ..findings import Finding, Report, severity_of
from ..reporting import by_place

VERSION = 1


def as_json(report: Report, command: str) -> str:
    """The report as one JSON object, the same for the same report, in ASCII so that any terminal takes it."""
    from json import dumps  # late: the other formats do without

    seen = report.looked_at
    looked_at: dict[str, object] = {"files": seen.files, "revisions": seen.revisions, "heads": list(seen.heads)}
    if command == "verify":
        looked_at["databases"] = list(seen.databases)
    return dumps(
        {
            "version": VERSION,
            "findings": [_finding(finding) for finding in sorted(report.findings, key=by_place)],
            "not_judged": [
                {"path": place.path, "line": place.line, "why": place.why} for place in sorted(set(report.not_judged))
            ],
            "allowed": [
                {**_finding(entry.finding), "reason": entry.reason, "until": entry.until}
                for entry in sorted(report.allowed, key=lambda entry: by_place(entry.finding))
            ],
            "looked_at": looked_at,
            "errors": [
                {"message": problem.message, "try": problem.hint, "exit_code": problem.exit_code}
                for problem in report.problems
            ],
        },
        indent=2,
    )


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule.id,
        "severity": severity_of(finding).value,
        "path": finding.at.path,
        "line": finding.at.line,
        "column": finding.at.column,
        "revision": finding.revision,
        "direction": finding.direction,
        "dialect": finding.dialect,
        "depth": finding.depth,
        "message": finding.says,
        "instead": finding.instead,
    }
