"""How to repeat at the desk what a run on a server found: the commands to type, and what each of them shows."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from ..findings import Finding, Report
from ..reporting import counted
from .words import printable


def commands(report: Report, command: str) -> list[tuple[str, str]]:
    """(command, what it shows again) for each kind of finding and problem, the cheapest first.

    They are those of a project at the top of a checkout, or name its folder.
    """
    shown: dict[str, list[str]] = {}
    for finding in report.findings:
        shown.setdefault(_showing(finding, report), []).append(finding.rule.id)
    found = [(line, _named(rules)) for line, rules in sorted(shown.items(), key=lambda pair: " verify" in pair[0])]
    if report.problems:
        again = _line(command, report)
        others = [line for line, _ in found if line.startswith(again)]
        if not others:
            found.append((again, "what could not be done"))
    return found


def _showing(finding: Finding, report: Report) -> str:
    """The command that shows a finding."""
    if finding.depth == "read":
        return _line("check", report)
    databases = [name.strip().replace(" ", "-") for name in (finding.dialect or "").split(",") if name.strip()]
    return _line("verify", report, *(f"--database {quote(_one_line(name))}" for name in databases))


def _line(command: str, report: Report, *options: str) -> str:
    return " ".join(["migration-guard", *_folder(report), command, *options, *_base(report), *_shard(report, command)])


def _folder(report: Report) -> Iterator[str]:
    if report.site.folder:
        yield f"-C {quote(_one_line(report.site.folder))}"


def _base(report: Report) -> Iterator[str]:
    if report.branch is not None and report.branch.base:
        yield f"--base {quote(_one_line(report.branch.base))}"


def _shard(report: Report, command: str) -> Iterator[str]:
    if command == "verify" and report.looked_at.shard:
        number, of = report.looked_at.shard
        yield f"--shard {number}/{of}"


def _one_line(text: str) -> str:
    return printable(text).replace("\n", " ")


def _named(rules: list[str]) -> str:
    """The rules with how often each was found: "index-blocks-writes, rows-lost (3)"."""
    often = {rule: rules.count(rule) for rule in rules}
    shown = [f"{rule} ({count})" if count > 1 else rule for rule, count in sorted(often.items())]
    return ", ".join(shown[:5]) + (f" and {counted(len(shown) - 5, 'more rule')}" if len(shown) > 5 else "")
