"""Watches what the guard does while it reads: nothing of what it reads may run, and no other program, and no network."""

from __future__ import annotations

import signal
import sys
import tempfile
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import migration_guard

OURS = (str(Path(migration_guard.__file__).parent), sys.prefix, sys.base_prefix, "<frozen ", "<string>")
FORBIDDEN = (
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "socket.",
    "ctypes.",
    "pty.",
    "webbrowser.",
)
CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.putenv", "os.chmod", "os.truncate", "shutil.")
CACHE = "/migration-guard"  # our folder of the user's cache, the only place that reading may write to
WRITES = ("w", "a", "x", "+")


class Watch:
    """What was done that must not be, while it is on. An audit hook cannot be taken away again, so it is made once."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._saw)

    def _saw(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on:
            return
        wrong = event.startswith(FORBIDDEN) or event.startswith(CHANGES)
        if event == "exec" and isinstance(arguments[0], types.CodeType):
            wrong = not arguments[0].co_filename.startswith(OURS)
        elif event == "import":
            first = str(arguments[0]).partition(".")[0]
            wrong = first not in sys.stdlib_module_names and first != "migration_guard"
        elif event == "open" and isinstance(arguments[1], str):
            wrong = any(sign in arguments[1] for sign in WRITES) and not _is_bug_report(str(arguments[0]))
        if wrong and CACHE not in str(arguments):
            self.seen.append(f"{event} {str(arguments)[:200]}")

    @contextmanager
    def watching(self) -> Iterator[None]:
        written, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # of our own modules, the first time
        self.on = True
        try:
            yield
        finally:
            self.on = False
            sys.dont_write_bytecode = written


def _is_bug_report(path: str) -> bool:
    """Whether it is where `main` writes what went wrong, which shows in the exit code."""
    return "migration-guard-" in path or path == tempfile.gettempdir()


class TooLong(BaseException):
    """Reading one input takes longer than it may."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooLong inside the block once it has used this much time of the processor."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def most_megabytes() -> float:
    """The most memory that this process ever held; 0 where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS, else in kilobytes
    return most / 1_000_000 if sys.platform == "darwin" else most * 1024 / 1_000_000


def resident_megabytes() -> float:
    """The memory that this process holds now, as Linux tells it; 0 elsewhere."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 1_000_000
