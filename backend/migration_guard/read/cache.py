"""What was read of the revision files, kept in the user's cache folder, so that the next run reads only what changed.

A file's facts hold as long as its content is the same and so is that of the modules which they rest on. The folder is
ours alone: whatever is wrong with it (broken, unwritable, written by two runs at once), a run goes on without it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha1
from pathlib import Path
from typing import Any

from .. import __version__
from ..facts import Migration
from .encoding import decoded, encoded, plain, revived
from .modules import Modules, Names
from .values import Dotted

_INDEX, _ROOT = "index.json", "root.txt"
_BROKEN = (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
_RACY = 2_000_000_000  # nanoseconds within which a file may change and keep its time, as git has it
# What the graph needs, and what every run asks of every file, is known at once; the rest when a rule asks for it.
_AT_ONCE = (
    "at", "revision", "parents", "parents_unread", "parents_at", "depends_on", "branch_labels", "message", "unread",
    "broken", "allows",
)  # fmt: skip
_LATER = ("upgrade", "downgrade", "imports", "undefined", "markers", "warnings", "review", "digest", "tree")
_put = object.__setattr__
Reader = Callable[[], Migration]
Outlined = Callable[[Migration], dict[str, Any]]


class Kept(Migration):
    """A migration from the cache: what it does is looked up when somebody asks for it."""


class _Later:
    """A field of a migration that is looked up when it is asked for first."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, kept: Kept | None, _: type) -> object:
        if kept is None:
            return self
        own = kept.__dict__
        if "known" not in own:
            own["known"] = own["whole"]()
        return getattr(own["known"], self._name)


for _name in _LATER:
    setattr(Kept, _name, _Later(_name))


