"""The names that a migration imports, and which of them its code mentions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from ..facts import Import
from .library import Library
from .text import Source
from .values import Dotted

_IN_FUNCTIONS = re.compile(r"^[ \t]+(?:from|import)\b", re.MULTILINE)


def imports(source: Source, library: Library, used: set[str]) -> tuple[Import, ...]:
    """Every imported name, in order of lines, a star as `*`. `used` are the names that the code outside of annotations
    uses."""
    statements = [each for each in source.tree.body if isinstance(each, (ast.Import, ast.ImportFrom))]
    if _IN_FUNCTIONS.search(source.text):
        statements = [each for each in ast.walk(source.tree) if isinstance(each, (ast.Import, ast.ImportFrom))]
    found = [each for statement in statements for each in _imports(source, library, statement)]
    mentioned = _mentioned(source, {each.bound_as for each in found}, used)
    return tuple(
        Import(each.at, each.module, each.name, each.bound_as, each.bound_as in mentioned, each.ours)
        for each in sorted(found, key=lambda each: each.at)
    )


def _imports(source: Source, library: Library, statement: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    at = source.place(statement)
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            bound = alias.asname or alias.name.partition(".")[0]
            yield Import(at, alias.name, None, bound, ours=library.ours(Dotted(alias.name)))
        return
    folder = source.path.rpartition("/")[0]
    module = Dotted("." * statement.level + (statement.module or ""), folder if statement.level else None)
    for alias in statement.names:
        ours = library.ours(module if alias.name == "*" else module.part(alias.name))
        yield Import(at, module.path, alias.name, alias.asname or alias.name, ours=ours)


def _mentioned(source: Source, names: set[str], used: set[str]) -> set[str]:
    """Those of some names that the file uses: `used` lacks those in annotations, and in texts such as `__all__`."""
    doubtful = {name for name in names - used - {"*", "annotations"} if _occurs(name, source.text)}
    found = names & (used | {"*", "annotations"})
    if doubtful:
        found |= _named_in(_annotations(source.tree), doubtful)
        if not doubtful <= found:
            found |= _named_in([source.tree], doubtful)
    return found


def _occurs(name: str, text: str) -> bool:
    """Whether a name occurs more than once, so not only where it is imported."""
    return text.count(name) > 1 and len(re.findall(rf"\b{re.escape(name)}\b", text)) > 1


def _annotations(tree: ast.Module) -> Iterator[ast.AST]:
    """The annotations at the top of a file, where nearly all of them stand."""
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign):
            yield statement.annotation
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield statement.args
            if statement.returns is not None:
                yield statement.returns


def _named_in(parts: Iterable[ast.AST], names: set[str]) -> set[str]:
    found: set[str] = set()
    for part in parts:
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and node.id in names:
                found.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 100:
                found |= names & set(re.findall(r"\w+", node.value))
    return found
