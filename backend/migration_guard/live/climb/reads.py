"""Which files a process has read: what a revision made of them may be otherwise once one of them is another."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from importlib.util import source_from_cache
from pathlib import Path
from sysconfig import get_path
from typing import Any

from ..project.installed import INSTALLED
from .walked import digest_of

# No project's. Of the versions of Python, and of what is installed beside it, a key tells.
_ELSEWHERE = ("/dev/", "/etc/", "/proc/", "/run/", "/sys/", "/usr/lib/", "/usr/share/")


class Reads:
    """Notes each file that Python opens to read it, from `watch` on. What SQLite or another process opens is not seen.

    https://docs.python.org/3/library/audit_events.html: "open" comes before every open() and os.open(), an import's
    too. Such a hook cannot be taken back, so this is for a process of its own. Of files below the folders `besides`
    a key tells, or they are the guard's own.
    """

    def __init__(self, besides: Iterable[str] = ()) -> None:
        self._besides = (*_ELSEWHERE, *map(_folder, (get_path("stdlib"), get_path("platstdlib"), *besides)))
        self._read: set[str] = set()
        self._written: set[str] = set()
        self._told: set[str] = set()

    def watch(self) -> None:
        """Begin."""
        sys.addaudithook(self._hear)

    def note(self, names: Iterable[str]) -> None:
        """Take in files that another program gets to read; words that name none do not count."""
        self._read.update(os.path.realpath(name) for name in names)

    def since(self) -> dict[str, str]:
        """The files that were read since the last call and not before, each with a digest of what it holds now."""
        new = self._read - self._written - self._told
        self._told |= new
        files = {_source(name) for name in new}
        return {name: digest_of(name) for name in sorted(files) if self._counts(name)}

    def _counts(self, name: str) -> bool:
        return not name.startswith(self._besides) and INSTALLED.isdisjoint(Path(name).parts) and Path(name).is_file()

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open":
            return
        path, mode, flags = arguments
        if not isinstance(path, (str, bytes, os.PathLike)):  # a descriptor
            return
        name = os.path.realpath(os.fsdecode(path))
        writes = flags & (os.O_WRONLY | os.O_RDWR) if isinstance(flags, int) else mode is not None and "r" not in mode
        (self._written if writes else self._read).add(name)


def changed(reads: Mapping[str, str]) -> bool:
    """Whether one of these files is not as it was read."""
    return any(digest_of(name) != digest for name, digest in reads.items())


def _source(name: str) -> str:
    """The file that a compiled one is of."""
    try:
        return source_from_cache(name) if name.endswith(".pyc") else name
    except ValueError:
        return name


def _folder(name: str) -> str:
    return f"{os.path.realpath(name).rstrip(os.sep)}{os.sep}"
