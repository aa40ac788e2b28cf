"""
A statement goes through every row of a table while the application waits for it.

## What it finds
On PostgreSQL, a statement of `upgrade()` that writes a table anew, reads all of it or builds an index on it while a
lock is held that stops its readers or writers, where the text of the migration does not show it: SQL in a DO block or
a function, made at run time, or a form of ALTER TABLE that no other rule knows. What the text shows has the id of that
rule, such as index-blocks-writes.

## Why it hurts
Work that grows with the rows takes long in production, and until the transaction ends everybody waits.

## Instead
Say plainly what is to be done, so that it can be judged and done in steps; do the part that goes through the rows in a
revision of its own, under a lock that lets others go on.

```python
op.execute("ALTER TABLE event ADD CONSTRAINT in_range CHECK (at >= 10 AND at < 20) NOT VALID")
# in the next revision:
op.execute("ALTER TABLE event VALIDATE CONSTRAINT in_range")
```

## Quiet when
The table is made by this revision or by one that the base branch does not have, was emptied before, or the settings
call it small (`small-tables`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts import Context
from ..findings import Finding, Rule, Severity
from ..live.steps import UnderLock
from ..registry import judges
from .shared import words
from .shared.words import shortened

RULE = Rule.of(__name__, __doc__, family="locks", severity=Severity.WARNING, dialects={"postgresql"})
_ATTACHES = re.compile(r"\bATTACH\s+PARTITION\b", re.IGNORECASE)
_DOES = {"rewritten": "writes {} anew", "built": "builds an index on {}", "scanned": "reads every row of {}"}


@judges(UnderLock)
def unexplained(fact: UnderLock, _: Context) -> Iterator[Finding]:
    """One finding for a statement that no rule on the text speaks of."""
    tables = words.tables(fact.tables)
    yield Finding(
        RULE,
        fact.at,
        says=f"This {_DOES[fact.work].format(tables)} while the application waits for it: {shortened(fact.sql)}",
        instead=_instead(fact, tables),
        revision=fact.revision,
        direction="upgrade",
        subject=fact.sql,
    )


def _instead(fact: UnderLock, tables: str) -> str:
    if _ATTACHES.search(fact.sql):
        return (
            f"# first, in a revision of its own: a check that says what the partition's bounds say, so that nothing is "
            f'read\nop.execute("ALTER TABLE {fact.tables[0]} ADD CONSTRAINT in_bounds CHECK (<bounds>) NOT VALID")\n'
            f'op.execute("ALTER TABLE {fact.tables[0]} VALIDATE CONSTRAINT in_bounds")'
        )
    return (
        f"# go through the rows of {tables} in a revision of its own, when nobody needs them, and say so:\n"
        "# guard: allow slow-work-under-lock -- <the maintenance window in which it runs>"
    )