class Cache:
    """The facts of files as they were read last, by path. One for each run."""

    def __init__(self, root: Path, *, digested: bool, outlined: Outlined | None = None) -> None:
        """`outlined` says what is to be known of each revision at once, beside its header."""
        self._root = root
        self._outlined = outlined
        self._folder = folder_of(root)
        self._digested = digested
        self._started = time.time_ns()
        self._version = _version()
        self._settled = 0  # what changed before is told from what was read by its times alone
        self._known: dict[str, list[Any]] = {}
        self._now: dict[str, list[Any]] = {}
        self._stale = False
        with suppress(*_BROKEN):
            index = json.loads((self._folder / _INDEX).read_bytes())
            if index["version"] == self._version:
                self._settled = int(index["started"]) - _RACY
                self._known = dict(index["files"])

    def unchanged(self, path: str, about: os.stat_result, modules: Modules, again: Reader) -> Migration | None:
        """The facts of a file whose size and times are those from when it was read; None where that proves nothing."""
        entry = self._known.get(path)
        with suppress(*_BROKEN):
            if entry is not None and entry[0] == _stamp(about) and about.st_mtime_ns < self._settled:
                return self._migration(path, entry, modules, again)
        return None

    def same(
        self, path: str, blob: str, modules: Modules, again: Reader, about: os.stat_result | None = None
    ) -> Migration | None:
        """The facts of a file whose content is the one that was read. `again` reads it where its facts are gone."""
        entry = self._known.get(path)
        with suppress(*_BROKEN):
            if entry is not None and entry[1] == blob:
                if about is not None:
                    self._stale |= entry[0] != _stamp(about) or about.st_mtime_ns < self._started - _RACY
                    entry = [_stamp(about), *entry[1:]]
                return self._migration(path, entry, modules, again)
        return None

    def keep(
        self,
        migration: Migration,
        blob: str,
        files: dict[str, str],
        names: Names,
        about: os.stat_result | None = None,
    ) -> None:
        """Remember what was read of a file just now; `files` are those it rests on, with their digests."""
        with suppress(*_BROKEN):
            text = encoded(migration)
            name = sha1(text.encode(), usedforsecurity=False).hexdigest()
            self._write(f"{name[:2]}/{name[2:]}", text)
            self._now[migration.path] = [
                None if about is None else _stamp(about),
                blob,
                name,
                self._digested,
                [[path, folder, found] for (path, folder), found in names.items()],
                files,
                {field: plain(getattr(migration, field), migration.path) for field in _AT_ONCE},
                None if self._outlined is None else self._outlined(migration),
            ]
            self._stale = True

    def entries(self, paths: Iterable[str]) -> dict[str, list[Any]]:
        """What is known now of some files, for `add` in another process."""
        return {path: self._now[path] for path in paths if path in self._now}

    def add(self, entries: dict[str, list[Any]]) -> None:
        """Take over what another process has learnt."""
        self._now |= entries
        self._stale = True

    def close(self) -> None:
        """Write down what this run has learnt, at once or not at all."""
        if not self._stale:
            return
        with suppress(*_BROKEN):
            files = dict(self._now)
            for path, entry in self._known.items():
                if path not in files and (self._root / path).exists():
                    settled = entry[0] is not None and entry[0][1] < self._settled
                    files[path] = entry if settled else [None, *entry[1:]]
            index = {"version": self._version, "started": self._started, "files": files}
            self._write(_INDEX, json.dumps(index, separators=(",", ":")))
            for name in {entry[2] for entry in self._known.values()} - {entry[2] for entry in files.values()}:
                (self._folder / name[:2] / name[2:]).unlink(missing_ok=True)

    def _migration(self, path: str, entry: list[Any], modules: Modules, again: Reader) -> Migration | None:
        """The migration that an entry stands for; None where what it rests on is not the same."""
        _, _, name, digested, names, files, header, outline = entry
        if self._digested and not digested:
            return None
        if any(modules.locate(Dotted(dotted, folder)) != found for dotted, folder, found in names):
            return None
        if any(modules.digest(file) != digest for file, digest in files.items()):
            return None
        made = object.__new__(Kept)
        _put(made, "path", path)
        for field in ("at", *(header.keys() & set(_AT_ONCE))):
            _put(made, field, revived(header[field], path))
        _put(made, "outline", outline)
        made.__dict__["whole"] = lambda: self._whole(path, name, again)
        self._now[path] = entry
        return made

    def _whole(self, path: str, name: str, again: Reader) -> Migration:
        with suppress(*_BROKEN):
            return decoded((self._folder / name[:2] / name[2:]).read_text(encoding="ascii"), path)
        return again()

    def _write(self, name: str, text: str) -> None:
        """Write one file beside its place and move it there, so that nobody ever reads half of it."""
        file = self._folder / name
        beside = file.with_name(f"{file.name}.{os.getpid()}")
        if not file.parent.is_dir():
            if not self._folder.is_dir():
                _forget_projects_that_are_gone(self._folder.parent)
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                (self._folder / _ROOT).write_bytes(os.fsencode(self._root))
            file.parent.mkdir(exist_ok=True)
        try:
            beside.write_text(text, encoding="ascii")
            beside.replace(file)
        except OSError:
            beside.unlink(missing_ok=True)
            raise


def folder_of(root: Path) -> Path:
    """Where the facts of a project are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - it never raises
    return Path(base) / "migration-guard" / sha1(os.fsencode(root), usedforsecurity=False).hexdigest()[:16]


def _forget_projects_that_are_gone(folder: Path) -> None:
    import shutil

    for file in folder.glob(f"*/{_ROOT}"):
        if not Path(os.fsdecode(file.read_bytes())).exists():
            shutil.rmtree(file.parent, ignore_errors=True)


def _stamp(about: os.stat_result) -> list[int]:
    return [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]


def _version() -> str:
    """What facts depend on beside the files: Python's grammar, and the reader, which changes while it is worked on."""
    package = Path(__file__).parents[1]
    ours = [
        (entry.name, entry.stat().st_size, entry.stat().st_mtime_ns)
        for folder in (package / "read", package / "facts", package / "replay")
        for entry in os.scandir(folder)
        if entry.name.endswith(".py")
    ]
    digest = sha1(repr(sorted(ours)).encode(), usedforsecurity=False).hexdigest()
    return f"{__version__} {sys.version_info[0]}.{sys.version_info[1]} {digest}"
