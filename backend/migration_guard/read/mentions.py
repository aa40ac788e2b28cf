"""The names that a file's code mentions, and those that it binds: one walk over the tree for all who ask."""

from __future__ import annotations

import ast
from typing import NamedTuple

_SKIPPED = frozenset({"ctx", "type_comment", "type_params", "type_ignores", "returns", "annotation"})
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}


class Mentions(NamedTuple):
    """Names outside of annotations. `bound` are those that a plain assignment, loop or `with` gives a value."""

    used: set[str]
    bound: set[str]


def mentions(tree: ast.Module) -> Mentions:
    """What the code of a file mentions; its top-level imports are no mention."""
    used: set[str] = set()
    bound: set[str] = set()
    waiting: list[ast.AST] = [each for each in tree.body if not isinstance(each, (ast.Import, ast.ImportFrom))]
    while waiting:
        node = waiting.pop()
        kind = node.__class__
        if kind is ast.Name:
            used.add(node.id)  # type: ignore[attr-defined]
            if node.ctx.__class__ is not ast.Load:  # type: ignore[attr-defined]
                bound.add(node.id)  # type: ignore[attr-defined]
        elif kind is ast.Call:
            waiting.append(node.func)  # type: ignore[attr-defined]
            waiting += node.args  # type: ignore[attr-defined]
            waiting += [each.value for each in node.keywords]  # type: ignore[attr-defined]
        elif kind is ast.Attribute:
            waiting.append(node.value)  # type: ignore[attr-defined]
        elif kind is not ast.Constant:
            for name in _FIELDS.get(kind) or _fields(kind):
                value = getattr(node, name, None)
                if value.__class__ is list:
                    waiting += [each for each in value if isinstance(each, ast.AST)]
                elif isinstance(value, ast.AST):
                    waiting.append(value)
    return Mentions(used, bound)


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    found = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _SKIPPED)
    return found
