"""The live run: scratch databases, one child process for each project on each of them, and one Report of it all."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ..allowing import divided
from ..checks import all_checks
from ..config import Settings
from ..errors import CannotFinish, NothingFound, UsageError
from ..facts import History
from ..findings import Finding, LookedAt, NotJudged, Problem, Report, Severity
from ..live import Server, dialect_for
from ..live.scratch import Scratch
from ..read.git import Repository
from ..read.graph import history
from ..read.project import Project, projects
from ..read.sources import Sources
from .child import Child, Outcome
from .protocol import Request

Progress = Callable[[str, str, int, int], None]  # database, revision, done, total


@dataclass(frozen=True)
class _Job:
    """One project with what reading its files told."""

    project: Project
    history: History
    base: tuple[str, ...]

    @property
    def irreversible(self) -> dict[str, str]:
        found = {}
        for migration in self.history.migrations:
            if migration.downgrade is not None and migration.downgrade.irreversible:
                found[migration.id] = migration.downgrade.irreversible
        return found


def verify(
    root: Path,
    settings: Settings,
    *,
    databases: Sequence[str] = (),
    base: str | None = None,
    since: str | None = None,
    progress: Progress | None = None,
    today: date | None = None,
) -> Report:
    """What running the migrations under a root up, down and up shows, on each database.

    `databases` are specs as in `--database`; those of the settings where none is given. With `base`, the revisions that
    stand on that branch are only taken up, with `since` those up to that revision. `progress` is called from threads.
    Raises UsageError for a database or branch that means nothing, NothingFound where there is no migration at all. What
    a single database or project lets us down with is a problem in the report.
    """
    root = root.absolute()
    specs = tuple(dict.fromkeys(databases or settings.databases))
    for spec in specs:
        dialect_for(spec)
    sources = Sources(root)
    jobs = [_job(project, sources, base) for project in projects(root, settings.config)]
    if not any(job.history.migrations for job in jobs):
        folders = sorted({sources.path(folder) for job in jobs for folder in job.project.version_locations})
        raise NothingFound(
            f"no migration in {', '.join(folders)}", 'write the first one: alembic revision -m "<what it does>"'
        )
    run = _Run(root, settings, jobs, since or settings.since, progress)
    with Scratch() as scratch, ThreadPoolExecutor(max_workers=min(len(specs), os.cpu_count() or 1)) as threads:
        try:
            parts = list(threads.map(lambda spec: run.on(spec, scratch), specs))
        except BaseException:
            run.stop()
            raise
    return _report(parts, jobs, settings, today or date.today())


@dataclass
class _Part:
    """One database: what its server calls itself and what each project's child said."""

    label: str
    outcomes: list[Outcome]
    problems: list[Problem]


class _Run:
    def __init__(
        self, root: Path, settings: Settings, jobs: Sequence[_Job], since: str | None, progress: Progress | None
    ) -> None:
        self.root = root
        self.settings = settings
        self.jobs = [job for job in jobs if job.history.migrations]
        self.since = since
        self.progress = progress
        self.rules = {entry.rule.id: entry.rule for entry in all_checks()}
        self._children: set[Child] = set()
        self._stopped = False
        self._lock = threading.Lock()  # the scratch folder's book of clean-ups is for one thread at a time

    def on(self, spec: str, scratch: Scratch) -> _Part:
        """All projects on one database."""
        dialect, adapter = dialect_for(spec)
        part = _Part("", [], [])
        try:
            with adapter.servers(spec, scratch) as server:
                part.label = server.label
                for number, job in enumerate(self.jobs):
                    log = scratch.folder / f"{re.sub(r'[^a-z0-9]+', '-', server.label.lower())}-{number}.log"
                    part.outcomes.append(self._outcome(job, server, dialect, scratch, log))
        except CannotFinish as error:
            part.problems.append(Problem(str(error), error.hint, error.exit_code))
        return part

    def stop(self) -> None:
        """End every child: the user has had enough."""
        with self._lock:
            self._stopped = True
            for child in self._children:
                child.end()

    def _outcome(self, job: _Job, server: Server, dialect: str, scratch: Scratch, log: Path) -> Outcome:
        database = name_of(server.label, dialect)
        request = self._request(job, database, dialect)
        with self._lock:
            if self._stopped:
                return Outcome(database, request.place)
            child = Child(request, log, self.settings.environment)
            forget = scratch.on_death("process", pid=child.pid)
            self._children.add(child)

        def new_database() -> str:
            with self._lock:
                return server.new_database()

        def show(revision: str, done: int, total: int) -> None:
            if self.progress is not None:
                self.progress(database if len(self.jobs) == 1 else f"{database} {request.place}", revision, done, total)

        try:
            return child.outcome(new_database, self.rules, show)
        finally:
            with self._lock:
                self._children.discard(child)
                forget()

    def _request(self, job: _Job, database: str, dialect: str) -> Request:
        project = job.project
        return Request(
            root=str(self.root),
            folder=str(folder_of(project)),
            place=project.place.path,
            env=Path(os.path.relpath(project.script_location / "env.py", self.root)).as_posix(),
            ini=str(project.ini) if project.ini else None,
            section=project.section,
            script_location=str(project.script_location),
            version_locations=[str(location) for location in project.version_locations],
            recursive=project.recursive,
            flask_app=self.settings.flask_app,
            database=database,
            dialect=dialect,
            seconds=self.settings.step_timeout,
            since=self.since,
            base=list(job.base),
            irreversible=job.irreversible,
        )


