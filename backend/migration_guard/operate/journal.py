"""What each deploy did, a line each, kept beside the backups."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .manifest import now

NAME = "deploys.jsonl"


class Journal:
    """Adds lines to the journal; each is on the disk before the next step begins."""

    def __init__(self, folder: Path, database: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / NAME
        self._database = database
        self._number = f"{now()}-{os.getpid()}"

    def add(self, what: str, **more: Any) -> None:
        """Write down what happened."""
        line = {"deploy": self._number, "at": now(), "database": self._database, "what": what, **more}
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
