"""Work that no finding on the text explains, by the rule whose hazard it is: that rule did not know what was seen."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import AlterColumn, Context
from ..findings import Finding, Rule
from ..rules import set_not_null_scans, type_change_rewrites
from ..rules.shared.tightening import tightened
from .evidence import Evidence


def named(one: Evidence, context: Context) -> Iterator[Finding]:
    """The finding of the rule that has this hazard; nothing where there is none."""
    changes = [each for each in one.ran.operations if isinstance(each, AlterColumn)]
    types = [each for each in changes if each.type is not None]
    tightening = [each for each in changes if each.nullable is False]
    if one.work == "rewritten" and types:
        op = types[0]
        what = f"Changing the type of {op.table}.{op.name} makes PostgreSQL write {op.table} and its indexes anew"
        yield _finding(type_change_rewrites.RULE, op, one, what, type_change_rewrites.beside(op, context))
    elif one.work == "scanned" and tightening:
        op = tightening[0]
        what = f"Making {op.table}.{op.name} NOT NULL lets PostgreSQL read every row of {op.table}"
        yield _finding(set_not_null_scans.RULE, op, one, what, tightened(context, op))


def _finding(rule: Rule, op: AlterColumn, one: Evidence, what: str, instead: str) -> Finding:
    waits = f"reads and writes of {op.table} wait until that is done and committed"
    return Finding(
        rule,
        op.at,
        says=f"{what} under an ACCESS EXCLUSIVE lock: {waits}.",
        instead=instead,
        revision=one.step.revision,
        direction="upgrade",
        subject=op.source,
    )
