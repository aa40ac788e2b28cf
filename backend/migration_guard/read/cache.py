"""What was read of the revision files, kept in the user's cache folder, so that the next run reads only what changed.

A file's facts hold as long as its content is the same and so is that of the modules which they rest on. The index has
a line for each file, the last one counts; the facts of a file stand in a file of their own, which is named after them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..facts import Migration
from .encoding import decoded, encoded
from .kept import header_of, kept
from .modules import Modules, Names
from .store import BROKEN, Store, digest
from .values import Dotted

INDEX, OUTLINES = "index", "outlines"
_RACY = 2_000_000_000  # nanoseconds within which a file may change and keep its time, as git has it
_MANY = 50  # files whose lines are added; for more the index is written anew
Reader = Callable[[], Migration]
Outlined = Callable[[Migration], dict[str, Any]]


class Entry(NamedTuple):
    """One line of the index, but for the path, with which it begins."""

    stamp: str  # size and times, from which a later change would be seen; else empty
    blob: str
    name: str  # of the facts
    digested: str  # "1" where they have digests
    rests_on: str  # JSON: the names that were looked up in the project, and the digests of files; empty for none
    header: str  # two fields

    def line(self, path: str) -> str:
        return "\t".join((path, *self)) + "\n"


class Cache:
    """The facts of files as they were read last, by path. One for each run."""

    def __init__(self, root: Path, *, digested: bool, outlined: Outlined | None = None) -> None:
        """`outlined` says what is to be known of each revision at once, beside its header."""
        self.store = Store(root)
        self._root = root
        self._outlined = outlined
        self._digested = digested
        self._settled = time.time_ns() - _RACY  # what changed later may change once more, and keep its time
        count = len(Entry._fields)
        lines = [line.split("\t", count) for line in self.store.lines(INDEX)]
        self._known = {fields[0]: Entry(*fields[1:]) for fields in lines if len(fields) == count + 1}
        self._grown = len(lines) > 2 * len(self._known) + _MANY
        self._now: dict[str, Entry] = {}
        self._outlines: dict[str, str] | None = None
        self._new_outlines: dict[str, str] = {}

    def unchanged(self, path: str, about: os.stat_result, modules: Modules, again: Reader) -> Migration | None:
        """The facts of a file whose size and times are those from when it was read; None where that proves nothing."""
        entry = self._known.get(path)
        if entry is not None and entry.stamp and entry.stamp == _stamp(about):
            return self._migration(path, entry, modules, again)
        return None

    def same(
        self, path: str, blob: str, modules: Modules, again: Reader, about: os.stat_result | None = None
    ) -> Migration | None:
        """The facts of a file whose content is the one that was read. `again` reads it where its facts are gone."""
        entry = self._known.get(path)
        if entry is None or entry.blob != blob:
            return None
        now = entry if about is None else entry._replace(stamp=self._settled_stamp(about))
        return self._migration(path, now, modules, again)

    def keep(
        self,
        migration: Migration,
        blob: str,
        files: dict[str, str],
        names: Names,
        about: os.stat_result | None = None,
    ) -> None:
        """Remember what was read of a file just now; `files` are those it rests on, with their digests."""
        with suppress(*BROKEN):
            text = encoded(migration)
            name = digest(text)
            rests_on = [[[*asked, found] for asked, found in names.items()], files]
            entry = Entry(
                self._settled_stamp(about),
                blob,
                name,
                "1" if self._digested else "",
                json.dumps(rests_on, separators=(",", ":")) if names or files else "",
                header_of(migration),
            )
            if "\t" in migration.path or "\n" in migration.path:
                return
            known = self._known.get(migration.path)
            if known is None or known.name != name:
                self.store.write(_file(name), text)
                if self._outlined is not None:
                    self._new_outlines[name] = json.dumps(self._outlined(migration), separators=(",", ":"))
            self._now[migration.path] = entry

    def name(self, migration: Migration) -> str:
        """The name of the facts of a migration: another one for other facts."""
        entry = self._now.get(migration.path)
        return digest(encoded(migration)) if entry is None else entry.name

    def learnt(self, paths: Iterable[str]) -> list[Any]:
        """What is known now of some files, for `learn` in another process: JSON."""
        return [{path: self._now[path] for path in paths if path in self._now}, self._new_outlines]

    def learn(self, learnt: list[Any]) -> None:
        """Take over what another process has learnt."""
        entries, outlines = learnt
        self._now |= {path: Entry(*entry) for path, entry in entries.items()}
        self._new_outlines |= outlines

    def close(self) -> None:
        """Write down what this run has learnt."""
        new = {path: entry for path, entry in self._now.items() if self._known.get(path) != entry}
        gone = {path for path in self._known.keys() - self._now.keys() if not (self._root / path).exists()}
        if not new and not gone:
            return
        left = {path: entry for path, entry in (self._known | self._now).items() if path not in gone}
        if len(new) > _MANY or gone or self._grown:
            self.store.write(INDEX, "".join(entry.line(path) for path, entry in left.items()))
            outlines = self._known_outlines() | self._new_outlines
            names = {entry.name for entry in left.values()}
            self.store.write(OUTLINES, "".join(f"{name}\t{outlines[name]}\n" for name in outlines if name in names))
        else:
            self.store.add(OUTLINES, "".join(f"{name}\t{outline}\n" for name, outline in self._new_outlines.items()))
            self.store.add(INDEX, "".join(entry.line(path) for path, entry in new.items()))
        for name in {entry.name for entry in self._known.values()} - {entry.name for entry in left.values()}:
            self.store.remove(_file(name))

    def _migration(self, path: str, entry: Entry, modules: Modules, again: Reader) -> Migration | None:
        """The migration that an entry stands for; None where what it rests on is not the same."""
        if self._digested and not entry.digested:
            return None
        with suppress(*BROKEN):
            if entry.rests_on and not _stands(entry.rests_on, modules):
                return None
            found = kept(path, entry.header, lambda: self._whole(path, entry.name, again), lambda: self._outline(entry))
            self._now[path] = entry
            return found
        return None

    def _whole(self, path: str, name: str, again: Reader) -> Migration:
        with suppress(*BROKEN):
            return decoded(self.store.read(_file(name)), path)
        return again()

    def _outline(self, entry: Entry) -> dict[str, Any] | None:
        with suppress(*BROKEN):
            found: dict[str, Any] = json.loads(self._known_outlines()[entry.name])
            return found
        return None

    def _known_outlines(self) -> dict[str, str]:
        if self._outlines is None:
            lines = (line.partition("\t") for line in self.store.lines(OUTLINES))
            self._outlines = {name: outline for name, _, outline in lines}
        return self._outlines

    def _settled_stamp(self, about: os.stat_result | None) -> str:
        return "" if about is None or max(about.st_mtime_ns, about.st_ctime_ns) > self._settled else _stamp(about)


def _stamp(about: os.stat_result) -> str:
    return f"{about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"


def _stands(rests_on: str, modules: Modules) -> bool:
    """Whether every name still leads into the same file, and every file has the same content."""
    names, files = json.loads(rests_on)
    return all(modules.locate(Dotted(dotted, folder)) == found for dotted, folder, found in names) and all(
        modules.digest(file) == known for file, known in files.items()
    )


def _file(name: str) -> str:
    """Where the facts of this name stand."""
    return f"facts/{name[:2]}/{name[2:]}"
