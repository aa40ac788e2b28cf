"""What a job writes on its summary page on GitHub; nothing elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path


def write(text: str, environment: Mapping[str, str]) -> None:
    """Append Markdown to the summary of the step that runs, if one does."""
    if page := environment.get("GITHUB_STEP_SUMMARY"):
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n\n")


def block(text: str) -> str:
    """A code block with this text, whatever it holds."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}\n"
