"""Going on where a connection breaks, as what was done is written down."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from ...errors import CannotFinish
from ...live.statements import first_line
from ...live.urls import hide_in
from .session import Unreachable

PATIENCE = 60.0  # seconds that a server which went away has to come back
LOSSES = 5  # connections in a row that may break before another table is there


def patiently(attempt: Callable[[], None], done: Callable[[], int], shown: str, say: Callable[[str], None]) -> None:
    """Try until it is through, or a connection broke too often without anything `done`. Raises CannotFinish."""
    lost, before, until = 0, done(), time.monotonic() + PATIENCE
    while True:
        try:
            attempt()
        except Unreachable:
            if not lost or time.monotonic() > until:
                raise
        except (psycopg.Error, SQLAlchemyError) as error:
            says = hide_in(first_line(error))
            lost = lost + 1 if before == done() else 1
            before = done()
            if not _is_cut(error) or lost > LOSSES:
                raise CannotFinish(
                    f"{shown} stopped the transfer: {says}",
                    "run it again when that is corrected: it goes on from there",
                ) from error
            say(f"The connection was lost ({says}). Going on when the server answers.")
            until = time.monotonic() + PATIENCE
        else:
            return
        time.sleep(0.5)


def _is_cut(error: Exception) -> bool:
    """Whether it is the connection that is gone, and not the statement that is wrong."""
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    return isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)) and (
        state is None or state.startswith(("57P", "08"))
    )
