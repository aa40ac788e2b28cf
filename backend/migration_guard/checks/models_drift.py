"""
Models and migrations that describe different tables.

## What it finds
The schema that the whole history builds is compared with the one that `create_all()` builds from env.py's
`target_metadata`, both read from the database's catalogue: tables, columns, types, nullability, server defaults,
keys, checks, indexes and enum types. One finding per table.

## Why it hurts
The code runs on tables that it does not describe: a column that production has not got fails on the first query, and
a constraint that only tests have (through `create_all`) hides what production accepts. The next autogenerate writes
all of it into somebody else's revision.

## Instead
Write the missing revision, or bring the model back to what the database is.

```
alembic revision --autogenerate -m "persona as the model has it"
```

Autogenerate does not see checks, enum labels or, as it is configured by default, server defaults: add those by hand.

## Quiet when
`include_object`, `include_name` or `include_schemas` in env.py leave the table or the part out, env.py passes no
`target_metadata`, or only the names of keys and checks differ. Nor does the name of a unique constraint count where the
models give none, or where it comes from a naming convention and the migrations give none.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context
from ..findings import Finding, Rule, Severity
from ..live.schema import Difference
from ..live.steps import Drift
from ..registry import judges
from .shared.words import listed, own_name

RULE = Rule.of(__name__, __doc__, family="portability", severity=Severity.ERROR)


@judges(Drift)
def table_that_differs(drift: Drift, _: Context) -> Iterator[Finding]:
    """One finding for a table on which models and migrations disagree."""
    sentences = [_sentence(difference) for difference in drift.differences]
    yield Finding(
        RULE,
        drift.at,
        says=f"Models and migrations disagree on {drift.table} on {drift.database}: {listed(sentences)}.",
        instead=_instead(drift),
        revision=drift.revision,
        dialect=drift.database,
        depth="experiment",
    )


def _sentence(difference: Difference) -> str:
    if difference.what == "changed":
        subject, before, after = difference.sides()
        return f"{subject} is {before} in the migrations, {after} in the models"
    return difference.sentence(added="is in the models only", missing="is in the migrations only")


def _instead(drift: Drift) -> str:
    if any(d.kind == "table" and d.what == "missing" for d in drift.differences):
        return (
            f"# env.py does not know a model of {drift.table}, so the next autogenerate drops it with its rows.\n"
            "# Import the module that holds the model in env.py; or, where the table belongs to somebody else,\n"
            "# leave it out: context.configure(..., include_name=...); or drop it in a revision of its own."
        )
    lines = [f'alembic revision --autogenerate -m "{drift.table} as the model has it"']
    blind = [d for d in drift.differences if d.kind in ("check", "enum") or d.property in ("default", "server default")]
    if blind:
        names = ", ".join(f"{difference.kind} {own_name(difference)}" for difference in blind[:4])
        lines.append(f"# autogenerate does not write these by itself: {names}")
    if lost := [own_name(d) for d in drift.differences if d.kind == "column" and d.what == "missing"]:
        lines.append(f"# careful: it drops {listed(lost)} with the values, unless the model gets it back first")
    lines.append("# or change the model, where the migrations are right")
    return "\n".join(lines)
