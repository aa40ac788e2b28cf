"""The live run: scratch databases, one child process for each project on each of them, and one Report of it all."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from ..checks import all_checks
from ..config import Settings
from ..errors import CannotFinish
from ..findings import Problem, Report
from ..live import DIALECTS, Server, dialect_for
from ..live.scratch import Scratch
from ..progress import Progress
from ..read.discovery import projects
from ..read.sources import Sources
from ..reporting import nothing_in
from ..trace.run import trace
from .child import Child, Outcome
from .jobs import Job, jobs_of
from .protocol import Request
from .telling import Part, report_of, steps_of


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

    `databases` are specs as in `--database`; those of the settings where none is given, else every dialect. With
    `base`, the revisions that stand on that branch are only taken up, with `since` those up to that revision.
    `progress` is called from threads.
    Raises UsageError for a database that means nothing, NothingFound where there is no migration at all. A branch that
    git does not know, and what a single database or project lets us down with, is a problem in the report.
    """
    root = root.absolute()
    specs = tuple(dict.fromkeys(databases or settings.databases or DIALECTS))
    for spec in specs:
        dialect_for(spec)
    sources = Sources(root)
    jobs, problems = jobs_of(projects(root, settings.config), sources, base)
    if not any(job.history.migrations for job in jobs):
        raise nothing_in(sources.path(folder) for job in jobs for folder in job.project.version_locations)
    run = _Run(root, settings, jobs, since or settings.since, progress)
    with Scratch() as scratch, ThreadPoolExecutor(max_workers=min(len(specs), os.cpu_count() or 1)) as threads:
        try:
            parts = list(threads.map(lambda spec: run.on(spec, scratch), specs))
        except BaseException:
            run.stop()
            raise
    steps = steps_of(parts)
    traced = trace(root, settings, steps, [job.project for job in jobs], base if not problems else None)
    return report_of(parts, jobs, problems, settings, today or date.today(), traced)


class _Run:
    def __init__(
        self, root: Path, settings: Settings, jobs: Sequence[Job], since: str | None, progress: Progress | None
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

    def on(self, spec: str, scratch: Scratch) -> Part:
        """All projects on one database."""
        dialect, adapter = dialect_for(spec)
        part = Part()
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

    def _outcome(self, job: Job, server: Server, dialect: str, scratch: Scratch, log: Path) -> Outcome:
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

    def _request(self, job: Job, database: str, dialect: str) -> Request:
        project = job.project
        return Request(
            root=str(self.root),
            folder=str(job.folder),
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
            base_command=self.settings.base_command,
            base_metadata=self.settings.base_metadata,
        )


def name_of(label: str, dialect: str) -> str:
    """A database in findings: the dialect, with the major version where that matters. "PostgreSQL 16.2" ->
    "postgresql 16"."""
    major = re.search(r"\d+", label)
    return f"{dialect} {major[0]}" if dialect == "postgresql" and major else dialect
