"""The summary of a job on GitHub, in Markdown that no name or message of a migration can break out of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..findings import Finding, Report, severity_of
from ..reporting import counted
from .words import conclusion, known_in_words, most_severe_first, printable, verdict

# GitHub refuses a summary above 1 MiB as a whole. In bytes, and together less than that:
_TABLE, _REMEDIES, _PLACES, _PROBLEMS, _NOTES = 300_000, 400_000, 100_000, 100_000, 50_000
_CELL, _REMEDY = 2_000, 8_000  # characters of one entry, before escaping
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")  # of ASCII: all that Markdown and HTML give a meaning


def summary(report: Report, command: str) -> str:
    """The report as Markdown below 1 MiB: verdict, findings, what to write instead, what was not judged or allowed."""
    findings = most_severe_first(report.findings)
    places = sorted(set(report.not_judged))
    parts = (
        f"## migration-guard {command}: {escaped(verdict(report))}",
        _within(_PROBLEMS, "problem", (f"- {escaped(p.message)}<br>Try: {escaped(p.hint)}" for p in report.problems)),
        _within(_TABLE, "finding", map(_row, findings), head="| | rule | where | what happens |\n|---|---|---|---|"),
        _within(_REMEDIES, "finding", _remedies(findings), head="### Instead", between="\n\n"),
        _within(
            _PLACES,
            "place",
            (f"- {_code(f'{place.path}:{place.line}')} {escaped(place.why)}" for place in places),
            head="### Not judged\n",
        ),
        f"Allowed by comments: {counted(len(report.allowed), 'finding')}." if report.allowed else "",
        "\n\n".join(map(escaped, known_in_words(report.known))) if report.known else "",
        _within(_NOTES, "note", map(escaped, report.notes), between="\n\n"),
        escaped(conclusion(report, command)),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """The text as Markdown that shows it and nothing else, on one line and cut where it is very long."""
    shown = _cut(printable(text).strip(), _CELL)
    # An empty comment keeps GitHub from calling the person whom a name with an @ may mean.
    entities = _PUNCTUATION.sub(lambda sign: f"&#{ord(sign[0])};" + ("<!-- -->" if sign[0] == "@" else ""), shown)
    return entities.replace("\n", "<br>")


def _row(finding: Finding) -> str:
    where = _code(f"{finding.at.path}:{finding.at.line}")
    on = f" on {escaped(finding.dialect)}" if finding.dialect else ""
    return f"| {severity_of(finding).value} | {_code(finding.rule.id)}{on} | {where} | {escaped(finding.says)} |"


def _remedies(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        instead = _cut(printable(finding.instead).strip("\n"), _REMEDY)
        if instead.strip():
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", instead)), default=0))
            place = escaped(f"{finding.at.path}:{finding.at.line}")
            title = f"<summary>{escaped(finding.rule.id)} at {place}</summary>"
            yield f"<details>{title}\n\n{fence}\n{instead}\n{fence}\n\n</details>"


def _within(limit: int, noun: str, entries: Iterable[str], *, head: str = "", between: str = "\n") -> str:
    """The entries below their heading, as many as fit the limit, and a sentence on those that do not."""
    shown = [head] if head else []
    left = 0
    for entry in entries:
        limit -= len(entry.encode()) + len(between)
        if limit >= 0:
            shown.append(entry)
        else:
            left += 1
    if shown == [head] and not left:
        return ""
    more = f"\n\n{counted(left, f'more {noun}')} would make this summary too long: see the log, or `--format json`."
    return between.join(shown) + (more if left else "")


def _code(text: str) -> str:
    return f"<code>{escaped(text)}</code>"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]} ... (cut)"
