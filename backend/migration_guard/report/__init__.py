"""The formats of a report: each reads findings and nothing else, and gives back text."""

from __future__ import annotations

from collections.abc import Callable

from ..findings import Report
from .github import as_commands
from .json import as_json
from .text import as_text

# name -> function of the report and of the command that made it ("check" or "verify")
FORMATS: dict[str, Callable[[Report, str], str]] = {"text": as_text, "json": as_json, "github": as_commands}
