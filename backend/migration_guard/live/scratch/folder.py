"""A private folder for everything a live run makes, and the promise that it is gone afterwards, however we end."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, cast

from ...errors import CannotFinish
from . import watcher
from .leftovers import PREFIX, keep_book, sweep

Kind = Literal["folder", "server", "process", "database"]


def _temp_folder() -> str:
    try:
        return tempfile.gettempdir()
    except FileNotFoundError as error:  # it writes a file into each, so a full disk counts, too
        raise CannotFinish(
            "nothing can be written into any temp folder", "free some space, or set MIGRATION_GUARD_SCRATCH"
        ) from error


@dataclass(frozen=True)
class CleanUp:
    """A registered clean-up. Calling it does it now; the second time it does nothing."""

    _scratch: Scratch
    _number: int

    def __call__(self) -> None:
        self._scratch._clean_up(self._number)

    def forget(self) -> None:
        """The thing is gone by other means: there is nothing left to do, now or later."""
        self._scratch._forget(self._number)


class Scratch:
    """A context manager that owns a new folder (0700) under $MIGRATION_GUARD_SCRATCH or the system's temp folder.

    Leaving it does every clean-up that is registered, last first. A kill does too, even `kill -9`: a small watcher
    process notices within half a second; and where that is killed, too, the next run does it.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self.folder = (
            Path(parent or os.environ.get("MIGRATION_GUARD_SCRATCH") or _temp_folder()).resolve()
            / f"{PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
        )
        self._left: dict[int, tuple[Kind, dict[str, Any]]] = {}
        self._registered = 0
        self._watcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Scratch:
        # A session of its own: Ctrl-C in a terminal must reach us, not the one who cleans up after us. No output,
        # so that nobody who reads ours waits for its end. Its environment must not lead psycopg elsewhere.
        self._watcher = subprocess.Popen(
            [sys.executable, "-I", "-S", watcher.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=self.folder.anchor,
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
            start_new_session=True,
        )
        sweep(self.folder.parent)
        try:
            self.new_folder(self.folder)
            self._keep_book()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self._dismiss_watcher)
            for number in tuple(self._left):
                stack.callback(self._clean_up, number)

    def on_death(self, kind: Kind, **what: Any) -> CleanUp:
        """Register a clean-up, where possible before the thing exists. It is done when we leave or die, or earlier.

        `folder` (path), `server` (data: the data folder of a PostgreSQL server), `process` (pid),
        `database` (server: a libpq DSN, name).
        """
        if kind == "process":
            what["started"] = watcher.start_of(what["pid"])
        if kind == "database":
            what["path"] = sys.path
        self._registered += 1
        number = self._registered
        self._left[number] = (kind, what)
        self._tell({"id": number, "kind": kind, "what": what})
        self._keep_book()
        return CleanUp(self, number)

    def new_folder(self, path: Path) -> CleanUp:
        """Make a folder (0700) that goes when we do. Comes back with its removal."""
        removal = self.on_death("folder", path=str(path))
        try:
            path.mkdir(mode=0o700)
        except OSError as error:
            raise CannotFinish(
                f"cannot make the scratch folder {path} ({error.strerror})",
                "set MIGRATION_GUARD_SCRATCH to a folder that you may write and that has space",
            ) from error
        return removal

    def _clean_up(self, number: int) -> None:
        if number not in self._left:
            return
        watcher.clean_up(*self._left[number])
        self._forget(number)

    def _forget(self, number: int) -> None:
        if self._left.pop(number, None):
            self._tell({"id": number, "done": True})
            self._keep_book()

    def _keep_book(self) -> None:
        if self._watcher and self.folder.is_dir():
            pids = (os.getpid(), self._watcher.pid)
            keep_book(self.folder, {pid: watcher.start_of(pid) for pid in pids}, self._left)

    def _tell(self, message: dict[str, Any]) -> None:
        # Somebody may have killed the watcher; the clean-ups at our own end do not depend on it.
        with contextlib.suppress(BrokenPipeError):
            if self._watcher:
                cast(IO[bytes], self._watcher.stdin).write(json.dumps(message).encode() + b"\n")

    def _dismiss_watcher(self) -> None:
        if self._watcher:
            cast(IO[bytes], self._watcher.stdin).close()
            self._watcher.wait()
            self._watcher = None
