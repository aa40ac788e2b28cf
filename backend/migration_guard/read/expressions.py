"""What expressions stand for, and the operations that happen while they are evaluated."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal

from ..facts import Use, UseKind
from ..records import replace
from .calls import OPERATIONS, SILENT
from .comparing import compared, joined, operated
from .conditions import (
    DIALECT_NAME,
    DIALECT_NAMES,
    UNSURE,
    Test,
    all_of,
    any_of,
    is_dialect_name,
    truth,
)
from .constants import Plain, formatted
from .inspecting import inspects, unknown
from .library import Library, settled
from .paths import KINDS, file_read, method_of_path, part_of, path_of
from .record import Record, TooMuch
from .rows import EXECUTES
from .uses import is_context, use_of
from .values import (
    ASKED,
    AT_RUN_TIME,
    HOLE,
    LONGEST,
    MOST,
    Arguments,
    Attr,
    Batch,
    Closure,
    Dotted,
    Every,
    Given,
    Instance,
    LocalClass,
    Made,
    Scope,
    Unknown,
    small,
)

OP = "alembic.op"
ENVIRON = "os.environ"
BUILTINS = {name: Dotted(f"builtins.{name}") for name in dir(builtins)}
OTHERS = frozenset({"execute", "f", "batch_alter_table"})  # operations that are no fact of their own
NAMED = frozenset({"Enum", "ENUM", "Column", "Table", "table", "column", "Index", "Sequence"})
LIBRARIES = ("sqlalchemy.", "alembic.", "builtins.")
STEPS = 200_000  # expressions evaluated before the reader gives up on a function


class Expressions(ABC):
    """Evaluates expressions; operations met on the way are added to the record."""

    def __init__(self, record: Record, library: Library) -> None:
        self.record = record
        self.library = library
        self.uncertain: dict[int, tuple[object, int]] = {}  # lists that may hold less than is known, and what is sure
        self.asking = 0  # inside a condition, where a helper gives an answer and does nothing
        self.steps = 0
        self.limit = STEPS
        self.uses: dict[Use, None] = {}
        self.over: Unknown = AT_RUN_TIME  # what a comprehension gives whose items are not known
        self.guarded = False  # whether offline mode has been thought of here
        self.in_column = False  # among the arguments of a Column
        self.muted = False  # while the module is read: nothing that happens there belongs to a direction

    def evaluate(self, node: ast.expr, scope: Scope) -> object:
        """What an expression stands for."""
        self.steps += 1
        if self.steps > self.limit:
            raise TooMuch
        evaluator = EVALUATORS.get(node.__class__)
        return AT_RUN_TIME if evaluator is None else evaluator(self, node, scope)

    def test(self, node: ast.expr, scope: Scope) -> Test:
        """The condition that an expression stands for."""
        self.asking += 1
        try:
            value = self.evaluate(node, scope)
            return UNSURE if self.sure_items(value) == 0 else truth(value)
        finally:
            self.asking -= 1

    # Names and parts

    def _name(self, node: ast.Name, scope: Scope) -> object:
        value = self._found(node.id, scope)
        return self.seen(value, node) if value.__class__ is Dotted else value

    def _found(self, name: str, scope: Scope) -> object:
        """What a name is bound to, where names from other modules stand for themselves."""
        try:
            return scope.find(name)
        except KeyError:
            return self._unbound(name, scope)

    def _unbound(self, name: str, scope: Scope) -> object:
        if name in BUILTINS:
            return BUILTINS[name]
        stars = scope.module().stars
        others = [star for star in stars if star.path != OP]
        if len(others) < len(stars) and (name in OPERATIONS or name in SILENT or name in OTHERS):
            return Dotted(f"{OP}.{name}")
        for star in others:
            if not isinstance(self.library.known(star.part(name)).value, Unknown):
                return star.part(name)
        return others[-1].part(name) if others else AT_RUN_TIME

    def seen(self, name: Dotted, node: ast.expr) -> object:
        """What a name from another module stands for: its value, as far as the project's own source shows it."""
        if name.path.startswith(LIBRARIES):
            return name
        value, use, for_migrations = self.library.known(name)
        if use is not None and not isinstance(value, Closure) and not (isinstance(value, LocalClass) and value.is_type):
            self.use(use, name.path, node)
        # A switch of the application is not the same in every run.
        if isinstance(value, (bool, type(None))) and not for_migrations:
            return name
        return value if settled(value) else name

    def use(self, kind: UseKind, name: str, node: ast.expr, key: str = "") -> None:
        """Something beside the schema is used."""
        if self.muted:
            return
        place = self.record.source.place(node)
        found = Use(place, self.record.direction, kind, name, self.guarded, self.in_column)
        head, dot, part = name.rpartition(".")
        whole = replace(found, name=head)
        if not dot or whole not in self.uses:
            self.uses[replace(found, key=key)] = None
        elif kind == "settings" and (key or head != ENVIRON):
            del self.uses[whole]
            self.uses[replace(whole, key=key or part)] = None

    def _attribute(self, node: ast.Attribute, scope: Scope) -> object:
        of = node.value
        if of.__class__ is ast.Name:
            self.steps += 1
            on = self._found(of.id, scope)
        else:
            on = self.evaluate(of, scope)
        if on.__class__ is Dotted:
            if (part := _part_of_library(on.path, node.attr)) is not None:
                return part
            if of.__class__ is ast.Name:
                on = self.seen(on, of)
        value = self.attribute(on, node.attr)
        if isinstance(value, Attr) and value.name in {"bind", "connection"} and is_context(value.on):
            self.use("bind", f"get_context().{value.name}", node)
        return self.seen(value, node) if isinstance(value, Dotted) else value

    def attribute(self, on: object, name: str) -> object:
        """The value of `<on>.<name>`."""
        if isinstance(on, Dotted):
            return DIALECT_NAME if is_dialect_name(on, name) else on.part(name)
        if isinstance(on, LocalClass) and name in on.members:
            found = on.members[name]
            if isinstance(found, Closure):
                return method_of(found, on, None)
            return Attr(on, name) if isinstance(found, Made) else found
        if isinstance(on, Instance):
            return self._of_instance(on, name)
        if isinstance(on, PurePosixPath):
            part = part_of(on, name)
            return Attr(on, name) if part is None else part
        if isinstance(on, Made) and name in {"name", "enums"} and on.name in NAMED:
            return _said(on, name)
        if name == "value" and isinstance(on, (str, int)):
            return on  # a member of an enum of the file
        return DIALECT_NAME if is_dialect_name(on, name) else Attr(on, name)

    def _of_instance(self, on: Instance, name: str) -> object:
        if name in on.attributes:
            return on.attributes[name]
        made_from = on.callee
        found = made_from.members.get(name, AT_RUN_TIME) if isinstance(made_from, LocalClass) else AT_RUN_TIME
        if isinstance(found, Closure):
            method = method_of(found, made_from, on)
            return self.apply(method, Arguments(), on.node) if is_property(found) else method
        known = isinstance(made_from, LocalClass) and made_from.known
        return found if known and not isinstance(found, (Made, Unknown)) else Attr(on, name)

    def _item(self, node: ast.Subscript, scope: Scope) -> object:
        on = self.evaluate(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            return self._slice(on, node.slice, scope)
        key = self.evaluate(node.slice, scope)
        if isinstance(on, Dotted) and on.path == ENVIRON and isinstance(key, str):
            self.use("settings", f"{ENVIRON}.get", node, key)
        if isinstance(on, (str, list, tuple, dict)) and small(key):
            try:
                return on[key]  # type: ignore[index,call-overload]
            except (TypeError, LookupError):
                return AT_RUN_TIME
        if isinstance(on, Attr) and isinstance(key, str):
            return Attr(on, key)  # t.c["name"]
        if _is_globals(on) and isinstance(key, str):
            return self.module_name(key, scope)
        return on if isinstance(on, Unknown) else unknown(on)

    def _slice(self, on: object, part: ast.Slice, scope: Scope) -> object:
        bounds: list[int | None] = []
        for each in (part.lower, part.upper, part.step):
            value = None if each is None else self.evaluate(each, scope)
            if value is not None and not isinstance(value, int):
                return AT_RUN_TIME
            bounds.append(value)
        if not isinstance(on, (str, list, tuple)) or bounds[2] == 0:
            return AT_RUN_TIME
        return on[bounds[0] : bounds[1] : bounds[2]]

    def module_name(self, pattern: str, scope: Scope) -> object:
        """`globals()["upgrade_" + engine]()` of the several-databases template: every function that fits."""
        while scope.parent is not None:
            scope = scope.parent
        start, hole, end = pattern.partition(HOLE)
        if not hole:
            return scope.names.get(pattern, AT_RUN_TIME)
        fits = [value for name, value in scope.names.items() if name.startswith(start) and name.endswith(end)]
        functions = tuple(value for value in fits if isinstance(value, Closure) and value.name != start.strip("_"))
        return Every(functions) if functions else AT_RUN_TIME

    # Displays, strings, operators

    def _list(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> list[object]:
        found: list[object] = []
        for item in node.elts:
            value = self.evaluate(item, scope)
            if isinstance(item, ast.Starred) and isinstance(value, (list, tuple)):
                # A list of itself twice, and so on, becomes too long to know.
                found += value if len(found) + len(value) <= MOST else [AT_RUN_TIME]
            elif isinstance(item, ast.Starred) and isinstance(value, dict):
                found += list(value)
            else:
                found.append(value)
        return found

    def _dict(self, node: ast.Dict, scope: Scope) -> object:
        found: dict[object, object] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item, scope)
            if key is None:
                if not isinstance(value, dict):
                    return AT_RUN_TIME
                found.update(value)
                continue
            name = self.evaluate(key, scope)
            if isinstance(name, (list, dict)) or not small(name):
                return AT_RUN_TIME
            found[name] = value
        return found

    def _f_string(self, node: ast.JoinedStr, scope: Scope) -> str:
        parts = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self.evaluate(part.value, scope)
                spec = "" if part.format_spec is None else self.evaluate(part.format_spec, scope)
                parts.append(formatted(value, part.conversion, spec))
            else:
                parts.append(str(self.evaluate(part, scope)))
        return "".join(parts) if sum(map(len, parts)) <= LONGEST else HOLE

    def _binary(self, node: ast.BinOp, scope: Scope) -> object:
        parts = [node]  # a text of many parts is a deep tree: it is gone through without recursion
        while isinstance(parts[-1].left, ast.BinOp):
            parts.append(parts[-1].left)
        value = self.evaluate(parts[-1].left, scope)
        for part in reversed(parts):
            value = operated(part.op, value, self.evaluate(part.right, scope))
        return value

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> object:
        value = self.evaluate(node.operand, scope)
        if isinstance(node.op, ast.Not):
            test = truth(value).opposite()
            return test.no == frozenset() if test.sure and frozenset() in (test.yes, test.no) else test
        if isinstance(node.op, ast.USub) and isinstance(value, (int, float)):
            return -value
        return AT_RUN_TIME

    def _boolean(self, node: ast.BoolOp, scope: Scope) -> object:
        values = []
        stop = isinstance(node.op, ast.Or)
        for each in node.values:
            value = self.evaluate(each, scope)
            values.append(value)
            if isinstance(value, (*Plain, list, tuple, dict)) and value != HOLE and bool(value) == stop:
                break
        if all(isinstance(value, (*Plain, list, tuple, dict)) for value in values):
            return values[-1]
        tests = [truth(value) for value in values]
        return any_of(tests) if stop else all_of(tests)

    def _compare(self, node: ast.Compare, scope: Scope) -> object:
        left = self.evaluate(node.left, scope)
        results = []
        for operator, each in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(each, scope)
            results.append(compared(left, operator, right, node))
            left = right
        return results[0] if len(results) == 1 else all_of(map(truth, results))

    def _choice(self, node: ast.IfExp, scope: Scope) -> object:
        test = self.test(node.test, scope)
        if test.yes == frozenset():
            return self.evaluate(node.orelse, scope)
        if test.no == frozenset():
            return self.evaluate(node.body, scope)
        here = self.record.dialects
        if test.sure and here is not None:
            if test.yes is not None and not here & test.yes:
                return self.evaluate(node.orelse, scope)
            if test.no is not None and not here & test.no:
                return self.evaluate(node.body, scope)
        before, self.record.conditional = self.record.conditional, True
        guarded, self.guarded = self.guarded, self.guarded or test.offline
        try:
            return joined((self.evaluate(node.body, scope), self.evaluate(node.orelse, scope)))
        finally:
            self.record.conditional, self.guarded = before, guarded

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> object:
        value = self.evaluate(node.value, scope)
        scope.names[node.target.id] = value
        return value

    def _yield(self, node: ast.Yield, scope: Scope) -> object:
        scope.names[" yielded"] = None if node.value is None else self.evaluate(node.value, scope)
        return AT_RUN_TIME

    def _comprehension(
        self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp, scope: Scope
    ) -> object:
        inner = Scope({}, scope)
        found: list[object] = []
        before, self.over = self.over, AT_RUN_TIME
        whole = self._generate(node, 0, inner, found)
        over, self.over = self.over, before
        if isinstance(node, ast.DictComp):
            pairs = [item for item in found if isinstance(item, tuple)]
            known = whole and all(isinstance(key, (str, int)) for key, _ in pairs)
            return dict(pairs) if known else over
        return found if whole else over

    def _generate(self, node: ast.expr, index: int, scope: Scope, found: list[object]) -> bool:
        """Add the items of a comprehension; False where they are not all known."""
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        if index == len(generators):
            if isinstance(node, ast.DictComp):
                found.append((self.evaluate(node.key, scope), self.evaluate(node.value, scope)))
            else:
                found.append(self.evaluate(node.elt, scope))  # type: ignore[attr-defined]
            return len(found) <= MOST
        generator = generators[index]
        over = self.evaluate(generator.iter, scope)
        items = self.items(over)
        whole = items is not None
        if not whole and inspects(over):
            self.over = ASKED
        for item in [unknown(over)] if items is None else items:
            self.bind(generator.target, item, scope)
            tests = [self.test(each, scope) for each in generator.ifs]
            test = all_of(tests)
            if test.yes == frozenset():
                continue
            whole = whole and test.no == frozenset()
            if not self._generate(node, index + 1, scope, found):
                whole = False
        return whole

    def changed_for_all_we_know(self, value: object) -> None:
        """A list or dict was changed under a condition, or by a function that is not known."""
        if isinstance(value, (list, dict)):
            self.uncertain.setdefault(id(value), (value, len(value)))

    def sure_items(self, value: object) -> int | None:
        """How many of a list's items are there for sure; None where all are."""
        return self.uncertain[id(value)][1] if id(value) in self.uncertain else None

    def items(self, value: object) -> list[object] | None:
        """What a loop over a value goes through; None where that is known only at run time."""
        if isinstance(value, list) and not value and self.sure_items(value) == 0:
            return None  # filled by a function that is not known
        if isinstance(value, (list, tuple, dict)):
            return list(value)
        if isinstance(value, str):
            return list(value) if HOLE not in value and len(value) < MOST else None
        if isinstance(value, LocalClass):
            return [each for name, each in value.members.items() if not name.startswith("_")]
        return None

    def bind(self, target: ast.expr, value: object, scope: Scope) -> None:
        """Give a value to the target of an assignment or a loop."""
        if isinstance(target, ast.Name):
            scope.names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            values = list(value) if isinstance(value, (list, tuple)) else None
            star = next((i for i, item in enumerate(target.elts) if isinstance(item, ast.Starred)), None)
            if values is not None and star is not None:
                after = len(target.elts) - star - 1
                middle = values[star : len(values) - after]
                values = [*values[:star], middle, *values[len(values) - after :]]
            if values is None or len(values) != len(target.elts):
                unknown = value if isinstance(value, Unknown) else AT_RUN_TIME
                values = [unknown] * len(target.elts)
            for item, each in zip(target.elts, values, strict=True):
                self.bind(item.value if isinstance(item, ast.Starred) else item, each, scope)
        elif isinstance(target, ast.Subscript):
            on, key = self.evaluate(target.value, scope), self.evaluate(target.slice, scope)
            _set_item(on, key, value)
        elif isinstance(target, ast.Attribute):
            on = self.evaluate(target.value, scope)
            if isinstance(on, Row) and not self.muted:
                self.row_set(target.attr, on.model, target)
            elif isinstance(on, Instance):
                before = on.attributes.get(target.attr, value)
                on.attributes[target.attr] = joined((before, value)) if self.record.conditional else value

    # Calls

    def arguments(self, node: ast.Call, scope: Scope) -> Arguments:
        """The arguments of a call, evaluated in order."""
        positional: list[Given] = []
        named: dict[str, Given] = {}
        whole = True
        for each in node.args:
            value = each.value if each.__class__ is ast.Constant else self.evaluate(each, scope)
            if each.__class__ is not ast.Starred:
                positional.append(Given(value, each))
            elif isinstance(value, (list, tuple)) and len(positional) + len(value) <= MOST:
                positional += [Given(item, each.value) for item in value]
            else:
                whole = False
        for keyword in node.keywords:
            given = keyword.value
            value = given.value if given.__class__ is ast.Constant else self.evaluate(given, scope)
            if keyword.arg is not None:
                named[keyword.arg] = Given(value, given)
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                named |= {key: Given(item, given) for key, item in value.items()}
            else:
                whole = False
        return Arguments(positional, named, whole)

    def _call(self, node: ast.Call, scope: Scope) -> object:
        callee = self.evaluate(node.func, scope)
        kind = _kind_of_call(callee.path) if callee.__class__ is Dotted else None
        if kind == "column":
            around, self.in_column = self.in_column, True
            arguments = self.arguments(node, scope)
            self.in_column = around
        else:
            arguments = self.arguments(node, scope)
        if kind is not None and isinstance(callee, Dotted):
            is_term = kind != "operation"
            return Made(callee, arguments, node) if is_term else self.operation(callee.name, arguments, node, None)
        if isinstance(callee, Attr) and callee.name == "get" and _is_globals(callee.on) and arguments.positional:
            key = arguments.positional[0].value
            return self.module_name(key, scope) if isinstance(key, str) else AT_RUN_TIME
        if isinstance(callee, Dotted) and callee.path in KINDS:
            return path_of(arguments)
        text: object = AT_RUN_TIME
        if isinstance(callee, Attr):
            path = method_of_path(callee.on, callee.name, arguments) if isinstance(callee.on, PurePosixPath) else None
            if path is not None:
                return path
            if (file := file_read(callee.on, callee.name, arguments)) is not None:
                text = self.library.text(file)
        if (used := use_of(callee, arguments, self.record.source.path)) is not None:
            key = arguments.positional[0].value if used[0] == "settings" and arguments.positional else None
            self.use(*used, node, key if isinstance(key, str) else "")
        if not isinstance(text, Unknown):
            return text
        return self.apply(callee, arguments, node)

    @abstractmethod
    def apply(self, callee: object, arguments: Arguments, node: ast.expr) -> object:
        """The result of a call, once the operations that it does are added to the record."""

    @abstractmethod
    def operation(self, name: str, arguments: Arguments, node: ast.expr, batch: Batch | None) -> object:
        """The result of an Alembic operation, which is added to the record."""

    @abstractmethod
    def row_set(self, name: str, model: object, node: ast.expr) -> None:
        """An attribute of a row of this model is set."""


EVALUATORS: dict[type[ast.AST], Callable[..., object]] = {
    ast.Constant: lambda _self, node, _scope: node.value,
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Call: Expressions._call,
    ast.List: Expressions._list,
    ast.Set: Expressions._list,
    ast.Tuple: lambda self, node, scope: tuple(self._list(node, scope)),
    ast.Dict: Expressions._dict,
    ast.JoinedStr: Expressions._f_string,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.BoolOp: Expressions._boolean,
    ast.Compare: Expressions._compare,
    ast.IfExp: Expressions._choice,
    ast.Subscript: Expressions._item,
    ast.ListComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.Lambda: lambda _self, node, scope: Closure(node, scope),
    ast.NamedExpr: Expressions._walrus,
    ast.Await: lambda self, node, scope: self.evaluate(node.value, scope),
    ast.Yield: Expressions._yield,
    ast.YieldFrom: lambda self, node, scope: self.evaluate(node.value, scope),
    ast.Starred: lambda self, node, scope: self.evaluate(node.value, scope),
}


@lru_cache(maxsize=4096)
def _part_of_library(path: str, name: str) -> Dotted | None:
    """What a name in SQLAlchemy or Alembic stands for: itself, but for the name of a dialect. None of other modules."""
    whole = f"{path}.{name}"
    return Dotted(whole) if whole.startswith(("sqlalchemy.", "alembic.")) and name not in DIALECT_NAMES else None


@lru_cache(maxsize=4096)
def _kind_of_call(path: str) -> Literal["column", "term", "operation"] | None:
    """What nearly all calls of a migration are: functions of SQLAlchemy that do nothing by themselves, operations of
    Alembic. None for any other, also for the operations that are a use of something."""
    head, _, name = path.rpartition(".")
    if path.startswith("sqlalchemy.") and name not in EXECUTES:
        return "column" if name in ("Column", "column", "mapped_column") else "term"
    return "operation" if head == OP and name not in ("get_bind", "run_async") else None


class Row(Unknown):
    """One row of a query on a model."""

    def __init__(self, model: object) -> None:
        super().__init__()
        self.model = model


def _said(made: Made, name: str) -> object:
    """The name of a column, table or enum type, or the labels of an enum type, as they are given to it."""
    texts = [given.value for given in made.arguments.positional if isinstance(given.value, str)]
    is_enum = made.name in {"Enum", "ENUM"}
    if name == "enums":
        return texts if is_enum and made.arguments.whole else AT_RUN_TIME
    if "name" in made.arguments.named:
        return made.arguments.named["name"].value
    return texts[0] if texts and not is_enum and made.arguments.positional[0].value is texts[0] else Attr(made, name)


def method_of(method: Closure, made_from: object, instance: Instance | None) -> Closure:
    """A function of a class, as it is got from the class or from one of its objects."""
    decorators = _decorators(method)
    owner = made_from if "classmethod" in decorators else None if "staticmethod" in decorators else instance
    return method if owner is None else Closure(method.node, method.scope, owner, method.decorated)


def is_property(method: Closure) -> bool:
    """Whether a function of a class is called by naming it."""
    return not _decorators(method).isdisjoint(("property", "cached_property"))


def _decorators(method: Closure) -> set[str]:
    """The last words of a function's decorators."""
    found = set()
    for decorator in getattr(method.node, "decorator_list", ()):
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        found.add(named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", ""))
    return found


def _set_item(on: object, key: object, value: object) -> None:
    if isinstance(on, dict) and isinstance(key, (str, int)) and len(on) < MOST:
        on[key] = value
    if isinstance(on, list) and isinstance(key, int) and -len(on) <= key < len(on):
        on[key] = value


def _is_globals(value: object) -> bool:
    return isinstance(value, Made) and value.name == "globals"
