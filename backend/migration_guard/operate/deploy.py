"""A deploy: one at a time, judged and backed up first, proved afterwards, or everything as it was."""

from __future__ import annotations

import contextlib
import importlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from ..errors import CannotFinish, GuardError, UsageError
from ..findings import Finding, severity_of
from ..live.schema import Snapshot, differences
from ..live.urls import hide_in
from ..progress import StepDone
from ..reporting import counted
from . import sqlite
from .backup import Backup, backup, name_of
from .failing import LET_DOWN, let_down
from .holding import Held, has_version_table, held
from .journal import Journal, reached
from .manifest import now
from .matching import made_otherwise, snapshot_of, some_of
from .standing import Standing, standing
from .target import Target, run_env
from .turn import turn
from .writing import room_for

_SHOWN = 8  # revisions that a line names
Say = Callable[[str], None]


@dataclass(frozen=True)
class Limits:
    """Seconds that a statement of PostgreSQL may wait for a lock and take, 0 for no limit; how often a revision that
    waited in vain for a lock is tried."""

    lock_timeout: int = 5
    statement_timeout: int = 3600
    attempts: int = 5


class NotDeployed(CannotFinish):
    """A deploy that failed; the message says what the database is like now. `way_back` is the backup that undoes what a
    transaction did not."""

    def __init__(self, message: str, hint: str, way_back: Path | None = None) -> None:
        super().__init__(message, hint)
        self.way_back = way_back


