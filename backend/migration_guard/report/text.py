"""The report for people at a terminal: each finding with what to write instead and how to allow it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from ..findings import Allowed, Finding, NotJudged, Problem, Report, severity_of
from .words import by_place, conclusion, counted, printable

_PLACES_SHOWN = 20


def as_text(report: Report, command: str) -> str:
    """The report as text without colour, the same for the same report."""
    blocks = [
        *(_finding(finding) for finding in sorted(report.findings, key=by_place)),
        *_not_judged(sorted(set(report.not_judged))),
        *_allowed(report.allowed),
        *(printable(note) for note in report.notes),
        *(_problem(problem) for problem in report.problems),
        conclusion(report, command),
    ]
    return "\n\n".join(blocks) + "\n"


def _finding(finding: Finding) -> str:
    at = finding.at
    head = [f"{_line(at.path)}:{at.line}:{at.column}", severity_of(finding).value, finding.rule.id]
    if finding.dialect:
        head.append(_line(finding.dialect))
    lines = ["  ".join(head), _indented(finding.says, 2)]
    if finding.instead.strip():
        lines += ["  Instead:", _indented(finding.instead, 6)]
    if at.path.endswith(".py") and finding.rule.allowable:  # a comment has no place in an ini file or a folder
        lines.append(f"  To allow it here:  # guard: allow {finding.rule.id} -- <why it is fine>")
    return "\n".join(lines)


def _not_judged(places: list[NotJudged]) -> Iterator[str]:
    """Every place, or a count for each reason where there are many."""
    if not places:
        return
    if len(places) <= _PLACES_SHOWN:
        lines = [f"  {_line(place.path)}:{place.line}  {_line(place.why)}" for place in places]
        yield "\n".join(["Not judged:", *lines])
        return
    reasons = Counter(place.why for place in places).most_common()
    reasons.sort(key=lambda reason: (-reason[1], reason[0]))
    width = len(str(reasons[0][1]))
    lines = [f"  {count:>{width}} x  {_line(why)}" for why, count in reasons[:_PLACES_SHOWN]]
    rest = sum(count for _, count in reasons[_PLACES_SHOWN:])
    if rest:
        lines.append(f"  ... and {rest} more")
    files = len({place.path for place in places})
    head = f"Not judged: {counted(len(places), 'place')} in {counted(files, 'file')} (see --format json)"
    yield "\n".join([head, *lines])


def _allowed(allowed: tuple[Allowed, ...]) -> Iterator[str]:
    if allowed:
        rules = Counter(entry.finding.rule.id for entry in allowed)
        shown = ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items()))
        yield f"Allowed by comments: {counted(len(allowed), 'finding')} ({shown})"


def _problem(problem: Problem) -> str:
    return f"error: {_indented(problem.message, 2).strip()}\n  Try: {_indented(problem.hint, 4).strip()}"


def _indented(lines: str, by: int) -> str:
    return textwrap.indent(printable(lines).strip("\n"), " " * by)


def _line(words: str) -> str:
    """The words on one line."""
    return " ".join(printable(words).split())
