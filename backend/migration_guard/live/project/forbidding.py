"""What code of the project may not reach while a fence stands: every database but the scratch ones."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from errno import ECONNREFUSED
from pathlib import Path
from typing import Any, NoReturn

from ..urls import hide_in
from .targets import Targets, postgresql_databases, sqlite_file

CLIENTS = {"psql", "pg_restore", "pg_dump", "pg_dumpall", "createdb", "dropdb"}
CLIENTS |= {"sqlite3", "mysql", "mysqldump", "mariadb", "sqlcmd", "sqlplus"}
SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "env", "sudo"}


_PATIENCE = 5  # tries to connect to one place, before code that waits for it is stopped
_tried: dict[str, None] = {}  # places that were refused in this process
_tries: Counter[str] = Counter()  # likewise, how often, since the fence stands


class ForbiddenConnection(ConnectionRefusedError):
    """Code of the project tried to reach a database that is not a scratch one. The message hides passwords.

    An error as code expects it that can do without, such as a look whether a port is free.
    """

    def __init__(self, target: str) -> None:
        super().__init__(ECONNREFUSED, _words(target))

    def __str__(self) -> str:
        return str(self.strerror)


class ForbiddenAgain(RuntimeError):
    """Code of the project tries the same again and again, and would wait for it without end."""


def refuse(target: str) -> NoReturn:
    """Raise ForbiddenConnection, and ForbiddenAgain where that was of no use."""
    place = hide_in(target)
    _tried[place] = None
    _tries[place] += 1
    if _tries[place] > _PATIENCE:
        raise ForbiddenAgain(_words(target))
    raise ForbiddenConnection(target)


def tried() -> list[str]:
    """The places that were refused in this process, passwords hidden."""
    return [*_tried]


def _words(target: str) -> str:
    return (
        f"the project tried to connect to {hide_in(target)}: while the guard runs its code, "
        "every engine is led to a scratch database, and nothing else can be reached"
    )


# Of the fence that stands: an audit hook cannot be removed, only left with nothing to do.
_allowed: Targets | None = None
_own: ContextVar[bool] = ContextVar("own", default=False)


@contextmanager
def only(targets: Targets) -> Iterator[None]:
    """Until left, in all threads, nothing but these can be reached."""
    global _allowed
    before, _allowed = _allowed, targets
    _tries.clear()
    try:
        yield
    finally:
        _allowed = before


@contextmanager
def own_connection() -> Iterator[None]:
    """For the guard's own connections, such as the one that makes a scratch database while a fence stands."""
    token = _own.set(True)
    try:
        yield
    finally:
        _own.reset(token)


def allowed_now() -> Targets | None:
    """What may be reached here and now; None where everything may."""
    return None if _own.get() else _allowed


def judge_postgresql(allowed: Targets, dsn: str | None, given: Mapping[str, Any]) -> None:
    """Refuse a connection of which any possible end is not a scratch database."""
    user, databases = postgresql_databases(dsn, given)
    for host, port, name in databases:
        if (host, port, name) not in allowed.databases:
            refuse(f"postgresql://{user + '@' if user else ''}{host}:{port}/{name}")


def judge_sqlite(allowed: Targets, name: Any) -> None:
    """Refuse a SQLite file that is not a scratch database. Databases in memory are fine."""
    file = sqlite_file(os.fsdecode(name))
    if file is not None and file not in allowed.files:
        refuse(f"sqlite:///{file}")


def refuse_attach(connection: sqlite3.Connection) -> None:
    """Refuse other files to ATTACH and VACUUM INTO on this connection: the audit hook is not told of those."""

    def verdict(action: int, name: str | None, *_: str | None) -> int:
        allowed = allowed_now()
        if action == sqlite3.SQLITE_ATTACH and allowed is not None:
            file = sqlite_file(name or "")
            return sqlite3.SQLITE_OK if file is None or file in allowed.files else sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    connection.set_authorizer(verdict)


def _judge_socket(allowed: Targets, sock: socket.socket, address: Any) -> None:
    # No database is reached by datagrams; statistics, logs and "which address have I" are.
    if sock.type == socket.SOCK_DGRAM:
        return
    place = tuple(address[:2]) if isinstance(address, tuple) else os.fsdecode(address)
    if place not in allowed.addresses:
        refuse(place if isinstance(place, str) else f"{place[0]}:{place[1]}")


def _judge_program(_allowed: Targets, program: Any, arguments: Any = (), *_: Any) -> None:
    """A client program would connect where we cannot see it."""
    single = isinstance(arguments, (str, bytes, os.PathLike))
    words = [os.fsdecode(word) for word in ([arguments] if single else arguments or [program])]
    named = {Path(os.fsdecode(program or words[0])).name, Path(words[0]).name}
    if single or len(words) == 1 or named & SHELLS:
        named |= {Path(word).name for text in words for word in re.split(r"[\s;|&()'\"]+", text)}
    if named & CLIENTS:
        refuse(f"a database with {' '.join(words)!r}")


_JUDGES: dict[str, Callable[..., None]] = {
    "socket.connect": _judge_socket,
    "sqlite3.connect": judge_sqlite,
    "subprocess.Popen": _judge_program,
    "os.system": _judge_program,
}


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what Python tells an audit hook of, where it is no scratch database's."""
    if _allowed is not None and event in _JUDGES and not _own.get():
        _JUDGES[event](_allowed, *arguments)


audit.__cantrace__ = True  # type: ignore[attr-defined]  # debuggers and coverage may see what the hook does
