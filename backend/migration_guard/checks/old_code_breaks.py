"""
The code of the last release cannot work on the new schema.

## What it finds
With `--base`, the models of the base branch are read from git and imported in a process of their own. After each of
this branch's revisions every table of theirs is read with all its columns, and a row is inserted that says nothing of
the columns which they do not know. It reports what works before the revision and fails after it.

## Why it hurts
During a rolling deploy, and after the code was rolled back alone, the old code meets the new schema: each of its
queries names all columns of the model, so one that is gone fails them all; a new NOT NULL column without a default
fails each INSERT.

## Instead
Two releases: first the code that does without, then the revision that takes it away. A new column is nullable, or has a
server default for as long as old code runs.

```python
op.add_column("persona", sa.Column("mood", sa.Text(), nullable=False, server_default="calm"))
```

## Quiet when
The models of the base branch do not know the table or column any more, a trigger fills the column, or it failed before
the revision, too. Without `--base` nothing is tried.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context
from ..findings import Finding, Rule, Severity
from ..live.steps import Break
from ..registry import judges

RULE = Rule.of(__name__, __doc__, family="running code", severity=Severity.ERROR)


@judges(Break)
def broken(fact: Break, _: Context) -> Iterator[Finding]:
    """One finding for what the old code cannot do with a table any more."""
    names = ", ".join(fact.names)
    verb = "read" if fact.does == "reads" else "insert a row into"
    yield Finding(
        RULE,
        fact.at,
        says=f"After {fact.revision} on {fact.database} the code of the base branch cannot {verb} {fact.table} any "
        f"more: {fact.why.removeprefix(f'{fact.table}: the database refuses a row: ')}.",
        instead=_instead(fact, names),
        revision=fact.revision,
        direction="upgrade",
        dialect=fact.database,
        depth="experiment",
    )


def _instead(fact: Break, names: str) -> str:
    if fact.does == "writes":
        defaults = [f"# {fact.table}.{name}: server_default=<what rows of old code get>" for name in fact.names]
        return "\n".join(["# until no code runs that does not know it, a default (or NULL):", *defaults])
    return (
        f"# first a release whose models do without {names}, while the database still has it and wants no value;\n"
        "# this line in the release after that"
    )
