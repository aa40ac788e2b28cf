"""The statements of a base revision as Python text, formatted as ruff and black would."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .schema import last_bracket, pieces
from .spelling import escaped, is_free, on_one_line, text_literal
from .tables import Column, Index, Rule, Table

WIDTH = 88  # what formatters take for a long line unless they are told otherwise
INDENT = "    "
_HEAD = 'if op.get_context().dialect.name == "{}":'


@dataclass(frozen=True)
class Line:
    """A statement, flush left; `dialect` where it is meant for one database only."""

    text: str
    dialect: str | None = None


def create_table(table: Table, *, convention: bool, apart: Iterable[str] = ()) -> str:
    """`op.create_table`, without the keys to the tables `apart`, which follow later."""
    apart = set(apart)
    parts = [text_literal(table.name), *(_column(column, table) for column in table.columns)]
    for rule in table.rules:
        parts.append(_rule(rule, convention=convention, late=rule.parent in apart))
    parts += [f"schema={text_literal(table.schema)}"] if table.schema else []
    parts += [f"comment={text_literal(table.comment)}"] if table.comment else []
    return _exploded("op.create_table", [*parts, *table.options])


def create_key(table: Table, rule: Rule, *, convention: bool) -> str:
    """`op.create_foreign_key` for a key that could not stand in its table."""
    own, targets, *more = rule.arguments
    names = [each.rpartition(".")[2] for each in targets.strip('[]"').split('", "')]
    schema, _, parent = rule.parent.rpartition(".")
    more += [f"source_schema={text_literal(table.schema)}"] if table.schema else []
    more += [f"referent_schema={text_literal(schema)}"] if schema else []
    given = [
        _named(rule.name_in(table.name), convention=convention),
        text_literal(table.name),
        text_literal(parent),
        own,
    ]
    return call("op.create_foreign_key", [*given, f"[{', '.join(map(text_literal, names))}]", *more])


def create_index(index: Index, table: Table, *, convention: bool) -> str:
    """`op.create_index`, or the statement of an index that it has no words for."""
    if index.sql:
        return execute(index.sql)
    given = [_named(index.name, convention=convention), text_literal(table.name), f"[{', '.join(index.parts)}]"]
    given += ["unique=True"] if index.unique else []
    given += [f"schema={text_literal(table.schema)}"] if table.schema else []
    return call("op.create_index", [*given, *index.more])


def drop_table(table: Table) -> str:
    """`op.drop_table`."""
    schema = [f"schema={text_literal(table.schema)}"] if table.schema else []
    return call("op.drop_table", [text_literal(table.name), *schema])


def execute(sql: str) -> str:
    """`op.execute`; text of several lines stands as it is where it is a function's or holds line ends in quotes."""
    if is_free(sql):
        whole = on_one_line(sql)
        line = call("op.execute", [text_literal(escaped(whole))])
        if "\n" not in line or len(whole) < WIDTH - 3 * len(INDENT):
            return line
        sql = sql if "\n" in sql else _folded(sql)
        inner = "\n".join(f"{INDENT}{line.rstrip()}" if line.strip() else "" for line in _quotable(sql).split("\n"))
        return f'op.execute(\n{INDENT}"""\n{inner}\n{INDENT}"""\n)'
    if "\n" not in sql:
        return call("op.execute", [text_literal(escaped(sql))])
    return f'op.execute("""\\\n{VERBATIM}{_quotable(sql).replace(chr(10), chr(10) + VERBATIM)}""")'


VERBATIM = "\0"  # at the start of lines that no indentation may move


def _quotable(sql: str) -> str:
    """SQL between three double quotes."""
    body = escaped(sql).replace("\\", "\\\\").replace('"""', '""\\"')
    return body[:-1] + '\\"' if body.endswith('"') else body


_CLAUSE = re.compile(r"(?:BEFORE|AFTER|INSTEAD|FOR|EXECUTE|WHERE|USING|VALUES|REFERENCES|WITH|ADD)")


def _folded(sql: str) -> str:
    """The SQL on several lines: at its clauses, and where a line would still be long; never in quotes."""
    lines = [""]
    parts = re.split(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\s+)", sql)
    for part, after in zip(parts, [*parts[1:], ""], strict=True):
        if part.isspace() and (_CLAUSE.fullmatch(after) or len(lines[-1]) + len(after) > WIDTH - 4 * len(INDENT)):
            lines.append(INDENT)
        else:
            lines[-1] += part
    return "\n".join(lines)


