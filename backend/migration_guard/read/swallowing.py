"""Errors that are caught, so that a function goes on after SQL that failed."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence

from .values import Dotted, Made, words

_WIDE = words("Exception BaseException")
# A handler with one of these, or a savepoint around what may fail, leaves the transaction usable.
_UNDOES = words("begin_nested rollback rollback_to_savepoint savepoint")


def goes_on(node: ast.Try) -> bool:
    """Whether a `try` may catch an error of the database and go on in the transaction that it has aborted."""
    handlers = [handler for handler in node.handlers if _catches(handler.type) and not _raises(handler.body)]
    if not handlers:
        return False
    return not any(
        (isinstance(each, ast.Attribute) and each.attr in _UNDOES)
        or (isinstance(each, ast.Constant) and isinstance(each.value, str) and "savepoint" in each.value.lower())
        for part in [*node.body, *handlers]
        for each in ast.walk(part)
    )


def suppresses(made: Made) -> bool:
    """Whether `contextlib.suppress(...)` catches errors of the database."""
    named = [given.value.path.rpartition(".")[2] for given in made.arguments if isinstance(given.value, Dotted)]
    return _of_database(named)


def _catches(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return _of_database(each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in kinds)


def _of_database(names: Iterable[str]) -> bool:
    """Whether one of some exceptions may be one of the database's: none of Python's own but the widest."""
    return any(name in _WIDE or not hasattr(builtins, name) for name in names)


def _raises(body: Sequence[ast.stmt]) -> bool:
    """Whether a block always ends in a `raise`."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return _raises(last.body) and _raises(last.orelse)
    return isinstance(last, ast.Raise) or (isinstance(last, (ast.With, ast.Try)) and _raises(last.body))
