"""One deploy or restore at a time: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import CannotFinish

if TYPE_CHECKING:
    from .target import Target

KEY = 0x6D_69_67_67_75_61_72_64  # of PostgreSQL's advisory lock, "migguard": the same on every machine


@contextmanager
def turn(target: Target) -> Iterator[None]:
    """Nobody else deploys to this database meanwhile, or restores it. Raises CannotFinish where somebody does."""
    with _advisory(target) if target.dialect == "postgresql" else _file(target):
        yield


@contextmanager
def _advisory(target: Target) -> Iterator[None]:
    """A session lock, which holds across machines (postgresql.org/docs/current/explicit-locking.html)."""
    with target.connect() as connection:
        taken = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({KEY})").scalar()
        connection.commit()
        if not taken:
            raise _busy(target)
        yield


@contextmanager
def _file(target: Target) -> Iterator[None]:
    """A lock on a file beside the database, which the system lets go of when we die."""
    path = target.file.with_name(f".{target.file.name}.deploy.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+")
    except OSError as error:
        raise CannotFinish(f"{path} cannot be written: {error.strerror}", "check the folder's permissions") from error
    with stream:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _busy(target) from error
        yield


def _busy(target: Target) -> CannotFinish:
    return CannotFinish(f"somebody else is deploying to {target.shown}, or restoring it", "wait until that is through")
