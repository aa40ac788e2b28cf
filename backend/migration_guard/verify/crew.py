"""The worker processes of a run. They are started before they have anything to do, as they load libraries for half a
second, and ended whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path

from ..live.scratch.folder import CleanUp, Scratch
from .child import Child


class Crew:
    """All that live. Threads may share it."""

    def __init__(self, scratch: Scratch, environment: Mapping[str, str]) -> None:
        self.stopped = False
        self.lock = threading.Lock()  # the scratch folder's book of clean-ups is for one thread at a time
        self._scratch = scratch
        self._environment = environment
        self._logs = count(1)
        self._living: dict[Child, CleanUp] = {}

    def hire(self, folder: Path, number: int) -> list[Child]:
        """So many that run in a folder and wait for a request; none after `stop`."""
        return [child for child in (self._hired(folder) for _ in range(number)) if child is not None]

    def dismiss(self, children: Iterable[Child]) -> None:
        """End those that live."""
        with self.lock:
            for child in children:
                if (forget := self._living.pop(child, None)) is not None:
                    child.end()
                    forget()

    def stop(self) -> None:
        """End all, and hire nobody any more: the user has had enough."""
        with self.lock:
            self.stopped = True
            for child in self._living:
                child.end()

    def _hired(self, folder: Path) -> Child | None:
        with self.lock:
            if self.stopped:
                return None
            child = Child(folder, self._scratch.folder / f"worker-{next(self._logs)}.log", self._environment)
            self._living[child] = self._scratch.on_death("process", pid=child.pid)
            return child
