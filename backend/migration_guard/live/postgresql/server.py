"""A throw-away PostgreSQL server from a folder of binaries: no network, no durability, gone when left or killed."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ...errors import CannotFinish
from ..scratch.folder import Scratch
from ..scratch.watcher import stop_server
from .binaries import Install, usable_by
from .data_folders import cannot_run, environment, fill_data_folder, last_line
from .user import User, may_enter, run_as, server_user

PORT = 5432  # names the socket file only
FOLDER = "mg-"  # what folders of servers begin with
PATIENCE = 30.0  # seconds
LONGEST_SOCKET = 103  # bytes that sun_path takes on macOS; Linux takes 107
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "30",
    "shared_buffers": "16MB",
    "max_locks_per_transaction": "512",  # a long history in one transaction locks every table it makes
    "dynamic_shared_memory_type": "mmap",  # in the data folder: nothing stays in /dev/shm, which is small in containers
    "huge_pages": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",  # nothing is replicated: one process less
    "checkpoint_timeout": "1h",
    "timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "off",
}
SINCE_18 = {"io_method": "sync"}  # no workers that read ahead: three processes less


@contextmanager
def running(install: Install, scratch: Scratch) -> Iterator[Path]:
    """The socket folder of a server of this install, which is stopped and removed on leaving or when we die.

    Raises CannotFinish where it does not start.
    """
    if os.name == "nt":
        raise CannotFinish(
            "PostgreSQL cannot be started by the guard on Windows yet",
            "give the URL of a running server: --database postgresql://user@host/postgres",
        )
    user = server_user()
    with ExitStack() as stack:
        home = _new_home(scratch, user, stack)
        install = usable_by(user, install, elsewhere=home)
        sockets = (
            home if len(os.fsencode(home / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET else _short(scratch, user, stack)
        )
        data = home / "data"
        stack.callback(scratch.on_death("server", data=str(data)))
        copied = fill_data_folder(data, install, user, scratch)
        try:
            server = _start(data, sockets, install, user, stack)
        except CannotFinish:
            if not copied:
                raise
            stop_server(str(data))
            fill_data_folder(data, install, user, scratch, fresh=True)  # perhaps the prepared folder was damaged
            server = _start(data, sockets, install, user, stack)
        yield sockets
        if server.poll() is not None or not _is_ready(data):  # it has ended, or is about to
            raise _died(install, data)


def _new_home(scratch: Scratch, user: User | None, stack: ExitStack) -> Path:
    """A new folder that belongs to the server's user. The scratch folder itself is closed to all but us."""
    for parent in (scratch.folder, scratch.folder.parent, Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108
        if may_enter(parent, user):
            return _new_folder(parent, scratch, user, stack)
    raise CannotFinish(
        f"no folder for PostgreSQL: {user.name if user else 'this user'} may not enter {scratch.folder.parent} or /tmp",
        "set MIGRATION_GUARD_SCRATCH to a folder that everybody may enter",
    )


def _short(scratch: Scratch, user: User | None, stack: ExitStack) -> Path:
    return _new_folder(Path("/tmp"), scratch, user, stack)  # noqa: S108


def _new_folder(parent: Path, scratch: Scratch, user: User | None, stack: ExitStack) -> Path:
    path = parent / f"{FOLDER}{os.urandom(6).hex()}"
    stack.callback(scratch.new_folder(path))
    if user:
        os.chown(path, user.uid, user.gid)
    return path


def _start(data: Path, sockets: Path, install: Install, user: User | None, stack: ExitStack) -> subprocess.Popen[bytes]:
    command = [str(install.bin / "postgres"), "-D", str(data), "-k", str(sockets), "-p", str(PORT)]
    for name, value in (SETTINGS | (SINCE_18 if int(install.major) >= 18 else {})).items():
        command += ["-c", f"{name}={value}"]
    with (data.parent / "log").open("wb") as log:
        try:
            # A session of its own: Ctrl-C must reach us, and the server only when we have finished with it.
            server = subprocess.Popen(
                command,
                cwd=data.parent,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **run_as(user),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise cannot_run(command[0], user, error) from error
    stack.callback(_stop, server)
    deadline = time.monotonic() + PATIENCE
    while not _is_ready(data):
        if server.poll() is not None or time.monotonic() > deadline:
            _stop(server)
            raise _died(install, data)
        time.sleep(0.003)
    return server


def _is_ready(data: Path) -> bool:
    """Whether the server takes connections, by the eighth line of its lock file, which `pg_ctl --wait` reads too."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    except (OSError, IndexError):
        return False


def _died(install: Install, data: Path) -> CannotFinish:
    said = (data.parent / "log").read_text(errors="replace")
    return CannotFinish(
        f"PostgreSQL {install.version} from {install.bin} stopped ({last_line(said)})",
        "run it with --database sqlite, or give the URL of a server: --database postgresql://...",
    )


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stop it without a checkpoint: its files are thrown away."""
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)
        try:
            server.wait(PATIENCE / 3)
        except subprocess.TimeoutExpired:
            server.kill()
    server.wait()