@dataclass(frozen=True)
class Deploy:
    """One deploy. `say` gets a line for each step that is done."""

    target: Target
    folder: Path  # of the backups
    limits: Limits
    say: Say
    progress: StepDone
    judge: Callable[[Sequence[str]], Sequence[Finding]]  # what the guard finds in these revisions

    def run(self, *, force: bool = False, with_backup: bool = True) -> Standing:
        """Where the database stands afterwards. Raises GuardError where it is not deployed."""
        with turn(self.target):
            deploy = self._on_a_copy if self.target.dialect == "sqlite" else self._there
            return deploy(force, with_backup)

    def _on_a_copy(self, force: bool, with_backup: bool) -> Standing:
        """On a copy, which takes the place of the database in one rename once it is proved. A kill at any moment
        leaves the old file or the new one."""
        target = self.target
        folder = target.file.parent
        folder.mkdir(parents=True, exist_ok=True)
        with sqlite.alone(target) as own, sqlite.folder_beside(target, "deploy") as scratch:
            work = scratch / target.file.name
            if own is not None:
                room_for(folder, 2 * sqlite.size(target), "a deploy")
                sqlite.copy_over(own, work, lambda done, total: self.progress("copy", done, total))
            copy = replace(target, url=target.url.set(database=str(work)))
            before, at = self._before(copy, exists=own is not None)
            if not at.pending:
                return at
            was = self._preflight(copy, at, force) if own is not None else self._judged(at, force)
            notes = {"journal_mode": _mode(own)} if own is not None else {}
            saved = (
                backup(copy, self.folder, self.progress, name=name_of(target), notes=notes)
                if with_backup and own
                else None
            )
            journal = self._begun(at, saved)
            try:
                ran = self._migrate(copy, at)
                after = self._proved(copy, before, at, was, force)
                if broken := sqlite.broken_keys(work):
                    raise CannotFinish(
                        f"rows refer to rows that are not there: {'; '.join(broken[:3])}", "mend them first"
                    )
                sqlite.proved(work, target.version_table)
                sqlite.settle(work, notes)
                kept = scratch / "before"  # gone at the end, as the backup holds the same
                if saved is None and own is not None:
                    kept = target.file.with_name(f"{target.file.name}.before-deploy")
                    kept.unlink(missing_ok=True)
                lacks = sqlite.put_back(target, work, kept, own)
            except (GuardError, *LET_DOWN) as raised:
                error = _failed(journal, raised)
                raise NotDeployed(f"{_ended_by(error)} {target.shown} is as it was", error.hint) from raised
        for each in lacks:
            self.say(f"The new database is in place, yet without {each}.")
        if kept.parent == folder:
            self.say(f"Kept as it was before, until the next deploy without a backup: {os.path.relpath(kept)}")
        return self._ended(after, journal, ran)

    def _there(self, force: bool, with_backup: bool) -> Standing:
        """In the database itself: what fails is undone by its transaction, and the revisions before it stand."""
        target = self.target
        before, at = self._before(target)
        if not at.pending:
            return at
        was = self._preflight(target, at, force)
        saved = backup(target, self.folder, self.progress) if with_backup and before.rows else None
        journal = self._begun(at, saved)
        try:
            self._migrate(target, at, journal)
            after = self._proved(target, before, at, was, force)
        except (GuardError, *LET_DOWN) as raised:
            error = _failed(journal, raised)
            says, undone = self._afterwards(at, was)
            way_back = saved.file if saved is not None and not undone else None
            way = f"; to go back: migration-guard db restore {way_back}" if way_back is not None else ""
            raise NotDeployed(f"{_ended_by(error)} {says}", f"{error.hint}{way}", way_back) from raised
        return self._ended(after, journal)

    def _afterwards(self, before: Standing, was: Snapshot) -> tuple[str, bool]:
        """Where the database stands after a failure, once a server that restarts is back, and whether all is undone."""
        for wait in (0, 1, 2, 4, 8):
            time.sleep(wait)
            try:
                at = self._before(self.target)[1]
                with self.target.connect() as connection:
                    left = differences(was, snapshot_of(self.target, connection))
            except (CannotFinish, SQLAlchemyError):
                continue
            if at.revisions != before.revisions:
                return _as_sentence(at.sentence), False
            if left:
                kept = some_of([each.sentence(added="is new", missing="is gone") for each in left])
                return f"{_as_sentence(at.sentence)}; what was not undone: {kept}", False
            return f"{_as_sentence(at.sentence)}, as before", True
        return "The server cannot be reached now; each revision is whole or not there, as `db status` will say", False

    def _before(self, target: Target, *, exists: bool = True) -> tuple[Held, Standing]:
        if not exists:
            return Held((), {}), standing(self.target.history, (), (), stamped=False)
        with target.connect() as connection:
            holds = held(connection, target.version_table)
            stamped = has_version_table(connection, target.version_table)
        known = reached(self.folder, self.target)
        return holds, standing(self.target.history, holds.revisions, list(holds.rows), stamped=stamped, deployed=known)

    def _preflight(self, target: Target, at: Standing, force: bool) -> Snapshot:
        """The catalogue before, where the pending revisions may run. Raises UsageError where not."""
        self._judged(at, force)
        health = importlib.import_module(f"{__package__}.{target.dialect}_health")
        with target.connect() as connection:
            for look in health.hindrances(target, connection):
                if look.level != "ok":
                    self.say(f"{_as_sentence(look.level)}: {look.says}.")
            connection.rollback()
            return snapshot_of(target, connection)

    def _judged(self, at: Standing, force: bool) -> Snapshot:
        """The catalogue of no database, where the pending revisions may run. Raises UsageError where not."""
        if at.state in ("ahead", "unknown", "unmanaged"):
            raise UsageError(
                f"{self.target.shown} is not deployed to: {at.sentence}",
                "check out the release it belongs to" if at.unknown else "say which revision it has: alembic stamp REV",
            )
        if len(at.heads) > 1 and not force:
            says = f"the code has {counted(len(at.heads), 'head')}: {', '.join(at.heads)}"
            raise UsageError(says, "migration-guard merge joins them")
        more = f" and {len(at.pending) - _SHOWN} more" if len(at.pending) > _SHOWN else ""
        self.say(f"{_as_sentence(at.sentence)}: {', '.join(at.pending[:_SHOWN])}{more}.")
        errors = [finding for finding in self.judge(at.pending) if severity_of(finding).value == "error"]
        if errors and not force:
            first = errors[0]
            rules = ", ".join(dict.fromkeys(finding.rule.id for finding in errors))
            raise UsageError(
                f"the guard finds {counted(len(errors), 'error')} in what is pending: {rules}, first at "
                f"{first.at.path}:{first.at.line}",
                "see `migration-guard check`; --force deploys all the same",
            )
        self.say(f"Judged: {counted(len(errors), 'error')}{', deployed all the same' if errors else ''}.")
        return Snapshot({})

    def _begun(self, at: Standing, saved: Backup | None) -> Journal:
        journal = Journal(self.folder, self.target)
        journal.add("begun", pending=list(at.pending), backup=str(saved.file) if saved else None)
        if saved is not None:
            self.say(f"Backup: {saved.file}")
        return journal

    def _migrate(self, target: Target, at: Standing, journal: Journal | None = None) -> list[dict[str, Any]]:
        """The revisions that ran, which a journal gets at once: for a database in which they stand whatever follows."""
        url = target.url.render_as_string(hide_password=False)
        told: dict[str, Any] = run_env(
            target.project,
            target.settings,
            None,  # the server has the limits, and a revision may have many statements
            "see what `migration-guard verify` says of these revisions",
            migrate=url,
            revisions=list(at.pending),
            lock_timeout=self.limits.lock_timeout,
            statement_timeout=self.limits.statement_timeout,
            attempts=self.limits.attempts,
        )
        failure = told["failure"]
        ran = [step for step in told["done"] if failure is None or step["revision"] != failure["revision"]]
        if journal is not None:
            _write_down(ran, journal)
        if failure is not None:
            raise _not_run(failure)
        self.say(f"Ran {counted(len(ran), 'revision')}.")
        return ran

    def _proved(self, target: Target, before: Held, at: Standing, was: Snapshot, force: bool) -> Held:
        """What the database holds now. Raises CannotFinish where it does not stand at the head, or its schema became
        another one than that of the revisions."""
        after, now_at = self._before(target)
        if now_at.state != "at head":
            raise CannotFinish(f"after the upgrade {now_at.sentence}", "see what env.py runs")
        self._schema(target, at, was, force)
        gone = [
            f"{table} has {after.rows[table]:,} rows, and had {number:,}"
            for table, number in sorted(before.rows.items())
            if after.rows.get(table, number) < number
        ]
        for sentence in gone:
            self.say(f"Fewer rows: {sentence}.")
        return after

    def _schema(self, target: Target, at: Standing, was: Snapshot, force: bool) -> None:
        """Raises CannotFinish where the revisions made something else here than they do in an empty database."""
        try:
            with target.connect() as connection:
                wrong = made_otherwise(self.target, connection, at.pending, was)
        except CannotFinish as error:
            self.say(f"The schema was not compared: {error}.")
            return
        if wrong and not force:
            raise CannotFinish(
                f"the revisions did not make here what they make in an empty database: {some_of(wrong)}",
                "see what the database had before them; --force deploys all the same",
            )
        self.say(f"Schema: {some_of(wrong) or 'what these revisions make'}.")

    def _ended(self, after: Held, journal: Journal, ran: Sequence[dict[str, Any]] = ()) -> Standing:
        try:
            _write_down(ran, journal)
            journal.add("ended", revisions=list(after.revisions), at_end=now())
        except OSError as error:
            self.say(f"The journal cannot be written: {error.strerror}.")
        return standing(self.target.history, after.revisions, list(after.rows), stamped=True)


def _write_down(ran: Sequence[dict[str, Any]], journal: Journal) -> None:
    for step in ran:
        journal.add("ran", **step)


def _not_run(failure: dict[str, Any]) -> CannotFinish:
    """What to say of a revision that failed, and of the indexes that it left half-built."""
    says = f"upgrade() of {failure['revision']} fails at line {failure['line']}: {hide_in(failure['says'])}"
    hint = "correct the revision, or what stands in its way, and deploy again"
    for index in failure["invalid"]:
        says += f"; the index {index} is INVALID"
        hint = f"DROP INDEX CONCURRENTLY {index}; {hint}"
    return CannotFinish(says, hint)


def _failed(journal: Journal, error: BaseException) -> GuardError:
    """What the deploy failed with, written down where the disk still takes it."""
    found = error if isinstance(error, GuardError) else let_down(error)
    with contextlib.suppress(OSError):
        journal.add("failed", says=str(found))
    return found


def _ended_by(error: GuardError) -> str:
    """What it says, with one full stop."""
    return str(error).rstrip(". ") + "."


def _as_sentence(sentence: str) -> str:
    """The sentence with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def _mode(connection: Any) -> str:
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
