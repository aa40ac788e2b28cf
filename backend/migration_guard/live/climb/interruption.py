"""An upgrade that is cut off in its second half: what of it stays, and whether it can be run again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic.script import Script
from sqlalchemy import Engine, event

from ...facts import Place
from ..project.environment import file_of
from ..project.stage import Stage
from ..schema import differences
from ..statements import no_room
from ..steps import Interruption, Statement
from .observer import Observer
from .plan import Plan
from .treading import Tread, place_of, time_limit

_CHANGES = re.compile(r"\s*(?!SELECT\b|PRAGMA\b|EXPLAIN\b|SHOW\b|SET\b|WITH\b)\w", re.IGNORECASE)


class CutOff(Exception):
    """Stands for what ends an upgrade in production: a lock timeout, a lost connection, a restart of the machine."""


@dataclass(frozen=True)
class Interrupting:
    """Takes revisions up after cutting each off once. `ran` holds the statements of each revision's upgrade()."""

    plan: Plan
    ran: dict[str, Sequence[Statement]]

    def climb(self, stage: Stage, observer: Observer, revisions: Sequence[Script]) -> Interruption | None:
        """The first revision that cannot be run again after it was cut off, None where all can."""
        tread = Tread(stage, self.plan)
        given = stage.given()
        for revision in revisions:
            if revision.revision in given:
                continue
            statement = self._middle(revision)
            if statement is not None:
                before = observer.snapshot()
                self._cut_off(stage, revision, statement)
                if revision.revision in stage.heads():
                    continue  # its own code swallowed the error and went on
                left = tuple(differences(before, observer.snapshot()))
                _, failure, _ = tread.take(revision, "upgrade")
                if failure is not None and left:
                    path = place_of(revision, "upgrade", self.plan.root).path
                    line = self.ran[revision.revision][statement].line
                    at = Place(path, line)
                    return Interruption(revision.revision, at, self.plan.database, self.plan.dialect, left, failure)
            else:
                _, failure, _ = tread.take(revision, "upgrade")
            if failure is not None:
                return None  # the stairway has told of it
        return None

    def _middle(self, revision: Script) -> int | None:
        """The number of the statement before which to cut; None where there is nothing to cut off."""
        if revision.revision in self.plan.base:
            return None
        statements = self.ran.get(revision.revision, ())
        changes = [number for number, each in enumerate(statements) if _CHANGES.match(each.sql)]
        return changes[len(changes) // 2] if len(changes) > 1 else None

    def _cut_off(self, stage: Stage, revision: Script, number: int) -> None:
        with stage.recorder.watching(file_of(revision)) as statements, _raising_after(statements, number):
            try:
                with time_limit(self.plan.seconds):
                    stage.step(revision, "upgrade")
            except BaseException as error:
                if (let_down := no_room(error)) is not None:
                    raise let_down from error
                if isinstance(error, KeyboardInterrupt):
                    raise


@contextmanager
def _raising_after(statements: Sequence[Statement], number: int) -> Iterator[None]:
    """Raise CutOff, once, at the statement that has this number among those of a revision."""
    done: list[bool] = []

    def cut(*_: Any) -> None:
        if len(statements) == number + 1 and not done:
            done.append(True)
            raise CutOff

    event.listen(Engine, "before_cursor_execute", cut)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", cut)
