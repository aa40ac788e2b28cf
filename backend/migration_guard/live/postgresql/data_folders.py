"""Data folders for throw-away PostgreSQL servers: made by initdb once for each build, copied after that."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ...errors import CannotFinish
from ..scratch.folder import Scratch
from .binaries import Install
from .user import User, cache_folder, forget_unused, run_as

SUPERUSER = "postgres"
# A change of these makes prepared folders of older guards useless: count up MADE_LIKE.
INITDB = (f"--username={SUPERUSER}", "--encoding=UTF8", "--auth=trust", "--no-sync", "--wal-segsize=1")
LOCALES = ("C.UTF-8", "C")
MADE_LIKE = 1


def environment() -> dict[str, str]:
    """What PostgreSQL's programs get to see: nothing that changes what they do or the language they speak."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))} | {
        "LC_ALL": "C",
        "TZ": "UTC",
    }


def fill_data_folder(data: Path, install: Install, user: User | None, scratch: Scratch, *, fresh: bool = False) -> bool:
    """Make `data` a stopped and pristine cluster. True when it is a copy of a prepared one.

    With `fresh`, or where no prepared one stands or it cannot be copied, initdb makes it, and a copy is kept.
    """
    cache = cache_folder()
    prepared = cache and cache / f"pgdata-{install.key}-{user.uid if user else os.getuid()}-{MADE_LIKE}"
    if prepared and fresh:
        shutil.rmtree(prepared, ignore_errors=True)
    if prepared and _is_whole(prepared, install) and _copied(prepared, data) and _is_whole(data, install):
        os.utime(prepared)
        return True
    shutil.rmtree(data, ignore_errors=True)
    _initdb(data, install, user, scratch)
    if prepared:
        _keep(data, prepared, scratch)
    return False


def _is_whole(data: Path, install: Install) -> bool:
    try:
        version = (data / "PG_VERSION").read_text().strip()
        return version == install.major and (data / "global" / "pg_control").stat().st_size > 0
    except (OSError, UnicodeDecodeError):
        return False


def _copied(source: Path, target: Path) -> bool:
    """Whether all of it was copied, with owners and modes; by cp, which shares blocks where the system can."""
    return subprocess.run(["cp", "-Rp", source, target], capture_output=True, check=False).returncode == 0


def _keep(data: Path, prepared: Path, scratch: Scratch) -> None:
    """Keep a copy for the next time. Two processes may do so at once, and a failure costs only time."""
    beside = prepared.with_name(f".{prepared.name}.{os.getpid()}")
    remove = scratch.on_death("folder", path=str(beside))
    try:
        if _copied(data, beside):
            beside.rename(prepared)
            forget_unused(prepared.parent, "pgdata-*")
    except OSError:
        pass  # another process was faster
    finally:
        remove()


def _initdb(data: Path, install: Install, user: User | None, scratch: Scratch) -> None:
    said = ""
    for locale in LOCALES:
        command: list[str | Path] = [install.bin / "initdb", f"--pgdata={data}", f"--locale={locale}", *INITDB]
        done = _run(command, data.parent, user, scratch)
        if done.returncode == 0:
            return
        said = done.stdout
        shutil.rmtree(data, ignore_errors=True)
        if "locale" not in said:
            break
    raise CannotFinish(
        f"initdb of PostgreSQL {install.version} from {install.bin} failed ({last_line(said)})",
        "free some space or set MIGRATION_GUARD_SCRATCH, or give the URL of a server: --database postgresql://...",
    )


def _run(
    command: Sequence[str | Path], folder: Path, user: User | None, scratch: Scratch
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, or kill it when we are interrupted or killed."""
    try:
        program = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            **run_as(user),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise cannot_run(command[0], user, error) from error
    with program:
        kill = scratch.on_death("process", pid=program.pid)
        try:
            said, _ = program.communicate()
        except BaseException:
            kill()
            raise
        kill.forget()
    return subprocess.CompletedProcess(command, program.returncode, said)


def cannot_run(program: str | Path, user: User | None, error: Exception) -> CannotFinish:
    """The error for a program that did not even start."""
    why = getattr(error, "strerror", None) or str(error)
    as_user = f" as {user.name}, for it does not run as root" if user else ""
    return CannotFinish(
        f"cannot run {program}{as_user} ({why})",
        "run as an ordinary user, or give the URL of a server: --database postgresql://...",
    )


def last_line(text: str) -> str:
    """The last line that tells why, of what a PostgreSQL program wrote."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    full = [line for line in lines if "No space left" in line]  # what follows it is confusion
    telling = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:"))]
    return (full or telling or lines or ["it said nothing"])[-1]
