"""Revisions run on a database by a child process, under limits: what a deploy, a rehearsal and a transfer ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .target import Target, run_env

HINT = "see what `migration-guard verify` says of these revisions"


@dataclass(frozen=True)
class Limits:
    """Seconds that a statement of PostgreSQL may wait for a lock and take, 0 for no limit; how often a revision that
    waited in vain for a lock is tried."""

    lock_timeout: int = 5
    statement_timeout: int = 3600
    attempts: int = 5


def upgraded(
    target: Target, revisions: Sequence[str], limits: Limits, *, hint: str = HINT, observe: bool = False
) -> dict[str, Any]:
    """What `migrated` of `migrating.py` tells after it ran these revisions: `done`, a dict for each, and `failure`.

    With `observe` each says what it locked and changed, too. Raises CannotFinish where env.py cannot be run.
    """
    return run_env(
        target.project,
        target.settings,
        None,  # the server has the limits, and a revision may have many statements
        hint,
        migrate=target.url.render_as_string(hide_password=False),
        revisions=list(revisions),
        lock_timeout=limits.lock_timeout,
        statement_timeout=limits.statement_timeout,
        attempts=limits.attempts,
        observe=observe,
    )