def call(name: str, arguments: Sequence[str], depth: int = 2) -> str:
    """A call on one line where it fits, else with an argument on each. `depth` is how far it may be indented."""
    line = f"{name}({', '.join(arguments)})"
    fits = len(line) + depth * len(INDENT) < WIDTH and "\n" not in line
    return line if fits or not arguments else _exploded(name, arguments, depth)


def indented(text: str, depth: int = 1) -> str:
    """The lines moved to the right, but for those that are verbatim."""
    lines = []
    for line in text.split("\n"):
        lines.append(line[1:] if line.startswith(VERBATIM) else f"{INDENT * depth}{line}" if line else line)
    return "\n".join(lines)


def branched(lines: Iterable[Line]) -> list[str]:
    """The statements, neighbours of one database under one condition."""
    found: list[str] = []
    for line in lines:
        if line.dialect is None:
            found.append(line.text)
            continue
        head = _HEAD.format(line.dialect)
        body = "\n".join(
            part if part.startswith(VERBATIM) else f"{INDENT}{part}" if part else part for part in line.text.split("\n")
        )
        if found and found[-1].startswith(head):
            found[-1] += f"\n{body}"
        else:
            found.append(f"{head}\n{body}")
    return found


def _column(column: Column, table: Table) -> str:
    given = [text_literal(column.name), column.types[0], *column.more]
    if column.serial is not None:
        automatic = table.key == (column.name,) and column.types[0].startswith(("sa.Integer", "sa.Big", "sa.Small"))
        keyed = any(rule.parent and column.name in rule.columns for rule in table.rules)
        if column.serial and (not automatic or keyed):
            given.append("autoincrement=True")
        elif not column.serial and automatic and not keyed:
            given.append("autoincrement=False")
    given += [f"server_default={column.defaults[0]}"] if column.defaults[0] else []
    if not column.nullable:
        given.append("nullable=False")
    elif column.name in table.key:
        given.append("nullable=True")
    given += [f"comment={text_literal(column.comment)}"] if column.comment else []
    return call("sa.Column", given, 3)


def _rule(rule: Rule, *, convention: bool, late: bool) -> str:
    name = rule.names[0]
    given = [*rule.arguments, *([f"name={_named(name, convention=convention)}"] if name else [])]
    return call(rule.call, [*given, *(["use_alter=True"] if late else [])], 3)


def _named(name: str | None, *, convention: bool) -> str:
    """A name that no naming convention changes."""
    return f"op.f({text_literal(name or '')})" if convention else text_literal(name or "")


def _exploded(name: str, arguments: Sequence[str], depth: int = 2) -> str:
    body = "\n".join(f"{INDENT}{line}" for each in arguments for line in f"{_opened(each, depth + 1)},".split("\n"))
    return f"{name}(\n{body}\n)"


def _opened(argument: str, depth: int) -> str:
    """An argument with its own arguments on lines of their own, where it is a call or list that does not fit on one."""
    if "\n" in argument or len(argument) + depth * len(INDENT) < WIDTH:
        return argument
    if argument[0] in "\"'":  # formatters join what would fit, so only what is long outside of a condition, too
        room = WIDTH - (depth - 1) * len(INDENT)
        return argument if len(argument) < room else _split(argument, room - 2 * len(INDENT))
    if argument.endswith(")"):
        start = last_bracket(argument)
        given = pieces(argument[start + 1 : -1])
        return _exploded(argument[:start], given, depth) if given != [""] else argument
    name, opened, inner = argument.partition("[")
    if opened and argument.endswith("]") and name in ("", "postgresql_include="):
        body = "\n".join(f"{INDENT}{each}," for each in pieces(inner[:-1]))
        return f"{name}[\n{body}\n]"
    return argument


def _split(literal: str, width: int) -> str:
    """A long text as several literals, one under the other, which Python takes for one."""
    lines = [""]
    for word in re.split(r"(?<= )", ast.literal_eval(literal)):
        if lines[-1] and len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += word
    return "\n".join(map(text_literal, lines))
