"""
A revision ends or begins a transaction by itself, behind Alembic's back.

## What it finds
COMMIT, BEGIN and ROLLBACK as SQL, and `.commit()`, `.begin()` and `.rollback()` on Alembic's connection.

## Why it hurts
Alembic keeps one transaction around the revision and writes the version at its end. After a COMMIT in the middle, a
failure leaves half of the revision at the old version; after a ROLLBACK the version may move on although the work is
undone. Alembic cannot know, and the next upgrade runs into what is already there.

## Instead
Ask Alembic to step out of its transaction for the lines that need it, in a revision of their own:

    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm'")

## Quiet when
It is a `.rollback()` under a condition or in an `except`. An earlier line of the function has the finding already, it
is a savepoint, stands inside an `autocommit_block()` or in the body of a function or procedure, or env.py runs
migrations with isolation level AUTOCOMMIT.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context, Operation, TransactionControl
from ..findings import Finding, Rule, Severity
from ..registry import judges
from ..replay import operations_above
from .shared.editing import as_written, autocommitted, counts

RULE = Rule.of(__name__, __doc__, family="locks", severity=Severity.WARNING, dialects={"postgresql"})
DOES = {
    "commit": "COMMIT ends the transaction that Alembic keeps: what was done is committed, each later line by "
    "itself, and "
    "alembic_version moves only at the end, so a failure leaves half of the revision behind and the next upgrade runs "
    "into it.",
    "rollback": "ROLLBACK undoes what the revision did so far, and Alembic goes on as if it were there.",
    "begin": "BEGIN inside the transaction that Alembic keeps only makes PostgreSQL warn, and the COMMIT that "
    "belongs to "
    "it ends Alembic's own.",
}


@judges(TransactionControl)
def behind_alembics_back(op: TransactionControl, context: Context) -> Iterator[Finding]:
    """A transaction that is ended or begun by the revision itself."""
    environment = context.history.environment
    if op.what not in DOES or op.in_autocommit or (environment is not None and environment.autocommit is not False):
        return
    if op.what == "rollback" and op.conditional and not op.by_sql:
        return  # `except: session.rollback(); raise`: what follows is undone anyway
    if any(isinstance(one, TransactionControl) and one.what in DOES for one in operations_above(context, op)):
        return  # said at the first of them
    yield Finding(
        RULE,
        op.at,
        says=DOES[op.what],
        instead="\n".join(_block(op, context)),
    )


def _block(op: TransactionControl, context: Context) -> list[str]:
    migration = context.migration
    function = None if migration is None else migration.upgrade if op.direction == "upgrade" else migration.downgrade
    listed = list(function.operations) if function else []
    following: list[Operation] = []
    if op.what == "commit" and op in listed:
        for one in listed[listed.index(op) + 1 :]:
            if isinstance(one, TransactionControl):
                break
            if counts(one):
                following.append(one)
    if not following:
        return ["pass  # Alembic commits at the end of the revision"]
    last = following[-1].at.last_line
    lines = autocommitted(op, *(line for one in following for line in as_written(one)))
    return [*lines, f"# in place of the lines from here to line {last}"]
