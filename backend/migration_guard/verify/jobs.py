"""What reading a project's files tells the live run, before anything of it is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import GuardError, UsageError
from ..facts import History
from ..findings import Problem
from ..read.git import Repository
from ..read.graph import history
from ..read.project import Project
from ..read.sources import Sources


@dataclass(frozen=True)
class Job:
    """One project with its history. `base` are the revisions that stand on the base branch, too."""

    project: Project
    history: History
    base: tuple[str, ...] = ()
    base_ref: str | None = None  # that branch, where it has any

    @property
    def irreversible(self) -> dict[str, str]:
        """The reasons of the revisions that are declared irreversible, by id."""
        found = {}
        for migration in self.history.migrations:
            if migration.downgrade is not None and migration.downgrade.irreversible:
                found[migration.id] = migration.downgrade.irreversible
        return found

    @property
    def folder(self) -> Path:
        """Where people run Alembic."""
        return folder_of(self.project)


def folder_of(project: Project) -> Path:
    """Where people run Alembic: the settings file's folder, or the first above it that holds the script directory, as
    for `conf/alembic.ini`. Flask-Migrate's ini lies in the script directory: then the folder above that."""
    start = project.ini.parent if project.ini else project.root
    for folder in (start, *start.parents):
        if folder in project.script_location.parents:
            return folder
    return start


def jobs_of(projects: Sequence[Project], sources: Sources, base: str | None) -> tuple[list[Job], list[Problem]]:
    """A job for each project, and what git could not say of the base branch: those jobs have none."""
    jobs: list[Job] = []
    problems: dict[Problem, None] = {}
    for project in projects:
        one = history(project.place, sources.working_tree(project))
        try:
            stands = _on_base(project, one, sources, base) if base is not None and one.migrations else ()
        except GuardError as error:
            problems[Problem(str(error), error.hint, error.exit_code)] = None
            stands = ()
        jobs.append(Job(project, one, stands, base if stands else None))
    return jobs, list(problems)


def _on_base(project: Project, one: History, sources: Sources, base: str) -> tuple[str, ...]:
    repository = Repository.at(sources.root)
    if repository is None:
        raise UsageError(f"{sources.root} is not in a git repository, so it has no branch {base}", "leave out --base")
    there = {migration.id for migration in sources.commit(project, repository, repository.resolve(base))}
    return tuple(sorted(there & {migration.id for migration in one.migrations}))
