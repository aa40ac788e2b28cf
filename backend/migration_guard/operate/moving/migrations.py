"""The schema of the other side: the project's own migrations, up to where this side stands."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import CannotFinish, UsageError
from ...live.urls import hide_in
from ..holding import revisions
from ..target import Target
from ..upgrading import Limits, upgraded


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
    hint = f"see what `migration-guard verify --database {named.lower()}` says"
    told = upgraded(to, sorted(to.history.below(*at)), Limits(attempts=1), hint=hint)
    if failure := told["failure"]:
        raise CannotFinish(f"upgrade() of {failure['revision']} fails on {named}: {hide_in(failure['says'])}", hint)
