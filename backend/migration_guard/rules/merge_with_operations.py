"""
A merge revision changes the schema.

## What it finds
A revision with two parents or more whose `upgrade()` holds operations.

## Why it hurts
Going down from a merge leaves two heads at once, and `alembic downgrade` of one line alone takes the change along or
leaves it, by chance. Nobody who reads the history looks for a change in a file called "merge heads".

## Instead
Leave the merge empty, and put the operations into a revision that follows it:

    pass
    # --- in the next revision ---
    op.drop_index("ix_persona_mood", table_name="persona")

## Quiet when
The merge does nothing to the schema or to rows: a `SET lock_timeout` is no change.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ..facts import Context, Migration, Operation, Place, SetOption, TransactionControl
from ..findings import Finding, Rule, Severity
from ..registry import judges
from .shared.chains import both
from .shared.paste import NEXT, execute, literal

RULE = Rule.of(__name__, __doc__, family="graph", severity=Severity.WARNING)


@judges(Migration)
def busy_merge(migration: Migration, _: Context) -> Iterator[Finding]:
    """One finding at the first operation of a merge revision."""
    listed = migration.upgrade.operations if migration.upgrade else ()
    operations = [op for op in listed if not isinstance(op, (SetOption, TransactionControl))]
    if len(migration.parents) < 2 or not operations:
        return
    first, last = operations[0], operations[-1]
    yield Finding(
        RULE,
        Place(first.at.path, first.at.line, first.at.column, last.at.last_line),
        says=f"{migration.id} joins {both(migration.parents)} and changes the schema as well: going down from it "
        "leaves two heads, and the change belongs to neither.",
        instead="\n".join(["pass", NEXT, *map(_line, operations)]),
        direction="upgrade",
    )


def _line(op: Operation) -> str:
    if op.by_sql:
        return execute(op, op.source)
    if op.in_batch:
        block = f"with op.batch_alter_table({literal(getattr(op, 'table', None))}) as batch_op:"
        return f"{block}\n{textwrap.indent(op.source, '    ')}"
    return op.source
