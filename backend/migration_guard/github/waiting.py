"""A database service that is still starting: waited for, but not for ever."""

from __future__ import annotations

import re
import socket
import struct
import time
from urllib.parse import unquote, urlsplit

from ..errors import CannotFinish, UsageError
from ..live.urls import hidden

_PAUSE = 0.2  # seconds
# SSLRequest: a server says S or N once it listens. https://www.postgresql.org/docs/current/protocol-message-formats.html
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def wait_for(url: str, seconds: int) -> None:
    """Return when a PostgreSQL server answers at a URL of it; at once for another database and for a local socket.

    Raises CannotFinish with one line where none does within so many seconds, UsageError for a URL that is none.
    """
    if not re.match(r"postgres(ql)?(\+\w+)?://", url):
        return
    try:
        parts = urlsplit(url)
        host, port = unquote(parts.hostname or ""), parts.port or 5432
    except ValueError as error:
        raise UsageError(
            f"{hidden(url)} is no URL of a database ({error})", "postgresql://USER@HOST:PORT/NAME"
        ) from error
    if not host or host.startswith("/"):
        return
    end = time.monotonic() + seconds
    while True:
        why = _silence(host, port)
        if why is None:
            return
        if time.monotonic() >= end:
            raise CannotFinish(
                f"no PostgreSQL server answered at {host}:{port} within {seconds} s ({why})",
                "see the log of the service container: its image, its `ports`, a `--health-cmd` of it",
            )
        time.sleep(_PAUSE)


def _silence(host: str, port: int) -> str | None:
    """Why nothing answers; None where a server does."""
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(_SSL_REQUEST)
            answer = connection.recv(1)
    except OSError as error:
        return error.strerror or str(error)
    if not answer:  # so does Docker, for a container that does not listen yet
        return "it ended the connection"
    return None if answer in (b"S", b"N") else "something else listens there"
