"""The files of a squash: the new base is written and the old files go, so that a kill leaves what can be finished.

A plan is written beside the revisions first. The new base takes its place in one rename, and the old files go last. The
next `squash` finds the plan: with the base in place it goes on, without it nothing has happened yet.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..change.files import Edit, write
from ..errors import CannotFinish, UsageError

PLAN = ".migration-guard-squash.json"


@dataclass(frozen=True)
class Gone:
    """A file that goes: removed, or moved `to` a place."""

    path: Path
    content: bytes
    to: Path | None = None


def carry_out(edits: Sequence[Edit], gone: Sequence[Gone]) -> None:
    """Write the new base, the first of the edits, and take the old files away. Raises UsageError where a file was
    changed since the plan was made, before anything is touched, and CannotFinish where the disk does not take it."""
    folder = edits[0].path.parent
    for each in gone:
        if not each.path.is_file() or each.path.read_bytes() != each.content:
            raise UsageError(f"{each.path} was changed meanwhile, and nothing was written", "run it once more")
    plan = folder / PLAN
    told = {
        "base": [edits[0].path.name, _digest(edits[0].after)],
        "gone": [
            [
                os.path.relpath(each.path, folder),
                _digest(each.content),
                os.path.relpath(each.to, folder) if each.to else None,
            ]
            for each in gone
            if each.path != edits[0].path
        ],
    }
    try:
        _write_plan(plan, told)
        write(edits)
    except BaseException:
        if not _stands(folder, told):
            plan.unlink(missing_ok=True)
        raise
    _finish(plan, told)


def left(folders: Sequence[Path]) -> list[Path]:
    """The plans of runs that were killed."""
    return [folder / PLAN for folder in folders if (folder / PLAN).is_file()]


def resume(plan: Path) -> str:
    """Finish what a killed run began, or forget it where nothing had happened. A sentence on what was done."""
    try:
        told = json.loads(plan.read_text(encoding="utf-8"))
        stands = _stands(plan.parent, told)
    except (ValueError, KeyError, TypeError, IndexError):
        plan.unlink()  # it was being written, so nothing else had begun
        return "An earlier squash was cut off before it began; its plan is gone."
    if not stands:
        plan.unlink()
        return f"An earlier squash was cut off before {told['base'][0]} was written; nothing had changed."
    kept = _finish(plan, told)
    more = f"; {', '.join(kept)} changed meanwhile and stays" if kept else ""
    return f"An earlier squash was cut off; the rest of its old files are gone now{more}."


def _stands(folder: Path, told: dict[str, Any]) -> bool:
    name, digest = told["base"]
    file = folder / name
    return file.is_file() and _digest(file.read_bytes()) == str(digest)


def _finish(plan: Path, told: dict[str, Any]) -> list[str]:
    """Take the old files away, then the plan. The names of those that were changed, which stay."""
    kept = []
    try:
        for name, digest, to in told["gone"]:
            file = plan.parent / name
            if not file.is_file():
                continue
            if _digest(file.read_bytes()) != digest:
                kept.append(name)
                continue
            if to:
                target = plan.parent / to
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)
            else:
                file.unlink()
        plan.unlink()
    except OSError as error:
        raise CannotFinish(
            f"{error.filename} cannot be taken away ({error.strerror})", "run it again: it goes on where it stopped"
        ) from error
    return kept


def _write_plan(plan: Path, told: dict[str, Any]) -> None:
    with plan.open("w", encoding="utf-8") as stream:
        stream.write(json.dumps(told, indent=1) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
