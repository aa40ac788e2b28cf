"""
Branches of the history that build something else when the other one is run first.

## What it finds
Where the history forks and merges, or has several heads, `verify` also runs the branches in the other order, and each
of their revisions down and up again. It reports a revision that fails, or whose downgrade leaves something behind or
takes away what another branch made, in one of the two orders alone; and two orders that build two schemas.

## Why it hurts
Nobody decides the order: Alembic takes one that no file states, and a database that ran one branch before the other was
merged has run them in another. What worked in the pipeline fails there, or that database differs from all others until
a later revision meets the difference.

## Instead
Say in the later revision which one it needs, or move it on top of the other branch while nobody has run it
(`migration-guard rebase`).

```python
revision = "7f3a5b1c"
down_revision = "054e5dde157b"
depends_on = "cb0bf01c3864"
```

Where both branches do the same thing, such as making one type, one of them has to leave it to the other.

## Quiet when
Both orders come to the same schema, whatever stood in between, or the fault shows in either order: then it is that
revision's own. The order of enum labels may differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..facts import Context
from ..findings import Finding, Rule, Severity
from ..live.steps import Crossing
from ..registry import judges
from .shared.words import listed

RULE = Rule.of(__name__, __doc__, family="graph", severity=Severity.WARNING)

_NAMED = 3  # revisions that a sentence names


@judges(Crossing)
def run_the_other_way_round(crossing: Crossing, _: Context) -> Iterator[Finding]:
    """One finding on the first revision that is not the same in both orders."""
    yield Finding(
        RULE,
        crossing.at,
        says=_says(crossing),
        instead=_instead(crossing),
        revision=crossing.revision,
        direction=crossing.direction,
        dialect=crossing.database,
        depth="experiment",
    )


def _says(crossing: Crossing) -> str:
    name, others, database = crossing.revision, _listed(crossing.others), crossing.database
    were = "was" if len(crossing.others) == 1 else "were"
    nobody = f"Nothing says whether {name} or {others} is run first"
    if crossing.failure is None and crossing.direction == "upgrade":
        return (
            f"{nobody}, and each order builds another schema on {database}; with {name} first: "
            f"{listed([each.sentence(added='is there', missing='is not there') for each in crossing.left])}."
        )
    way = f"{crossing.direction}() of {name}"
    if crossing.failure is None:
        sentences = listed([each.sentence() for each in crossing.left])
        fault, well = f"{way} does not bring back what stood before on {database}: {sentences}", "does where"
    else:
        fault, well = f"{way} fails on {database}: {crossing.failure}", "works where"
    if crossing.lacks:
        before = f"Where {name} is run before {others}, on another branch, {fault}."
        return f"{before} It {well} {others} {were} first. {nobody}."
    otherwise = f"It {well} {name} is run first"
    if crossing.collide:
        otherwise += ", and then another revision fails: both do the same, or undo each other"
    return f"Where {others}, on another branch, {were} run before it, {fault}. {otherwise}. {nobody}."


def _instead(crossing: Crossing) -> str:
    first, last = crossing.revision, crossing.others[0]
    if crossing.collide:
        return f"# let one of {first} and {last} leave to the other what both of them do"
    if crossing.lacks or (crossing.failure is None and crossing.direction == "upgrade"):
        first, last = last, first
    return f'depends_on = "{first}"  # in {last}: {first} is run first, wherever both are pending'


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    shown = [*names[:_NAMED], *([f"{more} more"] if more > 0 else [])]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
