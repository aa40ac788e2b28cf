"""A downgrade that is missing, and lines that one lacks, where the way back is certain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from ..facts import AlterColumn, Context, Operation
from ..findings import Finding
from ..replay.names import bare
from ..rules.shared.ancestry import ancestors
from ..rules.shared.certain import Doubt, downgrade_or_doubt, imports_for, undo_or_doubt
from ..rules.shared.reverse import type_dropped
from ..rules.shared.things import lasting
from ..words import sentence
from .filling import BY_HAND, added, filled, inserted
from .style import in_batches, in_style, merged, with_final_names
from .undoing import Order
from .written import CannotEdit, Splice, Written

_FINAL = re.compile(r"\.f\(\s*[\"']([^\"']+)[\"']\s*\)")


def written_downgrade(written: Written, context: Context, _: Sequence[Finding], *, batches: bool) -> list[Splice]:
    """The edits that give a file the downgrade that it lacks."""
    found = downgrade_or_doubt(context)
    if isinstance(found, Doubt):
        raise _doubted(found)
    statements = _statements(found, written, context, batches=batches)
    edit = filled(written, statements) if written.binds("downgrade") else added(written, statements, context)
    return [edit, *_imports(found, written, context)]


def completed_downgrade(written: Written, context: Context, found: Sequence[Finding], *, batches: bool) -> list[Splice]:
    """The edits that put the lines that a downgrade lacks where they belong: last change first."""
    migration = context.migration
    function = written.function("downgrade")
    if migration is None or migration.upgrade is None or migration.downgrade is None or function is None:
        raise CannotEdit("its downgrade() is not a plain function at the top of the file", BY_HAND)
    if migration.unread:
        raise CannotEdit(f"line {migration.unread[0].at.line} cannot be read ({migration.unread[0].why})", BY_HAND)
    up = list(lasting(migration.upgrade.operations))
    order = Order(up, migration.downgrade.operations, function)
    lacking = [_lacking(finding, up) for finding in found]
    told = {index for index, kept_type in lacking if kept_type is None}
    lacking += [(index, None) for index in order.going_with(told) - told]
    lines: list[str] = []
    places: dict[int, list[str]] = {}
    for index, kept_type in sorted(lacking, key=lambda each: each[0]):
        op = up[index]
        back: list[str] | Doubt = [type_dropped(op, kept_type)] if kept_type is not None else []
        back = back or undo_or_doubt(context, op, _first_change(op, up))
        if isinstance(back, Doubt):
            raise _doubted(back)
        lines += back
        at = order.place(index, after_itself=kept_type is not None)
        places[at] = [*back, *places.get(at, [])]
    splices = [
        inserted(written, function, at, _statements(statements, written, context, batches=batches))
        for at, statements in places.items()
    ]
    return [*splices, *_imports(lines, written, context)]


def _lacking(finding: Finding, up: Sequence[Operation]) -> tuple[int, str | None]:
    """The operation that a finding says is not undone, by its number, or the type that is left of it."""
    at = [index for index, op in enumerate(up) if op.at == finding.at]
    if len(at) != 1:
        raise CannotEdit(f"line {finding.at.line} stands for {len(at) or 'no'} operations", BY_HAND)
    return at[0], finding.kept_type


def _doubted(doubt: Doubt) -> CannotEdit:
    if doubt.op is None:
        return CannotEdit(doubt.why, BY_HAND)
    return CannotEdit(f"line {doubt.op.at.line} {sentence(doubt.op)}, and {doubt.why}", BY_HAND)


def _first_change(op: Operation, up: Iterable[Operation]) -> AlterColumn | None:
    """The first line of the upgrade that changes the same column."""
    if not isinstance(op, AlterColumn):
        return None
    name = bare(op.table), bare(op.name)
    return next((one for one in up if isinstance(one, AlterColumn) and (bare(one.table), bare(one.name)) == name), None)


def _statements(lines: Sequence[str], written: Written, context: Context, *, batches: bool) -> list[str]:
    if context.migration is None:
        return list(lines)
    for line in lines:
        if any(one.lstrip().startswith("#") for one in line.split("\n")):
            raise CannotEdit("the way back needs a decision of yours", BY_HAND)
    lines = with_final_names(in_batches(lines) if batches else merged(lines), _final_names(context))
    return in_style(lines, written, context.migration)


def _final_names(context: Context) -> frozenset[str]:
    """The names that this revision or one below it gives as `op.f("name")`."""
    migration = context.migration
    revisions = [] if migration is None else [migration, *ancestors(context.history, migration)]
    functions = [function for one in revisions for function in (one.upgrade, one.downgrade) if function is not None]
    sources = (op.source for function in functions for op in function.operations if ".f(" in op.source)
    return frozenset(name for source in sources for name in _FINAL.findall(source))


def _imports(lines: Sequence[str], written: Written, context: Context) -> Iterator[Splice]:
    """The imports that the lines need, below those that are there."""
    if context.migration is None:
        return
    styled = in_style(lines, written, context.migration)
    wanted = imports_for(styled, context.migration, context)
    if wanted is None:
        raise CannotEdit("the way back needs a name that nothing here imports", BY_HAND)
    if wanted:
        body = written.tree.body
        there = [one for one in body if isinstance(one, (ast.Import, ast.ImportFrom)) and written.indent(one) == ""]
        functions = [one.lineno for one in body if isinstance(one, ast.FunctionDef)]
        there = [one for one in there if not functions or one.lineno < functions[0]]
        if not there or not written.ends_its_line(there[-1]):
            raise CannotEdit(f"it lacks {' and '.join(wanted)}", "add the import at the top and run it once more")
        end = written.line_end(there[-1].end_lineno or there[-1].lineno)
        yield end, end, "".join(f"\n{line}" for line in wanted)
