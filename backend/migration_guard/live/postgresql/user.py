"""Whom a PostgreSQL server runs as (never root: it refuses), where that user may go, and our cache folder."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from ...errors import CannotFinish

UNPRIVILEGED = ("nobody", "postgres", "daemon")
KEPT_DAYS = 60


@dataclass(frozen=True)
class User:
    """An account without rights of its own."""

    name: str
    uid: int
    gid: int


class RunAs(TypedDict, total=False):
    """Arguments for subprocess that change the user."""

    user: int
    group: int
    extra_groups: list[int]


def server_user() -> User | None:
    """The account for a server when we are root; None means our own.

    `nobody` comes before `postgres`: SQL of a superuser can run programs, and `postgres` may own real clusters.
    """
    if os.name == "nt" or os.geteuid() != 0:
        return None
    import pwd

    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(name, entry.pw_uid, entry.pw_gid)
    raise CannotFinish(
        f"PostgreSQL does not run as root, and this machine has no user {' or '.join(UNPRIVILEGED)}",
        "run as an ordinary user, or give the URL of a server: --database postgresql://...",
    )


def run_as(user: User | None) -> RunAs:
    """Arguments for subprocess that start a program as this user; none for ourselves."""
    return {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}


def may_enter(folder: Path, user: User | None) -> bool:
    """Whether the user can reach what stands in the folder, by the modes of it and of all above it."""
    if user is None:
        return os.access(folder, os.X_OK)
    return all(_may_pass(step.stat(), user) for step in (folder, *folder.resolve().parents))


def _may_pass(folder: os.stat_result, user: User) -> bool:
    if folder.st_uid == user.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == user.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def cache_folder() -> Path | None:
    """Our cache: in $XDG_CACHE_HOME, ~/.cache or the temp folder; None where nothing can be kept."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    homes = [Path(given)] if Path(given).is_absolute() else [Path("~/.cache").expanduser()]
    for home in homes:
        if home.is_absolute() and (folder := owned_folder(home / "migration-guard")):
            return folder
    return owned_folder(Path(tempfile.gettempdir()) / f"migration-guard-cache-{os.getuid()}")


def owned_folder(path: Path, mode: int = 0o700) -> Path | None:
    """The folder, made when missing; None unless it is ours and nobody else may write to it."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return path if ours and os.access(path, os.W_OK | os.X_OK) else None


def forget_unused(folder: Path, pattern: str) -> None:
    """Remove from a cache what no run has used for long, such as what belongs to a wheel that was updated since."""
    for entry in folder.glob(pattern):
        if time.time() - entry.stat().st_mtime > KEPT_DAYS * 86400:
            shutil.rmtree(entry, ignore_errors=True)
