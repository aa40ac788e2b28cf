"""One look at a database's health: a level, a sentence, and a line to try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Look:
    """What was looked at, and what was seen. `value` is the figure for machines: bytes, seconds, a count or a word."""

    name: str
    level: Level
    says: str
    value: int | str | list[str] | None = None
    hint: str = ""
