"""What is asked of one climb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .shares import Share


@dataclass(frozen=True)
class Plan:
    """What is asked of one climb. `base` are the revisions of the base branch; they and those up to `since` are only
    taken up. `irreversible` gives the declared reasons of revisions that are not to be taken down."""

    root: Path
    database: str
    dialect: str
    seconds: int = 60  # for one step
    since: str | None = None
    base: frozenset[str] = frozenset()
    irreversible: Mapping[str, str] = field(default_factory=dict)
    shares: tuple[Share, ...] = ()  # of which only the one that is left is walked
    walked: Mapping[str, bool] = field(default_factory=dict)  # by an earlier run: its key -> whether it stands
    seed: str = ""  # of keys: the settings and the server
    without: frozenset[str] = frozenset()  # names of experiments that are left out

    @property
    def to_the_heads(self) -> bool:
        """Whether this climb comes to the end of the history."""
        return all(share.is_last for share in self.shares)
