"""Statements for a downgrade in the style of a file: its names of op and sa, its quotes, its indentation."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Container, Sequence

from ..facts import Migration
from .written import Written, inside_strings

_MODULES = {"op": "alembic.op", "sa": "sqlalchemy"}
_NAMES_FIRST = re.compile(r"create_(?:\w+_constraint|foreign_key|primary_key|index)$|drop_(?:constraint|index)$")
_PLAIN = re.compile(r'"([^"\'\\\n]*)"')
# Alembic's operations on one table, by the place of the table's name among their arguments.
_ON_TABLE = {
    "add_column": 0,
    "alter_column": 0,
    "drop_column": 0,
    "create_check_constraint": 1,
    "create_foreign_key": 1,
    "create_primary_key": 1,
    "create_unique_constraint": 1,
    "drop_constraint": 1,
}


def in_style(statements: Sequence[str], written: Written, migration: Migration) -> list[str]:
    """The statements under the file's own names for `op` and `sa`, with its quotes and its steps of indentation."""
    return [_restepped(_requoted(_renamed(one, migration), written.quote), written.unit) for one in statements]


def with_final_names(statements: Sequence[str], final: Container[str]) -> list[str]:
    """The statements with names of constraints and indexes in `op.f(...)` where they are `final`.

    A naming convention makes its own of a plain name, as in "ck_%(table_name)s_%(constraint_name)s".
    """
    return [_finalized(one, final) for one in statements]


def in_batches(statements: Sequence[str]) -> list[str]:
    """The statements with what changes a table in batch blocks, which SQLite needs for most of it."""
    return merged([_in_batch(one) or one for one in statements])


def merged(statements: Sequence[str]) -> list[str]:
    """The statements with neighbouring batch blocks on one table as one: each block may copy the whole table."""
    found: list[str] = []
    for one in statements:
        head, _, body = one.partition("\n")
        same = found and ".batch_alter_table(" in head and found[-1].partition("\n")[0] == head
        if same and head.startswith("with "):
            found[-1] += f"\n{body}"
        else:
            found.append(one)
    return found


def _in_batch(statement: str) -> str | None:
    """One operation on a table in a block of its own; None where it is none, or stands in one already."""
    body = ast.parse(statement).body
    call = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or "\n" in statement:
        return None
    at = _ON_TABLE.get(call.func.attr)
    if at is None or len(call.args) <= at or not isinstance(call.func.value, ast.Name):
        return None
    source = statement.encode()

    def text(node: ast.expr) -> str:
        return source[node.col_offset : node.end_col_offset].decode()

    schema = [one for one in call.keywords if one.arg in ("schema", "source_schema")]
    given = [text(one) for index, one in enumerate(call.args) if index != at]
    given += [f"{one.arg}={text(one.value)}" for one in call.keywords if one not in schema and one.arg is not None]
    of = "".join(f", schema={text(one.value)}" for one in schema)
    head = f"with {call.func.value.id}.batch_alter_table({text(call.args[at])}{of}) as batch_op:"
    return f"{head}\n    batch_op.{call.func.attr}({', '.join(given)})"


def _finalized(statement: str, final: Container[str]) -> str:
    tree = ast.parse(statement)
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)]
    there = {
        id(one.args[0]) for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "f" and one.args
    }
    given = [call.args[0] for call in calls if call.args and _NAMES_FIRST.match(str(getattr(call.func, "attr", "")))]
    given += [one.value for call in calls for one in call.keywords if one.arg in ("name", "constraint_name")]
    names = [one for one in given if isinstance(one, ast.Constant) and id(one) not in there and one.value in final]
    lines = [line.encode() for line in statement.split("\n")]
    for one in sorted(names, key=lambda each: (each.lineno, each.col_offset), reverse=True):
        line = lines[one.lineno - 1]
        start, end = one.col_offset, one.end_col_offset or 0
        lines[one.lineno - 1] = line[:start] + b"op.f(" + line[start:end] + b")" + line[end:]
    return b"\n".join(lines).decode()


def _renamed(statement: str, migration: Migration) -> str:
    """The statement under the file's names for Alembic's operations and for SQLAlchemy."""
    bound = {one.bound_as for one in migration.imports}
    called = {
        usual: one.bound_as
        for usual, module in _MODULES.items()
        for one in migration.imports
        if ".".join(filter(None, (one.module, one.name))) == module and usual not in bound
    }
    if not called:
        return statement
    lines = [line.encode() for line in statement.split("\n")]
    names = [one for one in ast.walk(ast.parse(statement)) if isinstance(one, ast.Name) and one.id in called]
    for one in sorted(names, key=lambda each: (each.lineno, each.col_offset), reverse=True):
        line = lines[one.lineno - 1]
        lines[one.lineno - 1] = line[: one.col_offset] + called[one.id].encode() + line[one.end_col_offset :]
    return b"\n".join(lines).decode()


def _requoted(statement: str, quote: str) -> str:
    """The statement with its plain strings in these quotes."""
    if quote == '"' or '"' not in statement:
        return statement
    lines = statement.split("\n")
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(statement).readline))):
        if token.type == tokenize.STRING and (found := _PLAIN.fullmatch(token.string)):
            line = lines[token.start[0] - 1]
            lines[token.start[0] - 1] = f"{line[: token.start[1]]}'{found[1]}'{line[token.end[1] :]}"
    return "\n".join(lines)


def _restepped(statement: str, unit: str) -> str:
    """The statement with steps of this width in place of four blanks."""
    if unit == "    " or "\n" not in statement:
        return statement
    kept = inside_strings(statement)
    lines = []
    for at, line in enumerate(statement.split("\n")):
        deep = (len(line) - len(line.lstrip(" "))) // 4 if at not in kept else 0
        lines.append(unit * deep + line[4 * deep :])
    return "\n".join(lines)
