"""
A concurrent build failed and left an index that no query uses.

## What it finds
On PostgreSQL, an index that is not valid after `upgrade()`, whether that raised or went on.

## Why it hurts
CREATE INDEX CONCURRENTLY commits in the middle. Where it fails, on a duplicate for instance, the index stays, marked
INVALID: every write keeps it up to date, no query uses it, a unique one that is not finished forbids nothing for sure,
and its name is taken when the revision is run again. With IF NOT EXISTS the second run even takes it for the real one.

## Instead
Drop what may be left before it is built, and put the rows right first where the index is unique.

```python
with op.get_context().autocommit_block():
    op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_persona_name")
    op.create_index("uq_persona_name", "persona", ["name"], unique=True, postgresql_concurrently=True)
```

## Quiet when
The index of a partitioned table waits for those of its partitions.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context
from ..findings import Finding, Rule, Severity
from ..live.steps import Step
from ..registry import judges
from .shared.words import tables

RULE = Rule.of(__name__, __doc__, family="locks", severity=Severity.ERROR, dialects={"postgresql"})


@judges(Step)
def half_built(step: Step, _: Context) -> Iterator[Finding]:
    """One finding for a step that leaves such indexes."""
    if step.direction != "upgrade" or not step.invalid:
        return
    names = [name.rpartition(".")[2] for name in step.invalid]
    where = tables(sorted({name.rpartition(".")[0] for name in step.invalid}))
    verb = "an invalid index" if len(names) == 1 else "invalid indexes"
    drops = [f'    op.execute("DROP INDEX CONCURRENTLY IF EXISTS {name}")' for name in names]
    yield Finding(
        RULE,
        step.line_of(*names),
        says=f"upgrade() of {step.revision} leaves {verb} on {where} on {step.database}: {tables(names)}. Writes keep "
        "it up to date, no query uses it, and its name is taken when the revision is run again.",
        instead="\n".join(["with op.get_context().autocommit_block():", *drops, "    # then build it, as now"]),
        revision=step.revision,
        direction="upgrade",
        dialect=step.database,
        depth="experiment",
    )
