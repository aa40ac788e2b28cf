"""A downgrade that is missing, and lines that one lacks, where the way back is certain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from ..facts import AlterColumn, Context, CreateTable, Operation, RenameTable
from ..findings import Finding
from ..replay.names import bare
from ..rules.shared.ancestry import ancestors
from ..rules.shared.certain import Doubt, downgrade_or_doubt, imports_for, undo_or_doubt
from ..rules.shared.reverse import type_dropped
from ..rules.shared.things import Names, comes_with, goes_with, identical, lasting, made, removed
from ..words import sentence
from .style import in_batches, in_style, merged, with_final_names
from .written import CannotEdit, Splice, Written, indented

_LOGS = re.compile(r"(?:log|logger|logging|print|\w*log\w*)\b", re.IGNORECASE)
_REASON = re.compile(r"\b(?:not?|nothing|never|without|unable|impossible|irreversible|cannot|\w+n't)\b", re.IGNORECASE)
_FINAL = re.compile(r"\.f\(\s*[\"']([^\"']+)[\"']\s*\)")
_DECIDE = "say `# irreversible: <reason>` behind a raise, or take the words out and run this once more"
_BY_HAND = "write it by hand; `migration-guard check` shows a draft"


def written_downgrade(written: Written, context: Context, _: Sequence[Finding], *, batches: bool) -> list[Splice]:
    """The edits that give a file the downgrade that it lacks."""
    found = downgrade_or_doubt(context)
    if isinstance(found, Doubt):
        raise _doubted(found)
    statements = _statements(found, written, context, batches=batches)
    edit = _filled(written, statements) if written.binds("downgrade") else _added(written, statements, context)
    return [edit, *_imports(found, written, context)]


def completed_downgrade(written: Written, context: Context, found: Sequence[Finding], *, batches: bool) -> list[Splice]:
    """The edits that put the lines that a downgrade lacks where they belong: last change first."""
    migration = context.migration
    function = written.function("downgrade")
    if migration is None or migration.upgrade is None or migration.downgrade is None or function is None:
        raise CannotEdit("its downgrade() is not a plain function at the top of the file", _BY_HAND)
    if migration.unread:
        raise CannotEdit(f"line {migration.unread[0].at.line} cannot be read ({migration.unread[0].why})", _BY_HAND)
    up = list(lasting(migration.upgrade.operations))
    order = _Order(up, migration.downgrade.operations, function)
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
        _inserted(written, function, at, _statements(statements, written, context, batches=batches))
        for at, statements in places.items()
    ]
    return [*splices, *_imports(lines, written, context)]


def _lacking(finding: Finding, up: Sequence[Operation]) -> tuple[int, str | None]:
    """The operation that a finding says is not undone, by its number, or the type that is left of it."""
    at = [index for index, op in enumerate(up) if op.at == finding.at]
    if len(at) != 1:
        raise CannotEdit(f"line {finding.at.line} stands for {len(at) or 'no'} operations", _BY_HAND)
    return at[0], finding.kept_type


class _Order:
    """Which statement of a downgrade undoes which operation of the upgrade."""

    def __init__(self, up: Sequence[Operation], down: Sequence[Operation], function: ast.FunctionDef) -> None:
        self._up = up
        self._names = Names.after((*up, *down))
        self._body = function.body
        self._undone: list[set[int]] = [set() for _ in function.body]
        self._others: list[list[Operation]] = [[] for _ in function.body]
        for op in down:
            at = next(
                (i for i, one in enumerate(function.body) if one.lineno <= op.at.line <= (one.end_lineno or 0)), None
            )
            if at is None:
                raise CannotEdit(f"line {op.at.line} of the downgrade does not stand in downgrade()", _BY_HAND)
            undone = {index for index, one in enumerate(up) if self._undoes(op, one)}
            self._undone[at] |= undone
            if not undone:
                self._others[at].append(op)

    def place(self, index: int, *, after_itself: bool) -> int:
        """Before which statement of the downgrade the lines belong that undo an operation."""
        op = self._up[index]
        own = next((at for at, undone in enumerate(self._undone) if index in undone and not after_itself), None)
        if own is not None:
            raise CannotEdit(f"line {self._body[own].lineno} of the downgrade may undo it in part", _BY_HAND)
        first = index if after_itself else index + 1
        later = [at for at, undone in enumerate(self._undone) if any(one >= first for one in undone)]
        earlier = [at for at, undone in enumerate(self._undone) if any(one < first for one in undone)]
        if later and earlier and max(later) >= min(earlier):
            related = {one for one, other in enumerate(self._up) if self._related(op, other)}
            later = [at for at in later if any(one >= first for one in self._undone[at] & related)]
            earlier = [at for at in earlier if any(one < first for one in self._undone[at] & related)]
        if later and earlier and max(later) >= min(earlier):
            line = self._body[max(later)].lineno
            raise CannotEdit(
                f"what undoes line {op.at.line} ({sentence(op)}) belongs into the middle of line {line}", _BY_HAND
            )
        for others in self._others:
            for other in others:
                if self._related(op, other):
                    raise CannotEdit(
                        f"line {other.at.line} of the downgrade ({sentence(other)}) may concern the same table, and "
                        f"nothing tells whether what undoes line {op.at.line} goes before or after it",
                        _BY_HAND,
                    )
        if later:
            at = max(later) + 1
        elif earlier:
            at = min(earlier)
        else:
            at = len(self._body)
        for one in self._body[:at]:
            if ends := next((node for node in ast.walk(one) if isinstance(node, (ast.Return, ast.Raise))), None):
                raise CannotEdit(f"line {ends.lineno} of the downgrade may end it before", _BY_HAND)
        return at

    def going_with(self, told: set[int]) -> set[int]:
        """The operations whose work stands on a column that is not dropped yet: SQLite drops none that has an index."""
        wholes = [thing for index in told for thing in made(self._up[index], self._names) if thing.kind == "column"]
        undone = {index for those in self._undone for index in those}
        return {
            index
            for index, op in enumerate(self._up)
            if index not in undone
            for thing in made(op, self._names)
            if any(goes_with(thing, whole) for whole in wholes)
        }

    def _undoes(self, down: Operation, op: Operation) -> bool:
        names = self._names
        for thing in made(op, names):
            if any(identical(thing, one) for one in removed(down, names)):
                return True
        for thing in removed(op, names):
            if any(identical(thing, one) or comes_with(thing, one) for one in made(down, names)):
                return True
        if isinstance(op, (AlterColumn, RenameTable)) and type(op) is type(down):
            return self._table(op) == self._table(down) and getattr(op, "name", None) in (
                getattr(down, "name", None),
                getattr(down, "new_name", None),
                getattr(op, "name", None) if getattr(op, "new_name", 0) == getattr(down, "name", None) else 0,
            )
        return False

    def _related(self, op: Operation, other: Operation) -> bool:
        """Whether both may be about one table, or one about a table that the other points to."""
        mine, others = self._tables(op), self._tables(other)
        return None in others or not mine.isdisjoint(others)

    def _tables(self, op: Operation) -> set[str | None]:
        found: set[str | None] = {self._table(op)}
        if isinstance(op, CreateTable):
            found |= {self._names.table(one.references) for one in op.constraints if one.references is not None}
            found |= {
                self._names.table(str(one.references).rpartition(".")[0])
                for one in op.columns
                if one.references is not None
            }
        elif getattr(op, "references", None) is not None:
            found.add(self._names.table(op.references))  # type: ignore[attr-defined]
        return found

    def _table(self, op: Operation) -> str | None:
        return self._names.table(getattr(op, "table", None))


def _doubted(doubt: Doubt) -> CannotEdit:
    if doubt.op is None:
        return CannotEdit(doubt.why, _BY_HAND)
    return CannotEdit(f"line {doubt.op.at.line} {sentence(doubt.op)}, and {doubt.why}", _BY_HAND)


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
            raise CannotEdit("the way back needs a decision of yours", _BY_HAND)
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
        raise CannotEdit("the way back needs a name that nothing here imports", _BY_HAND)
    if wanted:
        body = written.tree.body
        there = [one for one in body if isinstance(one, (ast.Import, ast.ImportFrom)) and written.indent(one) == ""]
        functions = [one.lineno for one in body if isinstance(one, ast.FunctionDef)]
        there = [one for one in there if not functions or one.lineno < functions[0]]
        if not there or not written.ends_its_line(there[-1]):
            raise CannotEdit(f"it lacks {' and '.join(wanted)}", "add the import at the top and run it once more")
        end = written.line_end(there[-1].end_lineno or there[-1].lineno)
        yield end, end, "".join(f"\n{line}" for line in wanted)


def _added(written: Written, statements: Sequence[str], context: Context) -> Splice:
    """The whole function, below upgrade()."""
    upgrade = written.function("upgrade")
    if upgrade is None or not written.ends_its_line(upgrade) or written.indent(upgrade) != "":
        raise CannotEdit("its upgrade() is not a plain function at the top of the file", _BY_HAND)
    up = context.migration.upgrade if context.migration else None
    returns = f" -> {written.source(upgrade.returns)}" if upgrade.returns is not None else ""
    body = indented("\n".join(statements), written.unit)
    end = written.line_end(upgrade.end_lineno or upgrade.lineno)
    closing = "" if written.text[end:] else "\n"
    return end, end, f"\n\n\ndef downgrade({up.parameters if up else ''}){returns}:\n{body}{closing}"


def _filled(written: Written, statements: Sequence[str]) -> Splice:
    """The statements in place of what does nothing in downgrade(), or below its docstring."""
    function = written.function("downgrade")
    if function is None:
        raise CannotEdit("its downgrade() is not a plain function at the top of the file", _BY_HAND)
    idle = [one for one in function.body if _is_idle(one) or isinstance(one, ast.Raise)]
    for one in function.body:
        if isinstance(one, ast.Raise) and not _says_nothing(one):
            raise CannotEdit(f"downgrade() raises on purpose ({written.source(one)})", _DECIDE)
        if one not in idle and not _is_kept(one, written):
            raise CannotEdit(f"downgrade() does something on line {one.lineno}", _BY_HAND)
    first, last = function.lineno, function.end_lineno or function.lineno
    if said := next((line for line in written.lines[first:last] if _REASON.search(line) and _is_said(line)), None):
        raise CannotEdit(f"downgrade() says why it does nothing: {said.strip()}", _DECIDE)
    if not idle:
        return _inserted(written, function, len(function.body), statements)
    if idle[0] is not function.body[-1]:
        raise CannotEdit("downgrade() does nothing in more than one line", "leave one `pass` in it and run it again")
    return _replaced(written, function, idle[0], statements)


def _replaced(written: Written, function: ast.FunctionDef, idle: ast.stmt, statements: Sequence[str]) -> Splice:
    start, end = written.span(idle)
    by = written.indent(idle)
    if by is None or not written.ends_its_line(idle):  # `def downgrade(): pass`
        if idle.lineno != function.lineno or not written.ends_its_line(idle):
            raise CannotEdit(f"line {idle.lineno} holds more than one statement", _BY_HAND)
        gap = len(written.text[:start]) - len(written.text[:start].rstrip(" \t"))
        return start - gap, end, f"\n{indented(chr(10).join(statements), written.unit)}"
    line_end = written.line_end(idle.end_lineno or idle.lineno)
    comment = written.text[end:line_end].strip()  # stays above, as it spoke of the line that goes
    text = indented("\n".join([*([comment] if comment else []), *statements]), by)
    return start, line_end, text.removeprefix(by)


def _inserted(written: Written, function: ast.FunctionDef, at: int, statements: Sequence[str]) -> Splice:
    """The statements before the one of this number in a function, or at its end."""
    body = function.body
    by = written.indent(body[0])
    if by is None:
        raise CannotEdit(f"line {body[0].lineno} holds more than one statement", _BY_HAND)
    text = indented("\n".join(statements), by)
    if at > 0:
        before = body[at - 1]
        if not written.ends_its_line(before):
            raise CannotEdit(f"line {before.lineno} holds more than one statement", _BY_HAND)
        end = written.line_end(before.end_lineno or before.lineno)
        return end, end, f"\n{text}"
    start = written.line_start(body[0].lineno)
    return start, start, f"{text}\n"


def _is_said(line: str) -> bool:
    """Whether a line of a function that does nothing speaks to people: a comment, or a docstring."""
    return not re.match(r"\s*(?:raise|log|print|return|pass\s*$)", line)


def _is_idle(one: ast.stmt) -> bool:
    if isinstance(one, ast.Return):
        return one.value is None or (isinstance(one.value, ast.Constant) and one.value.value is None)
    return isinstance(one, ast.Pass) or (
        isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and one.value.value is ...
    )


def _is_kept(one: ast.stmt, written: Written) -> bool:
    """A docstring, or a line of a log."""
    if not isinstance(one, ast.Expr):
        return False
    if isinstance(one.value, ast.Constant):
        return isinstance(one.value.value, str)
    return isinstance(one.value, ast.Call) and _LOGS.match(written.source(one.value.func)) is not None


def _says_nothing(one: ast.Raise) -> bool:
    """`raise NotImplementedError`, as templates and editors write it, and not a sentence of a person."""
    raised = one.exc.func if isinstance(one.exc, ast.Call) and not one.exc.args else one.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
