"""What the rules say about each sample, word by word, kept in tests/fixtures/said: `python -m tests.rules.said` writes it.

Read the difference in git before it is committed: it is what users will read.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .samples import FOLDER, files, report_on, situations

KEPT = FOLDER.parent / "said"


def said(rule: str, folder: Path) -> str:
    """The findings of all samples of a rule, as they are shown: place, words, and what to write instead."""
    lines = []
    for situation in situations(rule):
        contents = {file.name: file.read_bytes() for file in files(situation)}
        for finding in report_on(folder / situation.name, contents).findings:
            place = f"{Path(finding.at.path).name}:{finding.at.line}"
            about = " ".join(filter(None, [finding.rule.id, finding.direction, finding.dialect]))
            lines += [f"## {situation.name} {place} {about}", finding.says, *_indented(finding.instead), ""]
    return "\n".join(line.rstrip() for line in lines)


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]


def rules() -> list[str]:
    """The rules that have samples which fire."""
    firing = {path.parent.name for path in situations() if not path.name.startswith("fine")}
    return sorted(firing)


def main() -> int:
    """Write the words of all samples anew."""
    KEPT.mkdir(exist_ok=True)
    for old in KEPT.glob("*.txt"):
        old.unlink()
    for rule in rules():
        with tempfile.TemporaryDirectory() as folder:
            (KEPT / f"{rule}.txt").write_text(said(rule, Path(folder)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
