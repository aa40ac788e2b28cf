"""The live run: scratch databases, one child process for each project on each of them, and one Report of it all."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from ..branch import Branch
from ..checks import all_checks
from ..config import Settings
from ..errors import CannotFinish
from ..facts import DIALECTS
from ..findings import Problem, Report
from ..lint.gathering import gathered
from ..lint.run import branch_of
from ..live import Server, dialect_for
from ..live.climb.reads import changed
from ..live.climb.shares import Share
from ..live.scratch.folder import Scratch
from ..progress import Progress
from ..read.discovery import projects
from ..read.sources import Sources
from ..records import replace
from ..reporting import counted, nothing_in
from ..trace.run import Traced, trace
from .child import Child, Outcome
from .crew import Crew
from .jobs import Job, jobs_of
from .journal import Journal
from .protocol import Request
from .sharing import Sharing, as_one, recall
from .telling import Part, report_of, steps_of


def verify(
    root: Path,
    settings: Settings,
    *,
    databases: Sequence[str] = (),
    base: str | None = None,
    since: str | None = None,
    jobs: int | None = None,
    shard: Share | None = None,
    resume: bool = False,
    without: frozenset[str] = frozenset(),
    progress: Progress | None = None,
    today: date | None = None,
    described: bool = False,
) -> Report:
    """What running the migrations under a root up, down and up shows, on each database.

    `databases` are specs as in `--database`; those of the settings where none is given, else every dialect. With
    `base`, the revisions that stand on that branch are only taken up, with `since` those up to that revision.
    A stairway is shared by `jobs` processes, as many as are of use where none is given; of a `shard` only that part is
    walked. `resume` goes on where an earlier run was ended. The experiments in `without` are left out, and listed as
    not judged. `progress` is called from threads. With `described`, the
    report has what the branch adds, and what each database made of every revision after `base` or `since`. An
    interruption is a problem in the report of what was found so far.
    Raises UsageError for a database that means nothing, NothingFound where there is no migration at all. A branch that
    git does not know, and what a single database or project lets us down with, is a problem in the report.
    """
    root = root.absolute()
    specs = tuple(dict.fromkeys(databases or settings.databases or DIALECTS))
    for spec in specs:
        dialect_for(spec)
    sources = Sources(root, digested=base is not None)
    found, problems = jobs_of(projects(root, settings.config), sources, base)
    if not any(job.history.migrations for job in found):
        raise nothing_in(sources.path(folder) for job in found for folder in job.project.version_locations)
    turns = min(len(specs), os.cpu_count() or 1)
    noted = described and not problems and (base is not None or since is not None)
    since, sharing = since or settings.since, Sharing(jobs, turns, shard)
    with Scratch() as scratch, ThreadPoolExecutor(max_workers=turns) as threads:
        run = _Run(root, settings, found, since, sharing, scratch, resume, without, progress, noted)
        futures = [threads.submit(run.on, spec) for spec in specs]
        try:
            parts = [future.result() for future in futures]
        except KeyboardInterrupt:
            run.crew.stop()
            parts = [future.result() for future in futures]
            problems.insert(0, run.interrupted(parts))
        except BaseException:
            run.crew.stop()
            raise
    against = base if not problems else None
    traced = Traced()
    if not run.crew.stopped:
        traced = trace(root, settings, steps_of(parts), [job.project for job in found], against)
    report = report_of(
        parts,
        found,
        problems,
        settings,
        today or date.today(),
        traced,
        (shard.number, shard.of) if shard else None,
        without,
    )
    return replace(report, branch=_branch(root, settings, found, against) if described else None)


def _branch(root: Path, settings: Settings, jobs: Sequence[Job], base: str | None) -> Branch | None:
    """What the branch adds, as `check` tells it; None without a base branch that git can compare with."""
    if base is None:
        return None
    found = gathered(root, settings, [job.project for job in jobs], base=base, staged=False)
    return None if found.problems else branch_of(settings, found.histories)


class _Run:
    def __init__(
        self,
        root: Path,
        settings: Settings,
        jobs: Sequence[Job],
        since: str | None,
        sharing: Sharing,
        scratch: Scratch,
        resume: bool,
        without: frozenset[str],
        progress: Progress | None,
        noted: bool = False,
    ) -> None:
        self.root = root
        self.settings = settings
        self.noted = noted
        self.jobs = [job for job in jobs if job.history.migrations]
        self.since = since
        self.sharing = sharing
        self.scratch = scratch
        self.crew = Crew(scratch, settings.environment)
        self.resume = resume
        self.without = without
        self.progress = progress
        self.rules = {entry.rule.id: entry.rule for entry in all_checks()}

    def on(self, spec: str) -> Part:
        """All projects on one database."""
        dialect, adapter = dialect_for(spec)
        part = Part()
        first, *others = self.jobs
        hands = self._hands(first)  # who load what they need while the server starts
        try:
            with adapter.servers(spec, self.scratch) as server:
                part.label = server.label
                part.outcomes.append(self._walked(first, server, dialect, hands))
                for job in others:
                    part.outcomes.append(self._walked(job, server, dialect, self._hands(job)))
        except CannotFinish as error:
            if not self.crew.stopped:
                part.problems.append(Problem(str(error), error.hint, error.exit_code))
        finally:
            self.crew.dismiss(hands)
        return part

    def interrupted(self, parts: Sequence[Part]) -> Problem:
        """What to say of a run that was ended before its end."""
        walked = sum(outcome.walked for part in parts for outcome in part.outcomes)
        return Problem(
            f"interrupted; {counted(walked, 'revision')} had been judged",
            "go on from there: migration-guard verify --resume, with the same arguments",
            130,
        )

    def _hands(self, job: Job) -> list[Child]:
        """As many processes as are of use for one project on one database."""
        return self.crew.hire(job.folder, len(self.sharing.among(job.history, job.base, self.since)))

    def _walked(self, job: Job, server: Server, dialect: str, hands: Sequence[Child]) -> Outcome:
        """One project on one database, by these processes."""
        database = name_of(server.label, dialect)
        shard = self.sharing.shard
        part = f"{database} {shard.number}/{shard.of}" if shard else database
        journal = Journal(self.root, job.project.place.path, part)
        known = journal.read(self.rules) if self.resume else {}
        if any(changed(walked.reads) for walked, _ in known.values()):
            known = {}  # what stands on them is not known by name
        if not known:
            journal.begin()
        request = self._request(job, database, dialect)
        request = replace(
            request,
            walked={key: walked.stands for key, (walked, _) in known.items()},
            seed=repr((server.label, replace(request, since=None, base=[]), sorted(self.settings.environment.items()))),
        )
        shares = self.sharing.among(job.history, job.base, self.since)
        requests = [replace(request, shares=[[each.number, each.of] for each in share]) for share in shares]
        with ThreadPoolExecutor(max_workers=len(requests)) as threads:
            told = threads.map(lambda child, one: self._outcome(child, one, server, journal), hands, requests)
        outcomes = [*told] or [Outcome(database=request.database, place=request.place)]  # where nobody was hired
        whole = as_one(outcomes)
        if whole.done is not None:
            recall(whole, known)
            journal.begin()  # nothing is left to go on from
        return whole

    def _outcome(self, child: Child, request: Request, server: Server, journal: Journal) -> Outcome:
        def new_database() -> str:
            with self.crew.lock:
                return server.new_database()

        def show(revision: str, done: int, total: int) -> None:
            if self.progress is not None:
                self.progress(self._title(request), revision, done, total)

        try:
            outcome = child.outcome(request, new_database, self.rules, show, journal.add)
        finally:
            self.crew.dismiss([child])
        if self.crew.stopped:
            outcome.problems.clear()  # that it was ended
        return outcome

    def _title(self, request: Request) -> str:
        """What a progress bar is called."""
        words = [request.database] + [request.place] * (len(self.jobs) > 1)
        number, of = request.shares[-1]
        return " ".join(words + [f"{number}/{of}"] * (of > 1))

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
            base_ref=job.base_ref,
            released=dict(job.released),
            helpers=dict(job.helpers),
            irreversible=job.irreversible,
            base_command=self.settings.base_command,
            base_metadata=self.settings.base_metadata,
            without=sorted(self.without),
            noted=self.noted,
        )


def name_of(label: str, dialect: str) -> str:
    """A database in findings: the dialect, with the major version where that matters. "PostgreSQL 16.2" ->
    "postgresql 16"."""
    major = re.search(r"\d+", label)
    return f"{dialect} {major[0]}" if dialect == "postgresql" and major else dialect
