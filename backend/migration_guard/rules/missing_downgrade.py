"""
An upgrade that changes the schema has no downgrade.

## What it finds
`downgrade()` is absent, or does nothing (`pass`, a docstring, `...`, `return`, a log line), or only raises, while
`upgrade()` changes the schema.

## Why it hurts
`alembic downgrade` reports success and moves the version back while the schema stays: the next upgrade stops at
"already exists". With a raise, no revision below this one can be reached, on the day when a release must be taken back.

## Instead
Undo each operation in the opposite order:

    def downgrade() -> None:
        op.drop_index("ix_persona_name", table_name="persona")
        op.drop_table("persona")

Where going back is truly not possible, refuse and say why:

    raise NotImplementedError("the old names are gone")  # irreversible: names were merged

## Quiet when
The upgrade does nothing (a merge) or only writes rows, or the raise has its `# irreversible: <reason>` comment.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context, Function, Migration
from ..findings import Finding, Rule, Severity
from ..registry import judges
from .shared.reverse import changes_schema, downgrade_for
from .shared.things import lasting

RULE = Rule.of(__name__, __doc__, severity=Severity.ERROR)


@judges(Migration)
def no_way_down(migration: Migration, context: Context) -> Iterator[Finding]:
    """One finding, at the downgrade where there is one, else at the upgrade."""
    up, down = migration.upgrade, migration.downgrade
    if up is None or up.does != "acts" or (down is not None and (down.does == "acts" or down.irreversible)):
        return
    changes = [op for op in lasting(up.operations) if changes_schema(op)]
    if not changes:
        return
    yield Finding(
        RULE,
        down.at if down is not None else up.at,
        says=f"{_what_happens(down)} while {migration.id} changes the schema (line {changes[0].at.line}): "
        f"{'no revision below can be reached' if _raises(down) else 'the version moves back and the schema stays'}.",
        instead=downgrade_for(context, up.operations),
        direction="downgrade",
    )


def _raises(down: Function | None) -> bool:
    return down is not None and down.does == "raises"


def _what_happens(down: Function | None) -> str:
    if down is None:
        return "There is no downgrade()"
    return "downgrade() only raises" if down.does == "raises" else "downgrade() does nothing"
