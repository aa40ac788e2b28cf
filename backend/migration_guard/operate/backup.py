"""A backup: a consistent copy, proved by reading it back, with a manifest that says what it holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import CannotFinish, UsageError
from . import manifest as manifests
from .manifest import Manifest, checksum, now, path_of
from .operators import operator
from .target import Target
from .writing import beside, room_for

Progress = Callable[[str, int, int], None]  # what is done, done, total


@dataclass(frozen=True)
class Backup:
    """One backup on disk."""

    file: Path
    manifest: Manifest


def backup(target: Target, folder: Path, progress: Progress = lambda *_: None, *, name: str | None = None) -> Backup:
    """Make one, whose file begins with a name, by default that of the database.

    Raises CannotFinish where the disk, the database or a client lets us down; then there is no file. The manifest is
    written after the file has its name: a file without one counts as none.
    """
    own = operator(target.dialect)
    room_for(folder, own.size(target), "a backup")
    made = now()
    stem = f"{name or name_of(target)}-{re.sub(r'[-:]', '', made)}"
    final = folder / f"{stem}{own.SUFFIX}"
    if final.exists():
        raise UsageError(f"{final} is there already", "wait a second, then run it again")
    with beside(final) as part:
        held = own.copy(target, part, lambda done, total: progress("copy", done, total))
        read_back = own.proved(part, target.version_table)
        if wrong := held.differences(read_back):
            raise CannotFinish(f"the copy differs from the database: {'; '.join(wrong[:3])}", "run it once more")
        manifest = Manifest(
            file=final.name,
            dialect=target.dialect,
            server=own.server(target),
            made=made,
            revisions=list(held.revisions),
            rows=dict(held.rows),
            bytes=part.stat().st_size,
            sha256=checksum(part, lambda done, total: progress("checksum", done, total)),
            version_table=target.version_table,
            verified=True,
            tools=own.notes(target),
        )
    with beside(path_of(final)) as part:
        part.write_text(manifests.written(manifest), encoding="utf-8")
    return Backup(final, manifest)


def proved(file: Path, progress: Progress = lambda *_: None) -> Backup:
    """A backup that was read back whole and is what its manifest says. Raises CannotFinish where it is not."""
    if not file.is_file():
        raise UsageError(f"there is no backup {file}", "see `migration-guard db status` for those that there are")
    manifest = manifests.read(file)
    size = file.stat().st_size
    if size != manifest.bytes:
        raise CannotFinish(f"{file} has {size:,} bytes, not {manifest.bytes:,}: it was cut or changed", _ANOTHER)
    if checksum(file, lambda done, total: progress("checksum", done, total)) != manifest.sha256:
        raise CannotFinish(f"{file} has another SHA-256 than when it was made: it was changed", _ANOTHER)
    progress("read back", 0, 1)
    held = operator(manifest.dialect).proved(file, manifest.version_table)
    if wrong := manifest.held.differences(held):
        raise CannotFinish(f"{file} is not what its manifest says: {'; '.join(wrong[:3])}", _ANOTHER)
    progress("read back", 1, 1)
    return Backup(file, manifest)


def backups(folder: Path, of: str | None = None) -> list[Backup]:
    """The backups of a folder, newest first, or those whose database has the name `of`. Files without a sound manifest
    are none."""
    found = []
    for path in sorted(folder.glob(f"*{manifests.SUFFIX}")):
        file = path.with_name(path.name.removesuffix(manifests.SUFFIX))
        if file.is_file() and of in (None, database_of(file)):
            try:
                found.append(Backup(file, manifests.read(file)))
            except CannotFinish:
                continue
    return sorted(found, key=lambda each: (each.manifest.made, each.file.name), reverse=True)


_ANOTHER = "use another backup"


def database_of(file: Path) -> str:
    """The name of the database that a backup is of: what its file begins with, before the moment."""
    return re.sub(r"-\d{8}T\d{6}Z\.\w+$", "", file.name)


def name_of(target: Target) -> str:
    """What the backups of a database begin with."""
    name = target.file.stem if target.dialect == "sqlite" else str(target.url.database)
    return re.sub(r"[^\w.-]+", "-", name)
