"""What was said of each revision that was walked, kept until a run comes to its end: `--resume` need not walk it again.

A file of our cache, one JSON object a line. It holds data only, and what cannot be read in it counts as not there.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..findings import Rule
from ..live.climb.walked import Walked, most
from ..live.postgresql.user import cache_folder, owned_folder
from .protocol import Said


class Journal:
    """The journal of one project on one database. Where there is no folder for it, nothing is kept."""

    def __init__(self, root: Path, place: str, database: str, folder: Path | None = None) -> None:
        runs = folder or _runs()
        name = hashlib.sha256("\0".join((str(root), place, database)).encode()).hexdigest()[:32]
        self.file = runs / f"{name}.jsonl" if runs else None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Forget what an earlier run has left."""
        if self.file is not None:
            with suppress(OSError):
                self.file.unlink(missing_ok=True)

    def add(self, walked: Walked, said: Sequence[Mapping[str, Any]]) -> None:
        """Keep what was said of a revision."""
        line = json.dumps({"walked": asdict(walked), "said": [*said]}) + "\n"
        if self.file is not None:
            with suppress(OSError), self._lock, self.file.open("a", encoding="utf-8") as file:
                file.write(line)

    def read(self, rules: Mapping[str, Rule]) -> dict[str, tuple[Walked, Said]]:
        """What is known of each revision, by its key."""
        found: dict[str, tuple[Walked, Said]] = {}
        for line in self._lines():
            with suppress(KeyError, TypeError, ValueError, AttributeError):  # cut off, or of another version
                entry = json.loads(line)
                walked, said = Walked(**entry["walked"]), Said()
                most((walked.filled,))
                for message in entry["said"]:
                    said.hear(message, rules)
                found[walked.key] = walked, said
        return found

    def _lines(self) -> list[str]:
        try:
            return self.file.read_text(encoding="utf-8", errors="replace").splitlines() if self.file else []
        except OSError:
            return []


def _runs() -> Path | None:
    cache = cache_folder()
    return owned_folder(cache / "runs") if cache else None
