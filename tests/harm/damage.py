"""Backups that were cut, flipped or edited: none may pass for sound."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from migration_guard.errors import GuardError
from migration_guard.operate import manifest as manifests
from migration_guard.operate.backup import proved
from migration_guard.operate.packing import Packing
from tests.operate.project import Project

from .operating import backup as case_of_backup

PAGE = 4096


@dataclass
class Seen:
    """What came of all rounds of one kind."""

    how: str
    rounds: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        """For people."""
        said = f"{self.how}: {self.rounds} rounds, {self.refused} refused; "
        return said + ("nothing wrong" if not self.wrong else f"{len(self.wrong)} WRONG: {self.wrong[:5]}")


def harmed(folder: Path, flips: int, seed: int) -> Iterator[Seen]:
    """A backup cut at every page and beside it, a bit flipped in so many bytes, each byte of its manifest changed, and
    each value of it."""
    project = Project(case_of_backup(folder).template)
    project.run("backup")
    (file,) = project.made()
    chosen = random.Random(seed)  # noqa: S311 - places, no secrets
    content = file.read_bytes()
    lengths = sorted({max(0, at + by) for at in range(0, len(content), PAGE) for by in (-1, 0, 1)})
    yield _rounds("backup, cut", file, file, (content[:length] for length in lengths))
    yield _rounds("backup, one bit flipped", file, file, (_flipped(content, chosen) for _ in range(flips)))
    manifest = manifests.path_of(file)
    text = manifest.read_bytes()
    yield _rounds("backup, its manifest cut", file, manifest, (text[:length] for length in range(len(text) - 2)))
    yield _rounds(
        "backup, one bit of its manifest flipped",
        file,
        manifest,
        (_flipped(text, chosen, at) for at in range(len(text))),
    )
    yield _rounds("backup, one value of its manifest edited", file, manifest, _edited(json.loads(text)))


def _rounds(how: str, file: Path, harmed: Path, contents: Iterator[bytes]) -> Seen:
    seen, before = Seen(how), harmed.read_bytes()
    for content in contents:
        if harmed != file and _meaning(content) == _meaning(before):
            continue  # a blank between its words
        seen.rounds += 1
        harmed.write_bytes(content)
        _tried(seen, lambda: proved(file, Packing()))
    harmed.write_bytes(before)
    proved(file, Packing())
    return seen


def _tried(seen: Seen, read: Callable[[], object]) -> None:
    try:
        read()
    except GuardError:
        seen.refused += 1
    except Exception as error:  # noqa: BLE001 - any other is what is looked for
        seen.wrong.append(f"round {seen.rounds}: {type(error).__name__} {error}"[:200])
    else:
        seen.wrong.append(f"round {seen.rounds}: it passed for sound")


def _meaning(text: bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _flipped(content: bytes, chosen: random.Random, at: int | None = None) -> bytes:
    harmed = bytearray(content)
    harmed[chosen.randrange(len(content)) if at is None else at] ^= 1 << chosen.randrange(8)
    return bytes(harmed)


def _edited(said: dict[str, object]) -> Iterator[bytes]:
    """The manifest with one value that is another one, or gone."""
    for name in sorted(said):
        for value in (None, 0, "x", [], {}, True):
            if said[name] != value:
                yield json.dumps({**said, name: value}).encode()
        yield json.dumps({key: kept for key, kept in said.items() if key != name}).encode()
