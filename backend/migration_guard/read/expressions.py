"""What expressions stand for, and the operations that happen while they are evaluated."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable

from ..facts import CreateIndex, CreateObject, CreateType, DropObject, DropType, OtherCall
from . import rows
from .calls import OPERATIONS, SILENT, operation
from .columns import enum_type
from .conditions import (
    DIALECT_NAME,
    UNSURE,
    DialectName,
    Test,
    all_of,
    any_of,
    is_dialect_name,
    named,
    named_like,
    truth,
)
from .constants import Plain, computed, formatted, function, method
from .record import Record
from .values import (
    AT_RUN_TIME,
    HOLE,
    MOST,
    Arguments,
    Attr,
    Batch,
    Closure,
    Dotted,
    Either,
    Given,
    LocalClass,
    Made,
    Scope,
    Unknown,
    foreign,
    root,
)

OP = "alembic.op"
BUILTINS = {name: Dotted(f"builtins.{name}") for name in dir(builtins)}
LOGS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
OTHERS = frozenset({"execute", "f", "batch_alter_table"})  # operations that are no fact of their own
STEPS = 200_000  # expressions evaluated before the reader gives up on a function


class TooMuch(Exception):
    """The function does more steps than the reader follows."""


class Expressions:
    """Evaluates expressions; operations met on the way are added to the record."""

    def __init__(self, record: Record, stars: list[str]) -> None:
        self.record = record
        self.stars = stars  # modules whose names are all imported
        self.asking = 0  # inside a condition, where a helper gives an answer and does nothing
        self.steps = 0
        self.muted = False  # while the module is read: nothing that happens there belongs to a direction
        self._evaluators: dict[type[ast.AST], Callable[..., object]] = {
            ast.Constant: lambda node, scope: node.value,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.List: self._list,
            ast.Set: self._list,
            ast.Tuple: lambda node, scope: tuple(self._list(node, scope)),
            ast.Dict: self._dict,
            ast.JoinedStr: self._f_string,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._boolean,
            ast.Compare: self._compare,
            ast.IfExp: self._choice,
            ast.Subscript: self._item,
            ast.ListComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.Lambda: Closure,
            ast.NamedExpr: self._walrus,
            ast.Await: lambda node, scope: self.evaluate(node.value, scope),
            ast.Yield: self._yield,
            ast.YieldFrom: lambda node, scope: self.evaluate(node.value, scope),
            ast.Starred: lambda node, scope: self.evaluate(node.value, scope),
        }

    def evaluate(self, node: ast.expr, scope: Scope) -> object:
        """What an expression stands for."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooMuch
        evaluator = self._evaluators.get(type(node))
        return AT_RUN_TIME if evaluator is None else evaluator(node, scope)

    def test(self, node: ast.expr, scope: Scope) -> Test:
        """The condition that an expression stands for."""
        self.asking += 1
        try:
            return truth(self.evaluate(node, scope))
        finally:
            self.asking -= 1

    # Names and parts

    def _name(self, node: ast.Name, scope: Scope) -> object:
        try:
            return scope.find(node.id)
        except KeyError:
            pass
        name = node.id
        if name in BUILTINS:
            return BUILTINS[name]
        for module in self.stars:
            if module == OP and (name in OPERATIONS or name in SILENT or name in OTHERS):
                return Dotted(f"{OP}.{name}")
        others = [module for module in self.stars if module != OP]
        return Dotted(f"{others[-1]}.{name}") if others else AT_RUN_TIME

    def _attribute(self, node: ast.Attribute, scope: Scope) -> object:
        return self.attribute(self.evaluate(node.value, scope), node.attr)

    def attribute(self, on: object, name: str) -> object:
        """The value of `<on>.<name>`."""
        if isinstance(on, Dotted):
            return DIALECT_NAME if is_dialect_name(on, name) else Dotted(f"{on.path}.{name}")
        if isinstance(on, LocalClass) and name in on.members:
            found = on.members[name]
            return Attr(on, name) if isinstance(found, Made) else found
        if name == "value" and isinstance(on, (str, int)):
            return on  # a member of an enum of the file
        return DIALECT_NAME if is_dialect_name(on, name) else Attr(on, name)

    def _item(self, node: ast.Subscript, scope: Scope) -> object:
        on = self.evaluate(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            bounds = [
                None if part is None else self.evaluate(part, scope)
                for part in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            if isinstance(on, (str, list, tuple)) and all(bound is None or isinstance(bound, int) for bound in bounds):
                return on[slice(*bounds)] if bounds[2] != 0 else AT_RUN_TIME
            return AT_RUN_TIME
        key = self.evaluate(node.slice, scope)
        if isinstance(on, (str, list, tuple, dict)):
            try:
                return on[key]  # type: ignore[index,call-overload]
            except (TypeError, LookupError):
                return AT_RUN_TIME
        if isinstance(on, Attr) and isinstance(key, str):
            return Attr(on, key)  # t.c["name"]
        if isinstance(on, Made) and on.name == "globals" and isinstance(key, str):
            return self.module_name(key, scope)
        return Unknown(on.how) if isinstance(on, Unknown) else AT_RUN_TIME

    def module_name(self, pattern: str, scope: Scope) -> object:
        """`globals()["upgrade_" + engine]()` of the several-databases template: every function that fits."""
        while scope.parent is not None:
            scope = scope.parent
        start, hole, end = pattern.partition(HOLE)
        if not hole:
            return scope.names.get(pattern, AT_RUN_TIME)
        fits = [value for name, value in scope.names.items() if name.startswith(start) and name.endswith(end)]
        functions = tuple(value for value in fits if isinstance(value, Closure) and value.name != start.strip("_"))
        return Either(functions) if functions else AT_RUN_TIME

    # Displays, strings, operators

    def _list(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> list[object]:
        found: list[object] = []
        for item in node.elts:
            value = self.evaluate(item, scope)
            if isinstance(item, ast.Starred) and isinstance(value, (list, tuple)):
                found += value
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
            try:
                found[name] = value
            except TypeError:
                return AT_RUN_TIME
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
        return "".join(parts)

    def _binary(self, node: ast.BinOp, scope: Scope) -> object:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        if isinstance(left, Either) or isinstance(right, Either):
            lefts = left.options if isinstance(left, Either) else (left,)
            rights = right.options if isinstance(right, Either) else (right,)
            if len(lefts) * len(rights) <= 8:
                return Either(tuple(computed(type(node.op), one, other) for one in lefts for other in rights))
        return computed(type(node.op), left, right)

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
            if isinstance(value, (*Plain, list, tuple, dict)) and value != HOLE:
                if bool(value) == stop:
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
            results.append(self._compared(left, operator, right, node))
            left = right
        return results[0] if len(results) == 1 else all_of(map(truth, results))

    def _compared(self, left: object, operator: ast.cmpop, right: object, node: ast.Compare) -> object:
        negative = isinstance(operator, (ast.NotEq, ast.NotIn, ast.IsNot))
        if isinstance(right, DialectName) and not isinstance(left, DialectName):
            if isinstance(operator, (ast.In, ast.NotIn)):
                test = named_like(left)
                return test.opposite() if negative else test
            left, right = right, left
        if isinstance(left, DialectName):
            test = UNSURE
            if isinstance(operator, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)) and isinstance(right, str):
                test = named([right]) if HOLE not in right else UNSURE
            elif isinstance(operator, (ast.In, ast.NotIn)) and isinstance(right, (list, tuple, dict)):
                test = named(right) if all(isinstance(name, str) for name in right) else UNSURE
            return test.opposite() if negative else test
        if isinstance(operator, (ast.Eq, ast.Is)) and right is None and isinstance(left, (Attr, Made)):
            return Made(Attr(left, "is_"), Arguments([Given(None, node.comparators[0])]), node)
        known = (*Plain, list, tuple, dict)
        if not isinstance(left, known) or not isinstance(right, known) or HOLE in repr((left, right))[:10_000]:
            return UNSURE
        if isinstance(operator, (ast.Is, ast.IsNot)):
            return (left is right) != negative
        if isinstance(operator, (ast.In, ast.NotIn)):
            if isinstance(right, (list, tuple)) and not all(isinstance(item, known) for item in right):
                return UNSURE
            try:
                return (left in right) != negative  # type: ignore[operator]
            except TypeError:
                return UNSURE
        result = computed(type(operator), left, right)
        return result if isinstance(result, bool) else UNSURE

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
        try:
            return joined((self.evaluate(node.body, scope), self.evaluate(node.orelse, scope)))
        finally:
            self.record.conditional = before

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
        whole = self._generate(node, 0, inner, found)
        if isinstance(node, ast.DictComp):
            pairs = [item for item in found if isinstance(item, tuple)]
            try:
                return dict(pairs) if whole else AT_RUN_TIME
            except TypeError:
                return AT_RUN_TIME
        return found if whole else AT_RUN_TIME

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
        items = self.items(self.evaluate(generator.iter, scope))
        whole = items is not None
        for item in [AT_RUN_TIME] if items is None else items:
            self.bind(generator.target, item, scope)
            tests = [self.test(each, scope) for each in generator.ifs]
            test = all_of(tests)
            if test.yes == frozenset():
                continue
            whole = whole and test.no == frozenset()
            if not self._generate(node, index + 1, scope, found):
                whole = False
        return whole

    def items(self, value: object) -> list[object] | None:
        """What a loop over a value goes through; None where that is known only at run time."""
        if isinstance(value, (list, tuple)):
            return list(value)
        if isinstance(value, dict):
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
            if (isinstance(on, dict) and isinstance(key, (str, int)) and len(on) < MOST) or (
                isinstance(on, list) and isinstance(key, int) and -len(on) <= key < len(on)
            ):
                on[key] = value
        elif isinstance(target, ast.Attribute):
            on = self.evaluate(target.value, scope)
            if isinstance(on, Row) and not self.muted:
                rows.assigned(self.record, target, on.model, target)

    # Calls

    def arguments(self, node: ast.Call, scope: Scope) -> Arguments:
        """The arguments of a call, evaluated in order."""
        found = Arguments()
        for each in node.args:
            value = self.evaluate(each, scope)
            if not isinstance(each, ast.Starred):
                found.positional.append(Given(value, each))
            elif isinstance(value, (list, tuple)):
                found.positional += [Given(item, each.value) for item in value]
            else:
                found.whole = False
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                found.named[keyword.arg] = Given(value, keyword.value)
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                found.named.update({key: Given(item, keyword.value) for key, item in value.items()})
            else:
                found.whole = False
        return found

    def _call(self, node: ast.Call, scope: Scope) -> object:
        callee = self.evaluate(node.func, scope)
        arguments = self.arguments(node, scope)
        return self.apply(callee, arguments, node)

    def apply(self, callee: object, arguments: Arguments, node: ast.expr) -> object:
        """The result of a call, once the operations that it does are added to the record."""
        if isinstance(callee, Dotted):
            return self._apply_dotted(callee, arguments, node)
        if isinstance(callee, Attr):
            return self._apply_method(callee, arguments, node)
        if isinstance(callee, Closure):
            return self.invoke(callee, arguments, node)
        if isinstance(callee, Either):
            before, self.record.conditional = self.record.conditional, True
            try:
                return joined(tuple(self.apply(option, arguments, node) for option in callee.options))
            finally:
                self.record.conditional = before
        if isinstance(callee, Made) and callee.name == "partial" and callee.arguments.positional:
            held = callee.arguments
            together = Arguments(
                held.positional[1:] + arguments.positional, held.named | arguments.named, held.whole and arguments.whole
            )
            return self.apply(held.positional[0].value, together, node)
        return Made(callee, arguments, node)

    def invoke(self, closure: Closure, arguments: Arguments, node: ast.expr) -> object:
        """The result of a function of the file. Given by the statements' side."""
        raise NotImplementedError

    def _apply_dotted(self, callee: Dotted, arguments: Arguments, node: ast.expr) -> object:
        path = callee.path
        if path.startswith("alembic.op."):
            return self.operation(path[11:], arguments, node, None)
        if path == "builtins.getattr" and len(arguments.positional) > 1:
            name = arguments.positional[1].value
            return self.attribute(arguments.positional[0].value, name) if isinstance(name, str) else AT_RUN_TIME
        if path in {"builtins.map", "builtins.filter"}:
            return self._mapped(path, arguments, node)
        if path.startswith(("builtins.", "os.path.", "textwrap.", "itertools.", "inspect.", "collections.")):
            result = function(path, arguments)
            if result is not None:
                return result
        made = Made(callee, arguments, node)
        if foreign(path) and not self.asking and any(reaches_database(each.value) for each in arguments):
            self.opaque(made)
            return Unknown(f"in another module ({path})")
        return made

    def _mapped(self, path: str, arguments: Arguments, node: ast.expr) -> object:
        if len(arguments.positional) != 2 or path == "builtins.filter":
            return AT_RUN_TIME
        over, items = arguments.positional[0].value, self.items(arguments.positional[1].value)
        found = [
            self.apply(over, Arguments([Given(item, node)]), node)
            for item in ([AT_RUN_TIME] if items is None else items)
        ]
        return AT_RUN_TIME if items is None else found

    def _apply_method(self, callee: Attr, arguments: Arguments, node: ast.expr) -> object:
        on, name = callee.on, callee.name
        if isinstance(on, Batch):
            if name == "__enter__":
                return on
            return self.operation(name, arguments, node, on)
        if isinstance(on, DialectName):
            if name in {"startswith", "endswith", "__contains__"} and arguments.positional:
                return named_like(arguments.positional[0].value)
            return on if name in {"lower", "casefold", "strip"} else AT_RUN_TIME
        if isinstance(on, (str, list, tuple, dict)):
            return method(on, name, arguments)
        if isinstance(on, (Made, Unknown)) and is_operations(on, name):
            return self.operation(name, arguments, node, None)
        made = Made(callee, arguments, node)
        if name in rows.EXECUTES:
            given = rows.sql_given(arguments)
            if given is not None:
                self.execute(given, node, autocommit=rows.is_autocommit(on))
                return made
        if name in {"create", "drop"} and self.made_or_dropped(on, name, node):
            return made
        if name == "enter_context" and arguments.positional:
            return arguments.positional[0].value
        if name in {"create_all", "drop_all"} and not self.muted:
            self.record.opaque(node, f"{last_words(on)}.{name}", "tables made or dropped from metadata")
            return made
        if name in {"update", "delete", "insert"} and any(link.name == "query" for link in rows.links(made)):
            if not self.muted:
                self.record.add(rows.write(self.record, rows.links(made), node))
            return made
        start = root(on)
        if (
            isinstance(start, Dotted)
            and foreign(start.path)
            and not self.asking
            and any(reaches_database(each.value) for each in arguments)
        ):
            self.opaque(made)
            return Unknown(f"in another module ({start.path})")
        return made

    def execute(self, given: Given, node: ast.expr, *, autocommit: bool = False) -> None:
        """Something is executed."""
        if self.muted:
            return
        before = self.record.in_autocommit
        self.record.in_autocommit = before or autocommit
        rows.executed(self.record, given, node)
        self.record.in_autocommit = before

    def operation(self, name: str, arguments: Arguments, node: ast.expr, batch: Batch | None) -> object:
        """The result of an Alembic operation, which is added to the record."""
        if name == "f":
            first = arguments.first("name")
            return AT_RUN_TIME if first is None else first.value
        if name == "batch_alter_table":
            return Batch(arguments.first("table_name"), schema_of(arguments), node)
        made = Made(Dotted(f"{OP}.{name}"), arguments, node)
        if name in SILENT or self.muted:
            return made
        if name == "execute":
            given = rows.sql_given(arguments)
            if given is not None:
                self.execute(given, node)
            return made
        fact = operation(self.record, name, arguments, node, batch)
        if fact is None:
            self.record.opaque(node, f"op.{name}", "an operation that is not one of Alembic's own")
            return made
        self.record.add(fact)
        return Made(Dotted("sqlalchemy.Table"), arguments, node) if name == "create_table" else made

    def made_or_dropped(self, on: object, verb: str, node: ast.expr) -> bool:
        """Whether `<on>.create(...)` or `.drop(...)` was an operation, which is then added."""
        if isinstance(on, Attr) and on.name == "__table__" and isinstance(on.on, LocalClass):
            on = model_table(on.on, node)
        if isinstance(on, Either):
            return any([self.made_or_dropped(option, verb, node) for option in on.options])
        if not isinstance(on, Made) or self.muted:
            return False
        record = self.record
        if on.name in {"Enum", "ENUM"}:
            enum = enum_type(record, on)
            name = enum.name if enum is not None and enum.name is not None else "?"
            fact = CreateType(name=name, enum=enum, **record.common(node))
            record.add(fact if verb == "create" else DropType(name=name, **record.common(node)))
            return True
        if on.name == "Table":
            found = rows.table_call(record, verb, on, node)
            if found is not None:
                record.add(found)
            return found is not None
        if on.name == "Sequence" and (first := on.arguments.first("name")) is not None:
            kind = CreateObject if verb == "create" else DropObject
            record.add(kind(kind="sequence", name=record.text(first, "a sequence named"), **record.common(node)))
            return True
        if on.name == "Index":
            return self._index(on, verb, node)
        return False

    def _index(self, made: Made, verb: str, node: ast.expr) -> bool:
        """`sa.Index("ix", t.c.name).create(bind)`."""
        from .columns import table_name

        columns = made.arguments.positional[1:]
        table = None
        for given in columns:
            value = given.value
            if isinstance(value, Attr):
                table = table or table_name(value.on.on if isinstance(value.on, Attr) else value.on)
        extra = {"columns": Given([given.value for given in columns], node)}
        extra["table_name"] = Given(AT_RUN_TIME if table is None else table, node)
        positional = made.arguments.positional[:1]
        arguments = Arguments(positional, {**made.arguments.named, **extra}, made.arguments.whole)
        fact = operation(self.record, f"{verb}_index", arguments, node)
        if fact is not None:
            self.record.add(fact)
        return isinstance(fact, CreateIndex) or fact is not None

    def opaque(self, made: Made) -> None:
        """A call into another module, whose effect is not known."""
        if self.muted:
            return
        start = root(made)
        path = start.path if isinstance(start, Dotted) else ""
        for link in rows.links(made)[1:]:
            path += f".{link.name}"
        self.record.opaque(made.node, path, "a helper from another module")

    def discarded(self, value: object) -> None:
        """A call stood as a statement: one into another module may do anything, unless it only logs."""
        if not isinstance(value, Made):
            return
        start = root(value)
        last = self.record.operations[-1] if self.record.operations else None
        if isinstance(last, OtherCall) and last.at == self.record.source.place(value.node):
            return
        if isinstance(start, Dotted) and foreign(start.path) and not is_log(value, start):
            self.opaque(value)


class Row(Unknown):
    """One row of a query on a model."""

    def __init__(self, model: object) -> None:
        super().__init__()
        self.model = model


def joined(values: tuple[object, ...]) -> object:
    """One value for several that a condition chooses from."""
    first = values[0]
    if all(
        value is first or (type(value) is type(first) and isinstance(value, Plain) and value == first)
        for value in values
    ):
        return first
    return Either(values)


def is_log(made: Made, start: Dotted) -> bool:
    """Whether a call only logs: `logger.info(...)` on a logger from another module."""
    return made.name in LOGS or (
        start.path.rpartition(".")[2] in LOGS and "log" in start.path.rpartition(".")[0].lower()
    )


def is_operations(on: object, name: str) -> bool:
    """Whether a method is an operation on an `Operations(context)` object."""
    return isinstance(on, Made) and on.name == "Operations" and (name in OPERATIONS or name in OTHERS)


def reaches_database(value: object) -> bool:
    """Whether a value lets a helper work on the database: `op`, a batch block, the connection, the context."""
    if isinstance(value, Batch):
        return True
    if isinstance(value, Dotted):
        return value.path == OP
    if isinstance(value, (list, tuple)):
        return any(reaches_database(item) for item in value)
    if isinstance(value, Made) and value.name in {"inspect", "from_engine", "Inspector", "MetaData"}:
        return False
    start = root(value)
    if isinstance(start, Dotted) and isinstance(value, (Made, Attr)):
        return start.path in {f"{OP}.get_bind", f"{OP}.get_context"} or any(
            link.name in {"Session", "sessionmaker", "scoped_session"} for link in rows.links(value)
        )
    return False


def schema_of(arguments: Arguments) -> Given | None:
    """The schema of a batch block."""
    return arguments.positional[1] if len(arguments.positional) > 1 else arguments.named.get("schema")


def last_words(value: object) -> str:
    """A few words for a value in a message."""
    if isinstance(value, Dotted):
        return value.path
    return value.name if isinstance(value, (Attr, Made)) else "metadata"


def model_table(model: LocalClass, node: ast.expr) -> Made:
    """The table of a model of the file, as `sa.Table(...)` would write it."""
    given = [Given(model.members.get("__tablename__", AT_RUN_TIME), node)]
    for name, value in model.members.items():
        if isinstance(value, Made) and value.name in {"Column", "mapped_column"}:
            arguments = Arguments(value.arguments.positional, {"name": Given(name, node), **value.arguments.named})
            first = value.arguments.positional[0].value if value.arguments.positional else None
            if isinstance(first, str):
                arguments = value.arguments
            given.append(Given(Made(value.callee, arguments, value.node), value.node))
    return Made(Dotted("sqlalchemy.Table"), Arguments(given), node)