def folder_of(project: Project) -> Path:
    """The folder where people run Alembic: the settings file's own, or the first above it that holds the script
    directory, as for `conf/alembic.ini`. Flask-Migrate's ini lies in the script directory: then the one above it."""
    start = project.ini.parent if project.ini else project.root
    for folder in (start, *start.parents):
        if folder in project.script_location.parents:
            return folder
    return start


def name_of(label: str, dialect: str) -> str:
    """A database in findings: the dialect, with the major version where that matters. "PostgreSQL 16.2" ->
    "postgresql 16"."""
    major = re.search(r"\d+", label)
    return f"{dialect} {major[0]}" if dialect == "postgresql" and major else dialect


def _job(project: Project, sources: Sources, base: str | None) -> _Job:
    one = history(project.place, sources.working_tree(project))
    if base is None:
        return _Job(project, one, ())
    repository = Repository.at(sources.root)
    if repository is None:
        raise UsageError(f"{sources.root} is not in a git repository, so it has no branch {base}", "leave out --base")
    there = {migration.id for migration in sources.commit(project, repository, repository.resolve(base))}
    return _Job(project, one, tuple(sorted(there & {migration.id for migration in one.migrations})))


def _report(parts: Sequence[_Part], jobs: Sequence[_Job], settings: Settings, today: date) -> Report:
    outcomes = [outcome for part in parts for outcome in part.outcomes]
    migrations = [migration for job in jobs for migration in job.history.migrations]
    said = {_weighed(finding, settings) for outcome in outcomes for finding in outcome.findings}
    off = {rule for rule, weight in settings.severity.items() if weight == "off"}
    stand, covered = divided(
        (finding for finding in sorted(said, key=_order) if finding.rule.id not in off),
        {migration.path: migration.allows for migration in migrations},
        today,
    )
    return Report(
        findings=tuple(stand),
        not_judged=tuple(sorted({*_passed_over(jobs), *(gap for part in parts for gap in _gaps(part))})),
        allowed=tuple(covered),
        looked_at=LookedAt(
            files=len({migration.path for migration in migrations}),
            revisions=len({migration.id for migration in migrations if not migration.broken}),
            heads=tuple(
                sorted(head.revision for job in jobs for head in job.history.heads if isinstance(head.revision, str))
            ),
            databases=tuple(part.label for part in parts if part.label),
        ),
        problems=tuple(problem for part in parts for problem in (*part.problems, *_problems(part))),
        notes=tuple(note for part in parts for note in _notes(part)),
    )


def _passed_over(jobs: Sequence[_Job]) -> Iterator[NotJudged]:
    """Files with an id that another has, too: Alembic runs one of them."""
    for job in jobs:
        for files in job.history.duplicates:
            for one in files:
                others = ", ".join(other.path for other in files if other is not one)
                yield NotJudged(one.path, one.at.line, f"{one.id} also stands in {others}, and Alembic runs only one")


def _gaps(part: _Part) -> list[NotJudged]:
    found = [gap for outcome in part.outcomes for gap in outcome.gaps]
    for outcome in part.outcomes:
        for table, why in (outcome.done or {}).get("empty", {}).items():
            reason = why.removeprefix(f"{table}: ")
            found.append(NotJudged(outcome.place, 1, f"{outcome.database}: table {table} stayed empty: {reason}"))
    return found


def _problems(part: _Part) -> list[Problem]:
    """What the children could not do, and a run that proves nothing, as no table held a row."""
    found = [problem for outcome in part.outcomes for problem in outcome.problems]
    for outcome in part.outcomes:
        done = outcome.done
        if done and done["lacking"]:
            names = ", ".join(done["lacking"])
            found.append(
                Problem(
                    f"{outcome.database}: revisions need {names}, which this server does not have as an extension",
                    "give the URL of a server that has it: --database postgresql://user:password@host/name",
                    4,
                )
            )
        if done and done["empty"] and not done["filled"]:
            why = done["empty"][min(done["empty"])]
            found.append(
                Problem(
                    f"{outcome.database}: no table could be given rows, so nothing is proved on data: {why}",
                    "report the table's definition; allow nothing on the strength of this run",
                    4,
                )
            )
    return found


def _notes(part: _Part) -> list[str]:
    found = []
    for outcome in part.outcomes:
        if done := outcome.done:
            where = outcome.database if len(part.outcomes) == 1 else f"{outcome.database}, {outcome.place}"
            text = f"{where}: {_counted(done['stepped'], 'revision')} taken up, down and up"
            if done["only_upgraded"]:
                text += f", {done['only_upgraded']} below them only up"
            found.append(f"{text}; {_counted(len(done['filled']), 'table')} held rows.")
    return found


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _weighed(finding: Finding, settings: Settings) -> Finding:
    weight = settings.severity.get(finding.rule.id)
    return finding if weight in (None, "off") else replace(finding, severity=Severity(weight))


def _order(finding: Finding) -> tuple[object, ...]:
    at = finding.at
    return at.path, at.line, at.column, finding.rule.id, finding.dialect or "", finding.direction or "", finding.says
