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
Write the missing revision, or bring the model back to what the database is. The finding brings the operations, which
`alembic revision --autogenerate` would not all write: it does not see checks, enum labels or, as it is configured by
default, server defaults.

```python
op.add_column("persona", sa.Column("mood", sa.String(length=40), nullable=True))
op.create_check_constraint("ck_persona_age", "persona", "age > 12")
op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm'")
```

What only the migrations have is never given away silently: the operation that drops a column stands in a comment.

## Quiet when
`include_object`, `include_name` or `include_schemas` in env.py leave the table or the part out, env.py passes no
`target_metadata`, or both sides mean the same:

- names of keys and checks; the name of a unique constraint where the models give none, or where it comes from a naming
  convention and the migrations give none; the name of a column's own sequence
- defaults of one value (`now()` and `CURRENT_TIMESTAMP`, `'0'` and `0`), and a default that only the migrations set,
  unless env.py says `compare_server_default=True`
- conditions of one meaning, whatever casts, parentheses or order the database gave them
- the order of enum labels, and labels that only the database has, as PostgreSQL cannot drop one
- the order of a key's columns
- on PostgreSQL, VARCHAR without a length and TEXT; on SQLite, types of one affinity, unless both give another length
- with `--base`, tables that the branch did not touch and whose models it did not change: the base branch has them as
  they are, and the report lists that as not judged
- the order of columns, partitions of a table, that a table is partitioned where its model does not say so, views that
  a model is mapped to, and enum types that no column has
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..facts import Context
from ..findings import Finding, Rule, Severity
from ..live.schema import Difference
from ..live.steps import Drift
from ..registry import judges
from .shared.words import listed

_SHOWN = 12  # tables that a finding names

RULE = Rule.of(__name__, __doc__, family="portability", severity=Severity.ERROR)


@judges(Drift)
def table_that_differs(drift: Drift, _: Context) -> Iterator[Finding]:
    """One finding for a table on which models and migrations disagree."""
    unknown = [each.name for each in drift.differences if each.kind == "table" and each.what == "missing"]
    if len(unknown) > 1:
        says = (
            f"env.py knows no models of {drift.table} that the migrations make on {drift.database}: {_named(unknown)}."
        )
    else:
        sentences = listed([_sentence(difference) for difference in drift.differences])
        says = f"Models and migrations disagree on {drift.table} on {drift.database}: {sentences}."
    yield Finding(
        RULE,
        drift.at,
        says=says,
        instead=_instead(drift),
        revision=drift.revision,
        dialect=drift.database,
        depth="experiment",
    )


def _named(tables: Sequence[str]) -> str:
    more = len(tables) - _SHOWN
    return ", ".join(tables[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _sentence(difference: Difference) -> str:
    if difference.what == "changed":
        subject, before, after = difference.sides()
        return f"{subject} is {before} in the migrations, {after} in the models"
    return difference.sentence(added="is in the models only", missing="is in the migrations only")


def _instead(drift: Drift) -> str:
    if any(d.kind == "table" and d.what == "missing" for d in drift.differences):
        return (
            f"# env.py knows no model of {drift.table}: the next autogenerate drops what it does not know.\n"
            "# Import the module that holds the model in env.py; or, where a table belongs to somebody else,\n"
            "# leave it out: context.configure(..., include_name=...); or drop it in a revision of its own."
        )
    lines = [f'# alembic revision -m "{drift.table} as the model has it", where the models are right; its upgrade():']
    if drift.operations:
        lines.append(drift.operations)
    lines.append("# Where the migrations are right, change the model.")
    return "\n".join(lines)
