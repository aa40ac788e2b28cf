"""The statements of a migration in the order in which they run: branches, loops, blocks and functions of the file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence

from . import rows
from .comparing import joined
from .conditions import UNSURE, DialectName, Dialects, Test, all_of, any_of, both, either, named, truth
from .expressions import Row
from .following import Following
from .functions import Flow, Raised, Returned
from .inspecting import inspects, unknown
from .swallowing import NOWHERE, goes_on, suppresses
from .text import adopted
from .values import AT_RUN_TIME, Arguments, Closure, Dotted, Either, Given, LocalClass, Made, Scope


class Walk(Following):
    """Goes through statements and evaluates what stands in them."""

    def block(self, statements: Sequence[ast.stmt], scope: Scope) -> Flow:
        """How a block ends."""
        source = self.record.source
        here = bool(statements) and not adopted(statements[0])  # all of a block stand in one file
        try:
            for statement in statements:
                if here:
                    source.at = statement
                walker = WALKERS.get(statement.__class__)
                if walker is not None and (flow := walker(self, statement, scope)):
                    return flow
        except Raised:
            return Flow.RAISE
        return Flow.ON

    # Simple statements

    def _expression(self, node: ast.Expr, scope: Scope) -> None:
        if node.value.__class__ is not ast.Constant:
            self.statement = node.value
            self.discarded(self.evaluate(node.value, scope))

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.evaluate(node.value, scope)
        for target in node.targets:
            self.bind(target, value, scope)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.bind(node.target, self.evaluate(node.value, scope), scope)

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            whole = ast.BinOp(ast.Name(target.id, ast.Load()), node.op, node.value)
            self.bind(target, self._binary(whole, scope), scope)
        else:
            self.bind(target, AT_RUN_TIME, scope)

    def _return(self, node: ast.Return, scope: Scope) -> Flow:
        value = None if node.value is None else self.evaluate(node.value, scope)
        record = self.record
        self.returned.append(Returned(record.dialects, record.conditional, record.inspected, value))
        return Flow.RETURN

    def _raise(self, node: ast.Raise, scope: Scope) -> Flow:
        if node.exc is not None:
            self.evaluate(node.exc, scope)
        return Flow.RAISE

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        made = Closure(node, scope)
        scope.names[node.name] = made if not node.decorator_list else self.decorated(made, scope)

    def decorated(self, made: Closure, scope: Scope) -> Closure:
        """The function with what its decorators make of it, as far as these stand in the file or in the project."""
        node, current = made.node, made
        for decorator in reversed(getattr(node, "decorator_list", ())):
            before, self.muted = self.muted, True
            value = self.evaluate(decorator, scope)
            if isinstance(value, Dotted):
                value = self.library.known(value).value
            result = (
                self.apply(value, Arguments([Given(current, decorator)]), decorator)
                if isinstance(value, Closure)
                else None
            )
            self.muted = before
            if isinstance(result, Closure):
                current = result
        if current is not made:
            made = Closure(node, scope, decorated=current)
        return made

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        inner = Scope({}, scope)
        known, is_type = True, False
        for base in node.bases:
            value = self.evaluate(base.value if isinstance(base, ast.Subscript) else base, scope)
            if isinstance(value, LocalClass):
                inner.names |= value.members
            is_type = is_type or is_type_class(value)
            known = known and (value.known if isinstance(value, LocalClass) else is_plain_class(value))
        before, self.muted = self.muted, True
        self.block(node.body, inner)
        self.muted = before
        for member in inner.names.values():
            if isinstance(member, Closure) and member.scope is inner:
                member.scope = scope  # a method does not see the names of its class
        scope.names[node.name] = LocalClass(node.name, inner.names, known, is_type)

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            if alias.asname:
                scope.names[alias.asname] = Dotted(alias.name)
            else:
                head = alias.name.partition(".")[0]
                scope.names[head] = Dotted(head)

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        around = scope.module()
        module = Dotted("." * node.level + (node.module or ""), around.folder if node.level else None)
        for alias in node.names:
            if alias.name != "*":
                scope.names[alias.asname or alias.name] = module.part(alias.name)
            elif not adopted(node):
                around.stars.append(module)

    # Branches

    def _if(self, node: ast.If, scope: Scope) -> Flow:
        test = self.test(node.test, scope)
        return self._branches([(test, node.body), (test.opposite(), node.orelse)], scope)

    def _match(self, node: ast.Match, scope: Scope) -> Flow:
        subject = self.evaluate(node.subject, scope)
        branches: list[tuple[Test, Sequence[ast.stmt]]] = []
        rest = truth(True)
        for case in node.cases:
            test = _matches(subject, case.pattern)
            if case.guard is not None:
                test = all_of([test, self.test(case.guard, scope)])
            branches.append((all_of([rest, test]), case.body))
            rest = all_of([rest, test.opposite()])
        return self._branches([*branches, (rest, [])], scope)

    def _branches(self, branches: list[tuple[Test, Sequence[ast.stmt]]], scope: Scope) -> Flow:
        record = self.record
        dialects, conditional, inspected = record.dialects, record.conditional, record.inspected
        names, guarded = scope.names, self.guarded
        ends: list[tuple[Flow, Dialects, bool, dict[str, object], Test]] = []
        asked = False  # whether what follows depends on what the database has
        for test, body in branches:
            here = both(dialects, test.yes)
            if here is not None and not here:
                continue
            certain = test.sure or test.likely is True
            record.dialects, record.conditional = here, conditional or not certain
            record.inspected = inspected or (test.inspected and not certain)
            self.guarded = guarded or test.offline
            scope.names = dict(names) if len(branches) > 1 else names
            entered = record.conditional, record.inspected
            flow = self.block(body, scope)
            ends.append((flow, record.dialects, record.conditional and not entered[0], scope.names, test))
            asked = asked or (record.inspected and not entered[1]) or (flow is not Flow.ON and test.inspected)
        record.dialects, record.conditional, record.inspected = dialects, conditional, inspected
        scope.names = names
        self.guarded = guarded or any(end[4].offline and end[0] is not Flow.ON for end in ends)
        on = [end for end in ends if end[0] is Flow.ON]
        if not on:
            return min((end[0] for end in ends), default=Flow.ON)
        _merge(names, [end[3] for end in on])
        gone = [end for end in ends if end[0] is not Flow.ON]
        reached = on[0][1]
        for end in on[1:]:
            reached = either(reached, end[1])
        if gone or any(end[1] != both(dialects, end[4].yes) for end in on):
            record.dialects = reached
        left = [
            flow
            for flow, _, _, _, test in gone
            if flow is not Flow.RAISE and not test.sure and test.likely is not False
        ]
        if left or any(end[2] for end in on):
            record.conditional = True
            record.inspected = inspected or asked
            self.may_have_returned = self.may_have_returned or Flow.RETURN in left
        return Flow.ON

    def _try(self, node: ast.Try, scope: Scope) -> Flow:
        record = self.record
        swallowed = record.swallowed
        record.swallowed = swallowed | goes_on(node, lambda test: self.test(test, scope))
        flow = self.block(node.body, scope)
        record.swallowed = swallowed
        before = record.conditional
        handled = not node.handlers
        for handler in node.handlers:
            inner = dict(scope.names)
            outer, scope.names = scope.names, inner
            if handler.name:
                inner[handler.name] = AT_RUN_TIME
            record.conditional = True
            handled = self.block(handler.body, scope) is Flow.ON or handled
            record.conditional = before
            scope.names = outer
            for name, value in inner.items():
                scope.names.setdefault(name, value)
        if flow is Flow.ON:
            flow = self.block(node.orelse, scope)
        last = self.block(node.finalbody, scope)
        if last:
            return last
        if flow is Flow.RAISE and node.handlers and handled:
            return Flow.ON
        if flow is Flow.RETURN and node.handlers and handled:
            record.conditional = self.may_have_returned = True
            return Flow.ON
        return flow

    # Loops and blocks

    def _for(self, node: ast.For | ast.AsyncFor, scope: Scope) -> Flow:
        over = self.evaluate(node.iter, scope)
        items = self.items(over)
        if items is not None:
            return self._unrolled(node, items, scope, certain=self.sure_items(over))
        if (
            isinstance(over, Either)
            and (ends := [self.items(option) for option in over.options])
            and all(end is not None for end in ends)
        ):
            lists = sorted((end for end in ends if end is not None), key=len)
            if all(end == lists[-1][: len(end)] for end in lists):
                return self._unrolled(node, lists[-1], scope, certain=len(lists[0]))
        model = rows.row_model(over)
        before = self.record.inspected
        self.record.inspected = before or inspects(over)
        flow = self._at_run_time(node, scope, target=unknown(over) if model is None else Row(model))
        self.record.inspected = before
        return flow

    def _unrolled(
        self, node: ast.For | ast.AsyncFor, items: list[object], scope: Scope, *, certain: int | None = None
    ) -> Flow:
        """A loop over known items. Only the first are there for sure where `certain` says how many."""
        record = self.record
        before = (record.dialects, record.conditional, record.inspected)
        for index, item in enumerate(items):
            record.conditional = record.conditional or (certain is not None and index >= certain)
            self.bind(node.target, item, scope)
            flow = self.block(node.body, scope)
            if flow in (Flow.RETURN, Flow.RAISE):
                return flow
            if flow is Flow.BREAK:
                self._loop_left(before)
                return Flow.ON
            if flow is Flow.CONTINUE or not self.may_have_returned:
                self._loop_left(before)
        self._loop_left(before)
        return self.block(node.orelse, scope)

    def _loop_left(self, before: tuple[Dialects, bool, bool]) -> None:
        """A `continue` or `break` under a condition concerns the loop only; a `return` what follows it too."""
        if not self.may_have_returned:
            self.record.dialects, self.record.conditional, self.record.inspected = before

    def _while(self, node: ast.While, scope: Scope) -> Flow:
        before, self.muted = self.muted, True  # the first round: what the test does is noted below
        test = self.test(node.test, scope)
        self.muted = before
        if test.yes == frozenset():
            return self.block(node.orelse, scope)
        return self._at_run_time(node, scope, once=test.no == frozenset())

    def _at_run_time(
        self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope, *, target: object = None, once: bool = False
    ) -> Flow:
        """A loop whose rounds are not known: its body is read once. `once`: it runs at least one time."""
        for name in _assigned(node) & scope.names.keys():
            scope.names[name] = AT_RUN_TIME
        record = self.record
        before = (record.dialects, record.conditional, record.inspected)
        in_loop, record.in_loop = record.in_loop, True
        if isinstance(node, ast.While):
            self.test(node.test, scope)
        else:
            self.bind(node.target, target, scope)
        record.conditional = record.conditional or not once
        flow = self.block(node.body, scope)
        record.in_loop = in_loop
        self._loop_left(before)
        if flow is Flow.RETURN:
            record.conditional = self.may_have_returned = True
        for name in _assigned(node):
            if isinstance(scope.names.get(name), (str, int, float)):
                scope.names[name] = AT_RUN_TIME
        if once and flow is Flow.RAISE:
            return flow
        return self.block(node.orelse, scope)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> Flow:
        record = self.record
        before = record.in_autocommit, record.swallowed
        swallows = False
        for item in node.items:
            value = self.evaluate(item.context_expr, scope)
            if (isinstance(value, Made) and value.name == "autocommit_block") or rows.is_autocommit(value):
                record.in_autocommit = True
            elif isinstance(value, Made) and value.name == "suppress":
                swallows = True
                record.swallowed |= suppresses(value)
            elif isinstance(value, Made) and value.name == "begin_nested":
                record.swallowed = NOWHERE  # an error undoes the savepoint alone
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value, scope)
        flow = self.block(node.body, scope)
        record.in_autocommit, record.swallowed = before
        if swallows and flow is Flow.RAISE:
            flow = Flow.ON
        return flow


WALKERS: dict[type[ast.AST], Callable[..., Flow | None]] = {
    ast.Expr: Walk._expression,
    ast.Assign: Walk._assign,
    ast.AnnAssign: Walk._annotated,
    ast.AugAssign: Walk._augmented,
    ast.If: Walk._if,
    ast.For: Walk._for,
    ast.AsyncFor: Walk._for,
    ast.While: Walk._while,
    ast.With: Walk._with,
    ast.AsyncWith: Walk._with,
    ast.Try: Walk._try,
    ast.Return: Walk._return,
    ast.Raise: Walk._raise,
    ast.FunctionDef: Walk._function,
    ast.AsyncFunctionDef: Walk._function,
    ast.ClassDef: Walk._class,
    ast.Import: Walk._import,
    ast.ImportFrom: Walk._import_from,
    ast.Continue: lambda *_: Flow.CONTINUE,
    ast.Break: lambda *_: Flow.BREAK,
    ast.Match: Walk._match,
}
if sys.version_info >= (3, 11):
    WALKERS[ast.TryStar] = Walk._try


def _matches(subject: object, pattern: ast.pattern) -> Test:
    """The condition that a `case` is taken."""
    if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
        return truth(True)
    if isinstance(pattern, ast.MatchOr):
        return any_of(_matches(subject, each) for each in pattern.patterns)
    if isinstance(pattern, ast.MatchValue) and isinstance(pattern.value, ast.Constant):
        if isinstance(subject, DialectName):
            return named([pattern.value.value])
        if isinstance(subject, (str, int)):
            return truth(subject == pattern.value.value)
    return UNSURE


def _merge(names: dict[str, object], ends: list[dict[str, object]]) -> None:
    """Bring the names that the branches bound back into the scope they branched from."""
    if len(ends) == 1:
        names.update(ends[0])
        return
    for name in {name for end in ends for name in end}:
        values = tuple(end[name] for end in ends if name in end)
        first = values[0]
        if any(value is not first for value in values):
            names[name] = joined(values)
        elif names.get(name) is not first:
            names[name] = first


def is_type_class(value: object) -> bool:
    """Whether a base class makes a class one of SQLAlchemy's types, which migrations name in columns."""
    if isinstance(value, LocalClass):
        return value.is_type
    path = value.path if isinstance(value, Dotted) else ""
    return path.startswith("sqlalchemy.") and not path.startswith(("sqlalchemy.orm.", "sqlalchemy.ext."))


def is_plain_class(value: object) -> bool:
    """Whether a base class brings no attributes of its own that matter: `object`, an abstract class, an enum."""
    return isinstance(value, Dotted) and value.path.partition(".")[0] in {"builtins", "abc", "enum", "typing"}


def _assigned(node: ast.AST) -> set[str]:
    """The names that a loop assigns to."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
