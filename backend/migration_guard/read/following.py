"""Calls into other modules of the project: helpers are followed by reading their source, never imported."""

from __future__ import annotations

import ast

from ..facts import OtherCall
from .expressions import LIBRARIES
from .functions import Functions
from .record import Record, TooMuch
from .text import adopted
from .values import Arguments, Closure, Dotted, Instance, LocalClass

FOLLOWED = 20_000  # expressions evaluated in one helper of another module
MOST_FOLLOWED = 60_000  # and in all of them, for one migration


class Following(Functions):
    """Follows calls into helpers that stand in other modules."""

    def apply(self, callee: object, arguments: Arguments, node: ast.expr) -> object:
        if isinstance(callee, Dotted) and not callee.path.startswith(LIBRARIES):
            helper = self.library.known(callee).value
            if isinstance(helper, (Closure, LocalClass)):
                return self.follow(callee, helper, arguments, node)
        elif isinstance(callee, LocalClass):
            return self.made_from(callee, arguments, node)
        elif isinstance(callee, Closure) and not adopted(node) and adopted(callee.node):
            return self.follow(Dotted(full_name(callee)), callee, arguments, node)
        return super().apply(callee, arguments, node)

    def follow(self, name: Dotted, helper: Closure | LocalClass, arguments: Arguments, node: ast.expr) -> object:
        """The result of a call into another module of the project, with the operations that it does.

        Application code is not followed for its own sake: where nothing can be told of what it does, or it does more
        than a helper would, the call stays one that may do anything.
        """
        record, source = self.record, self.record.source
        outermost, at = not adopted(node), source.at
        before = Standing(record), dict(self.uses), self.asking, self.muted
        start, limit = self.steps, self.limit
        self.limit = min(limit, start + FOLLOWED, start + MOST_FOLLOWED - self.library.steps)
        if outermost:
            source.at = node
        try:
            value = (
                self.made_from(helper, arguments, node)
                if isinstance(helper, LocalClass)
                else self.invoke(helper, arguments, node)
            )
            clear = before[0].is_clear(record)
        except TooMuch:
            if self.steps > limit:
                raise
            clear = False
        finally:
            source.at, self.limit = at, limit
            if outermost:
                self.library.steps += self.steps - start
        if clear:
            return value
        before[0].restore(record)
        self.uses, self.asking, self.muted = before[1:]
        return super().apply(name, arguments, node)

    def made_from(self, made_from: LocalClass, arguments: Arguments, node: ast.expr) -> Instance:
        """An object of a class, once its `__init__` has run."""
        made = Instance(made_from, arguments, node)
        init = made_from.members.get("__init__")
        if isinstance(init, Closure):
            self.invoke(Closure(init.node, init.scope, made, init.decorated), arguments, node)
        return made


class Standing:
    """What stood in a record at one moment, to go back to where following a helper leads nowhere."""

    def __init__(self, record: Record) -> None:
        self._count = len(record.operations)
        self._unread = dict(record.unread)
        self._circumstances = {
            name: value for name, value in vars(record).items() if name not in {"operations", "unread", "source"}
        }

    def is_clear(self, record: Record) -> bool:
        """Whether what was added since tells something: an operation that is known, or that there is none at all."""
        new = record.operations[self._count :]
        return any(not isinstance(operation, OtherCall) for operation in new) or not (
            new or len(record.unread) > len(self._unread)
        )

    def restore(self, record: Record) -> None:
        """Bring the record back to how it was."""
        del record.operations[self._count :]
        record.unread = self._unread
        vars(record).update(self._circumstances)


def full_name(closure: Closure) -> str:
    """How a function of another module is called in messages: "app.db.tools.Indexes.drop"."""
    owner = closure.owner.callee if isinstance(closure.owner, Instance) else closure.owner
    inside = [owner.name] if isinstance(owner, LocalClass) else []
    return ".".join([closure.scope.module().name, *inside, closure.name])
