"""The schema of the other side: the project's own migrations, up to where this side stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import CannotFinish, UsageError
from ...live.urls import hide_in
from ..deploy import Limits
from ..holding import revisions
from ..target import Target, run_env


def at_revisions(source: Target) -> tuple[str, ...]:
    """Where the source stands. Raises UsageError where it is nowhere, or the code does not have it."""
    with source.connect() as connection:
        at = revisions(connection, source.version_table)
    unknown = [each for each in at if each not in source.history.by_id]
    if not at or unknown:
        what = "stands at no revision"
        if unknown:
            what = f"stands at {', '.join(unknown)}, which the code does not have"
        raise UsageError(f"{source.shown} {what}", "check out the release that it belongs to")
    return at


def migrate(to: Target, at: Sequence[str], named: str) -> None:
    """Run the migrations on the target, a database of the dialect that is `named` so. Raises CannotFinish."""
    limits = Limits()
    hint = f"see what `migration-guard verify --database {named.lower()}` says"
    told: dict[str, Any] = run_env(
        to.project,
        to.settings,
        None,  # a limit for each statement is what the server keeps
        hint,
        migrate=to.url.render_as_string(hide_password=False),
        revisions=sorted(to.history.below(*at)),
        lock_timeout=limits.lock_timeout,
        statement_timeout=limits.statement_timeout,
        attempts=1,
    )
    if failure := told["failure"]:
        raise CannotFinish(f"upgrade() of {failure['revision']} fails on {named}: {hide_in(failure['says'])}", hint)
