"""Small faults in Python source, one at a time: each is the syntax tree of a whole module with one place changed."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
REACHED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}
Replacement = Callable[[ast.AST], None]
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Mutant:
    """One fault: the top statement of the module that holds it, changed, and the lines that it stands on."""

    statement: ast.stmt
    line: int
    last_line: int
    says: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every fault of a module, in order. Docstrings, annotations, imports and the head of a rule are left alone."""
    for statement in ast.parse(source).body:
        if isinstance(statement, (ast.Import, ast.ImportFrom, ast.If)) or _is_head(statement):
            continue
        for path, node in _places(statement):
            for says, change in _changes(node):
                changed = copy.deepcopy(statement)
                target: ast.AST = changed
                for step in path:
                    target = step(target)
                before = ast.unparse(target).splitlines()[0]
                change(target)
                after = ast.unparse(target).splitlines()[0]
                if (says, before) != (says, after) or says == "gone":
                    ast.fix_missing_locations(changed)
                    line, last = _lines(node)
                    yield Mutant(changed, line, last, f"{says}: {before[:90]} -> {after[:90]}")


def _is_head(statement: ast.stmt) -> bool:
    """A docstring, `RULE = Rule.of(...)`, `__all__`: words, and what the registry's own tests look at."""
    if isinstance(statement, ast.Expr):
        return True
    names = [each.id for each in getattr(statement, "targets", ()) if isinstance(each, ast.Name)]
    return names in (["RULE"], ["__all__"])


Step = Callable[[ast.AST], ast.AST]


def _places(node: ast.AST, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], ast.AST]]:
    """Each node below with the way to it, without annotations, docstrings, decorators and the text of messages."""
    yield path, node
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
        yield from _places(node.left, (*path, lambda at: at.left))  # type: ignore[attr-defined]
        return  # another constant there is what another comparison is
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_params", "format_spec", "type_comment"):
            continue
        if isinstance(value, list):
            for number, each in enumerate(value):
                if isinstance(each, ast.AST) and not _is_docstring(node, name, number, each):
                    yield from _places(each, (*path, lambda at, n=name, i=number: getattr(at, n)[i]))  # type: ignore[misc]
        elif isinstance(value, ast.AST):
            yield from _places(value, (*path, lambda at, n=name: getattr(at, n)))  # type: ignore[misc]


def _is_docstring(parent: ast.AST, name: str, number: int, node: ast.AST) -> bool:
    holds = isinstance(parent, (*Function, ast.ClassDef)) and name == "body" and number == 0
    text = isinstance(node, ast.Constant) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    return text and (holds or isinstance(parent, ast.JoinedStr))


def _lines(node: ast.AST) -> tuple[int, int]:
    first = getattr(node, "lineno", 0)
    if isinstance(node, ast.comprehension):
        first = node.target.lineno
        return first, node.iter.end_lineno or first
    if isinstance(node, (ast.If, ast.While, ast.For)):  # its head, not its body
        return first, first
    return first, getattr(node, "end_lineno", first)


def _changes(node: ast.AST) -> Iterator[tuple[str, Replacement]]:
    """What may be done to one node: a word for it, and the change in place."""
    if isinstance(node, ast.Compare):
        for number, op in enumerate(node.ops):
            other_op = COMPARED.get(type(op))
            if other_op is not None:
                yield "compare", lambda at, i=number, new=other_op: at.ops.__setitem__(i, new())  # type: ignore[misc]
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield "and/or", lambda at: setattr(at, "op", other())
        for number in range(len(node.values)):
            yield "operand", lambda at, i=number: _without(at, "values", i)  # type: ignore[misc]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not", lambda at: _become(at, ast.Call(ast.Name("bool", ast.Load()), [at.operand], []))  # type: ignore[attr-defined]
    elif isinstance(node, ast.BinOp) and type(node.op) in REACHED:
        yield "operator", lambda at: setattr(at, "op", REACHED[type(node.op)]())
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)) and _is_plain(node.test):
        yield "negated", lambda at: setattr(at, "test", ast.UnaryOp(ast.Not(), at.test))  # type: ignore[attr-defined]
    elif isinstance(node, ast.comprehension):
        for number in range(len(node.ifs)):
            yield "filter", lambda at, i=number: at.ifs.pop(i)  # type: ignore[misc]
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, (ast.Set, ast.Tuple, ast.List)) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        for number in range(len(node.elts) if len(node.elts) > 1 else 0):
            if isinstance(node.elts[number], ast.Constant):
                yield "element", lambda at, i=number: at.elts.pop(i)  # type: ignore[misc]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLED:
        yield "called", lambda at: setattr(at.func, "id", CALLED[at.func.id])  # type: ignore[attr-defined]
    elif isinstance(node, ast.Continue):
        yield "jump", lambda at: _become(at, ast.Break())
    elif isinstance(node, ast.Break):
        yield "jump", lambda at: _become(at, ast.Continue())
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield "returned", lambda at: setattr(at, "value", ast.Constant(None))
    elif isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
        yield "gone", lambda at: setattr(at, "value", ast.Constant(...))
    elif isinstance(node, ast.AugAssign):
        yield "gone", lambda at: _become(at, ast.Pass())


def _constants(node: ast.Constant) -> Iterator[tuple[str, Replacement]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", lambda at: setattr(at, "value", not value)
    elif isinstance(value, int):
        yield "constant", lambda at: setattr(at, "value", value + 1)
    elif isinstance(value, str) and value and " " not in value.strip():  # sentences are messages
        yield "constant", lambda at: setattr(at, "value", f"{value}XX")


def _is_plain(test: ast.expr) -> bool:
    """A condition that no other change turns round."""
    return not isinstance(test, (ast.Compare, ast.UnaryOp)) or (isinstance(test, ast.Compare) and len(test.ops) > 1)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _without(node: ast.AST, name: str, number: int) -> None:
    left = getattr(node, name)
    del left[number]
    if len(left) == 1:
        _become(node, left[0])


def _become(node: ast.AST, other: ast.AST) -> None:
    """Turn a node into another one where it stands."""
    kept = {name: getattr(node, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")}
    fields = dict(ast.iter_fields(other))
    for name in list(node._fields):
        if hasattr(node, name):
            delattr(node, name)
    node.__class__ = other.__class__
    for name, value in {**kept, **fields}.items():
        setattr(node, name, value)
