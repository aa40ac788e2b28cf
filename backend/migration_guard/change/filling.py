"""Statements put into a downgrade: the whole function, in place of what does nothing, or between other lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from ..facts import Context
from ..read.comments import MARKER
from .written import CannotEdit, Splice, Written, indented

_LOGS = re.compile(r"(?:log|logger|logging|print|\w*log\w*)\b", re.IGNORECASE)
_REASON = re.compile(
    r"\b(?:not?|nothing|never|without|unable|impossible|irreversible|lossy|manual\w*|cannot|\w+n't)\b", re.IGNORECASE
)
_TEMPLATE = re.compile(
    r"\s*#+\s.*#\s*$|[#\s]*(?:custom commands?|type: ignore|noqa|pragma|pylint|fmt|guard)\b", re.IGNORECASE
)
_LATER = re.compile(
    r"\b(?:to[ -]?do|fixme|xxx|implement|optional|add your|write your|goes? here|please)\b", re.IGNORECASE
)
_DECIDE = "say `# irreversible: <reason>` behind a raise, or take the words out and run this once more"
BY_HAND = "write it by hand; `migration-guard check` shows a draft"


def added(written: Written, statements: Sequence[str], context: Context) -> Splice:
    """The whole function, below upgrade()."""
    upgrade = written.function("upgrade")
    if upgrade is None or not written.ends_its_line(upgrade) or written.indent(upgrade) != "":
        raise CannotEdit("its upgrade() is not a plain function at the top of the file", BY_HAND)
    up = context.migration.upgrade if context.migration else None
    returns = f" -> {written.source(upgrade.returns)}" if upgrade.returns is not None else ""
    body = indented("\n".join(statements), written.unit)
    end = written.line_end(upgrade.end_lineno or upgrade.lineno)
    closing = "" if written.text[end:] else "\n"
    return end, end, f"\n\n\ndef downgrade({up.parameters if up else ''}){returns}:\n{body}{closing}"


def filled(written: Written, statements: Sequence[str]) -> Splice:
    """The statements in place of what does nothing in downgrade(), or below its docstring."""
    function = written.function("downgrade")
    if function is None:
        raise CannotEdit("its downgrade() is not a plain function at the top of the file", BY_HAND)
    idle = [one for one in function.body if _is_idle(one) or isinstance(one, ast.Raise)]
    for one in function.body:
        if isinstance(one, ast.Raise) and not _says_nothing(one):
            raise CannotEdit(f"downgrade() raises on purpose ({written.source(one)})", _DECIDE)
        if one not in idle and not _is_kept(one, written):
            raise CannotEdit(f"downgrade() does something on line {one.lineno}", BY_HAND)
    first, last = function.lineno, function.end_lineno or function.lineno
    if said := next(filter(_is_said, written.lines[first - 1 : last]), None):
        raise CannotEdit(f"downgrade() says why it does nothing: {said.strip()}", _DECIDE)
    if not idle:
        return inserted(written, function, len(function.body), statements)
    if idle[0] is not function.body[-1]:
        raise CannotEdit("downgrade() does nothing in more than one line", "leave one `pass` in it and run it again")
    return _replaced(written, function, idle[0], statements)


def _replaced(written: Written, function: ast.FunctionDef, idle: ast.stmt, statements: Sequence[str]) -> Splice:
    start, end = written.span(idle)
    by = written.indent(idle)
    if by is None or not written.ends_its_line(idle):  # `def downgrade(): pass`
        if idle.lineno != function.lineno or not written.ends_its_line(idle):
            raise CannotEdit(f"line {idle.lineno} holds more than one statement", BY_HAND)
        gap = len(written.text[:start]) - len(written.text[:start].rstrip(" \t"))
        return start - gap, end, f"\n{indented(chr(10).join(statements), written.unit)}"
    line_end = written.line_end(idle.end_lineno or idle.lineno)
    comment = written.text[end:line_end].strip()  # stays above, as it spoke of the line that goes
    text = indented("\n".join([*([comment] if comment else []), *statements]), by)
    return start, line_end, text.removeprefix(by)


def inserted(written: Written, function: ast.FunctionDef, at: int, statements: Sequence[str]) -> Splice:
    """The statements before the one of this number in a function, or at its end."""
    body = function.body
    by = written.indent(body[0])
    if by is None:
        raise CannotEdit(f"line {body[0].lineno} holds more than one statement", BY_HAND)
    text = indented("\n".join(statements), by)
    if at > 0:
        before = body[at - 1]
        if not written.ends_its_line(before):
            raise CannotEdit(f"line {before.lineno} holds more than one statement", BY_HAND)
        end = written.line_end(before.end_lineno or before.lineno)
        return end, end, f"\n{text}"
    start = written.line_start(body[0].lineno)
    return start, start, f"{text}\n"


def _is_said(line: str) -> bool:
    """Whether a line of a function that does nothing tells people why, or holds what somebody took out.

    A comment does, whatever its words, but for those of templates and of people who left the work for later; of a
    docstring, which mostly says that this is the downgrade, some words do.
    """
    code, sign, comment = line.partition("#")
    if sign and re.search(r"\w", comment):
        return not (MARKER.match(sign + comment) or _TEMPLATE.match(comment) or _LATER.search(comment))
    return _REASON.search(code) is not None and not re.match(r"\s*(?:def|raise|log|print|return|pass\s*$)", code)


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
