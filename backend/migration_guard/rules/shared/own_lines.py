"""The user's own operation as lines that stand for themselves, somewhere else or with a comment above."""

from __future__ import annotations

from ...facts import Operation
from .paste import dedented, execute, literal


def statement(op: Operation) -> str:
    """The operation as a statement that stands for itself: the user's call, or their SQL in one."""
    return execute(op, op.source) if op.by_sql else dedented(op.source)


def alone(op: Operation) -> str:
    """The operation as a statement of another function, with the batch block that it stands in."""
    text = statement(op)
    table = getattr(op, "table", None)
    if not op.in_batch or op.by_sql or table is None:
        return text
    schema = getattr(op, "schema", None)
    opening = ", ".join([literal(table), *([f"schema={literal(schema)}"] if schema is not None else [])])
    name = text.partition(".")[0]
    import textwrap  # late: few rules write a block

    return f"with op.batch_alter_table({opening}) as {name}:\n{textwrap.indent(text, '    ')}"


def allowed(op: Operation, rule: str, reason: str) -> str:
    """The operation with the comment that allows it, for what is right only at another time."""
    return f"# guard: allow {rule} -- {reason}\n{statement(op)}"
