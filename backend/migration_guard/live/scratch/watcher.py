"""The process that cleans up after a guard that was killed: it holds the end of a pipe and waits until that closes.

It is started by its path and without site-packages, so that it stands within milliseconds: nothing of ours is imported.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PIPE = 0  # standard input
PATIENCE = 10.0  # seconds that one clean-up may take
QUIT = getattr(signal, "SIGQUIT", signal.SIGTERM)
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def remove_folder(path: str) -> None:
    """Remove a folder. A program that is about to end may still write into it, so this tries for a while."""
    for _ in _tries():
        shutil.rmtree(path, ignore_errors=True)
        if not os.path.lexists(path):
            return


def stop_server(data: str) -> None:
    """Stop what runs on a PostgreSQL data folder, server or a step of initdb, at once and without a checkpoint."""
    pid, segment = _lock_file(data)
    if pid and _runs_on(pid, data):
        _send(pid, QUIT)
        for elapsed in _tries():
            if not is_alive(pid):
                break
            if elapsed > PATIENCE / 2:
                _send(pid, KILL)
    if segment:
        _remove_shared_memory(segment)


def kill_process(pid: int, started: str | None = None) -> None:
    """Kill a process, unless its id has gone to another one since."""
    if start_of(pid) == started:
        _send(pid, KILL)


def drop_database(server: str, name: str, path: list[str]) -> None:
    """Drop a scratch database. `server` is a libpq DSN, `path` the module path on which psycopg is found.

    A CREATE DATABASE of a client that is gone runs on; its connection bears the database's name.
    """
    sys.path[:] = path
    import psycopg
    from psycopg import sql

    with psycopg.connect(server, autocommit=True) as connection:
        for _ in _tries():
            creating = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [name]
            )
            if not creating.fetchall():
                break
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


CLEAN_UPS: dict[str, Callable[..., None]] = {
    "folder": remove_folder,
    "server": stop_server,
    "process": kill_process,
    "database": drop_database,
}


def clean_up(kind: str, what: dict[str, Any]) -> None:
    """Do one registered clean-up. What is already gone is fine."""
    CLEAN_UPS[kind](**what)


def lives(pid: int, started: str | None) -> bool:
    """Whether a process that started then is there: its id may have gone to another one since."""
    return is_alive(pid) and start_of(pid) == started


def start_of(pid: int) -> str | None:
    """When a process started, in the kernel's ticks; None where the system does not tell."""
    fields = _stat(pid)
    return fields[19] if fields else None


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (the second may hold spaces); empty where there are none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return []


def is_alive(pid: int) -> bool:
    """Whether a process is there, and not only its entry."""
    fields = _stat(pid)
    if fields:
        return fields[0] not in "ZX"  # a container often has nobody who collects the dead
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _lock_file(data: str) -> tuple[int | None, int | None]:
    """Process and shared memory segment by postmaster.pid, which stands there as long as either may.

    https://www.postgresql.org/docs/current/storage-file-layout.html; a step of initdb writes its id as negative.
    """
    try:
        lines = Path(data, "postmaster.pid").read_text().splitlines()
        pid = abs(int(lines[0]))
    except (OSError, ValueError, IndexError):
        return None, None
    numbers = lines[6].split() if len(lines) > 6 else []
    return pid, int(numbers[1]) if len(numbers) == 2 and numbers[1].isdigit() else None


def _runs_on(pid: int, data: str) -> bool:
    """Whether the process is the one that wrote the lock file: its id may have gone to another since."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == Path(data).resolve()
    except OSError:
        return not Path("/proc/self").is_dir() and is_alive(pid)


def _remove_shared_memory(segment: int) -> None:
    """Remove what a server leaves in the system when it was not stopped but killed."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).shmctl(segment, 0, None)  # IPC_RMID


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def _tries() -> Iterator[float]:
    """Seconds gone by, at short intervals, until patience ends."""
    start = time.monotonic()
    while (elapsed := time.monotonic() - start) < PATIENCE:
        yield elapsed
        time.sleep(0.01 if elapsed < 0.5 else 0.1)


def _messages(pipe: int) -> Iterator[dict[str, Any]]:
    """The lines of the pipe until it closes or the guard is gone: a child of the guard may hold the pipe open."""
    guard = os.getppid()
    rest = b""
    while True:
        if os.name == "posix" and not select.select([pipe], [], [], 0.5)[0]:
            if os.getppid() != guard:
                return
            continue
        chunk = os.read(pipe, 65536)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)


def main() -> None:
    """Keep the list of clean-ups as the guard tells it; do what is left on it, last first, when the guard is gone."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    left: dict[int, dict[str, Any]] = {}
    for message in _messages(PIPE):
        if message.get("done"):
            left.pop(message["id"], None)
        else:
            left[message["id"]] = message
    for message in reversed(left.values()):
        with contextlib.suppress(Exception):  # nobody is left to tell, and the next clean-up must have its turn
            clean_up(message["kind"], message["what"])


if __name__ == "__main__":
    main()
