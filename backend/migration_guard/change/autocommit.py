"""Statements that PostgreSQL refuses inside a transaction, put into an autocommit block."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..facts import Context
from ..findings import Finding
from .written import CannotEdit, Splice, Written, indented

_METHODS = ("create_index", "drop_index", "execute")
_BY_HAND = "put it into `with op.get_context().autocommit_block():` by hand"


def in_autocommit_blocks(written: Written, context: Context, found: Sequence[Finding]) -> list[Splice]:
    """The edits that wrap the statements of findings, neighbours in one block."""
    environment = context.history.environment
    if environment is not None and environment.transaction_before is not None:
        at = environment.transaction_before
        raise CannotEdit(
            f"an autocommit block fails in this project: {at.path}:{at.line} begins a transaction before "
            "context.configure()",
            f"let {at.path} hand over a connection that is in no transaction yet, and run this once more",
        )
    imports = context.migration.imports if context.migration else ()
    names = {one.bound_as for one in imports if _is_op(one.module, one.name)}
    blocks: list[list[ast.stmt]] = []
    op = "op"
    for finding in sorted(found, key=lambda one: one.at):
        statement, op = _statement(written, finding, frozenset(names))
        if blocks and _follows(written, blocks[-1][-1], statement):
            blocks[-1].append(statement)
        elif not any(statement in block for block in blocks):
            blocks.append([statement])
    return [_wrapped(written, block, op) for block in blocks]


def _statement(written: Written, finding: Finding, names: frozenset[str]) -> tuple[ast.stmt, str]:
    """The statement that a finding is about, and what it calls Alembic's operations."""
    line = finding.at.line
    for node in ast.walk(written.tree):
        if not isinstance(node, ast.Expr) or not node.lineno <= line <= (node.end_lineno or 0):
            continue
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            break
        on = call.func.value
        if not isinstance(on, ast.Name) or on.id not in names or call.func.attr not in _METHODS:
            break
        if written.indent(node) is None or not written.ends_its_line(node):
            raise CannotEdit(f"line {line} holds more than one statement", _BY_HAND)
        return node, on.id
    raise CannotEdit(f"line {line} is no call of op by itself", _BY_HAND)


def _follows(written: Written, one: ast.stmt, other: ast.stmt) -> bool:
    """Whether two statements stand one below the other in one block, with nothing between them."""
    between = written.lines[(one.end_lineno or one.lineno) : other.lineno - 1]
    same_block = any(
        one in body and other in body
        for node in ast.walk(written.tree)
        for body in (getattr(node, field, None) for field in ("body", "orelse", "finalbody"))
        if isinstance(body, list)
    )
    return same_block and not any(line.strip() for line in between)


def _wrapped(written: Written, block: Sequence[ast.stmt], op: str) -> Splice:
    by = written.indent(block[0]) or ""
    start = written.line_start(block[0].lineno)
    end = written.line_end(block[-1].end_lineno or block[-1].lineno)
    text = indented(written.source_between(start, end), written.unit)
    return start, end, f"{by}with {op}.get_context().autocommit_block():\n{text}"


def _is_op(module: str, name: str | None) -> bool:
    return ".".join(filter(None, (module, name))) == "alembic.op"
