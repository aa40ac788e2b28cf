"""
Rows that are gone or changed after a step that did not mean to touch them.

## What it finds
Before each step every table holds rows; after `upgrade()`, and after `downgrade()`, the rows of tables and the values
of columns that stood before and stand after are compared. It reports rows that are gone and values that are others,
in tables that the revision's own SQL does not write.

## Why it hurts
Nothing raises. On SQLite a batch operation makes a new table, copies the rows and drops the old one: with foreign
keys on, that drop deletes the rows of every child with ON DELETE CASCADE, and a changed type turns text into 0.

## Instead
Turn foreign keys off in `env.py` before the transaction begins (the pragma does nothing inside one), and check them
before it ends.

```python
connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
connection.commit()
context.configure(connection=connection, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
    assert not connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
```

## Quiet when
The revision writes or deletes the rows by SQL of its own, or drops their table or column: that is what it is for.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context, Place
from ..findings import Finding, Rule, Severity
from ..live.steps import Step
from ..registry import judges
from .shared.words import listed

RULE = Rule.of(__name__, __doc__, family="data", severity=Severity.ERROR)

_BATCH = """\
# in env.py, before context.begin_transaction():
connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
connection.commit()"""


@judges(Step)
def step_that_loses(step: Step, _: Context) -> Iterator[Finding]:
    """One finding for a step after which rows are gone or others."""
    if not step.lost:
        return
    rebuilt = [statement for statement in step.statements if "_alembic_tmp_" in statement.sql]
    yield Finding(
        RULE,
        Place(step.at.path, rebuilt[0].line) if rebuilt else step.at,
        says=f"{step.direction}() of {step.revision} on {step.database} loses rows: {listed(step.lost)}.",
        instead=_BATCH
        if rebuilt and any("gone" in sentence for sentence in step.lost)
        else "Keep what the rows hold: copy it first, or convert it by a statement that says how.",
        revision=step.revision,
        direction=step.direction,
        dialect=step.database,
        depth="experiment",
    )
