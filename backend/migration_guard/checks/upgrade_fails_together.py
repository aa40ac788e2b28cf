"""
Revisions that work one by one, and not in one deploy.

## What it finds
Each revision can be taken up alone. All that are pending at once, in the transactions that `env.py` opens
(`alembic upgrade heads`), fail, or build another schema than the revisions do one by one. Or they end without an error
and nothing of it is committed, as SQL before `context.begin_transaction()` has begun another transaction.
With `--base`, the base branch's revisions stand and their tables hold rows before; without, it begins with an empty
database.

## Why it hurts
A deploy runs all pending revisions at once, and so does everyone who sets up a new database. On PostgreSQL, `env.py`
puts them into one transaction unless told otherwise: an enum value that one revision adds cannot be used by the next,
and a statement that must run outside a transaction fails. In development, where each revision was run on the day it
was written, nobody sees that.

## Instead
Let each revision commit before the next one begins, in `env.py`.

```python
context.configure(
    connection=connection,
    target_metadata=target_metadata,
    transaction_per_migration=True,
)
```

## Quiet when
Fewer than two revisions are pending, or one of them fails alone, which has a finding of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context, Place
from ..findings import Finding, Rule, Severity
from ..live.steps import Deployment
from ..registry import judges
from .shared.words import listed, shortened

RULE = Rule.of(__name__, __doc__, family="environment", severity=Severity.ERROR)

_APART = """\
# in env.py: each revision commits before the next one begins
context.configure(
    connection=connection,
    target_metadata=target_metadata,
    transaction_per_migration=True,
)"""
_COMMITS = """\
# in env.py: SQL before context.begin_transaction() has begun a transaction already, which nobody commits.
# Let it come after, or end it first:
connection.commit()
with context.begin_transaction():
    context.run_migrations()"""
_LEFT = (
    "Let each revision set up what it needs by itself: a setting, a temporary table or a value kept in the process "
    "that an earlier revision of the same run leaves behind is not there when they run on different days."
)


@judges(Deployment)
def deploy_that_differs(deployment: Deployment, _: Context) -> Iterator[Finding]:
    """One finding for a deploy that fails, or ends elsewhere."""
    failure = deployment.failure
    if failure is None and not deployment.left and deployment.kept:
        return
    run = "in one transaction" if deployment.one_transaction else "in one run"
    instead = _APART if deployment.one_transaction else _LEFT
    names = _names(deployment.taken)
    if failure is not None:
        statement = f" It ran: {shortened(failure.statement)}" if failure.statement else ""
        says = (
            f"upgrade() of {deployment.revision} works alone on {deployment.database}, and fails {run} with {names}, "
            f"as env.py has it: {failure}.{statement}"
        )
        line = failure.line
    else:
        sentences = listed([difference.sentence() for difference in deployment.left])
        says = f"On {deployment.database}, {names} {run} build another schema than one by one: {sentences}."
        line = deployment.at.line
    if failure is None and not deployment.kept:
        more = f": {sentences}" if sentences else ""
        says = f"env.py takes up {names} on {deployment.database} without an error, and does not commit it{more}."
        instead = _COMMITS
    yield Finding(
        RULE,
        Place(deployment.at.path, line),
        says=says,
        instead=instead,
        revision=deployment.revision,
        direction="upgrade",
        dialect=deployment.database,
        depth="experiment",
    )


def _names(taken: tuple[str, ...]) -> str:
    """The revisions of a run: "r1 to r9 (9 revisions)"."""
    if len(taken) == 1:
        return "what else is pending"
    return f"{taken[0]} to {taken[-1]} ({len(taken)} revisions)"
