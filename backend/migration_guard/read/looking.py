"""What a project is made of, as the last run found it, where every question to the disk is answered as it was then.

A `store` of None has nothing of it: all is worked out.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from ..facts import Environment
from ..hints import Any
from .asking import remembered
from .encoding import plain, revived
from .project import Project
from .store import Store


def projects(store: Store | None, root: Path, configs: tuple[str, ...] = (), *, bare: bool = False) -> list[Project]:
    """The script directories of a tree: `discovery.projects`."""

    def work() -> list[Any]:
        from .discovery import projects

        return list(map(_written, projects(root, configs, bare=bare)))

    found = remembered(store, "projects", of=[os.fspath(root), configs, bare], work=work)
    return [_project(one) for one in found]


def strays(
    store: Store | None, root: Path, found: Sequence[Project], only: Collection[Path] | None = None
) -> tuple[list[Project], list[tuple[Path, int]]]:
    """Folders of revisions that none of the projects holds, chains and others: `strays.strays`."""

    def work() -> list[Any]:
        from .strays import strays

        beside = strays(root, found, only)
        return [list(map(_written, beside.chains)), [[os.fspath(folder), count] for folder, count in beside.others]]

    of = [os.fspath(root), list(map(_written, found)), None if only is None else sorted(map(os.fspath, only))]
    chains, others = remembered(store, "strays", of=of, work=work)
    return list(map(_project, chains)), [(Path(folder), count) for folder, count in others]


def environment(store: Store | None, root: Path, project: Project) -> Environment:
    """What env.py and the settings file of a project say: `environment.environment`."""

    def work() -> Any:
        from .environment import environment  # late, as it parses

        return plain(environment(root, project), "")

    found: Environment = revived(
        remembered(store, "environment", of=[os.fspath(root), _written(project)], work=work), ""
    )
    return found


def databases(store: Store | None, root: Path, found: Sequence[Project]) -> tuple[tuple[str, ...], str]:
    """The databases that the migrations of the projects are meant for, and why: `databases.databases`."""

    def work() -> list[Any]:
        from .databases import databases

        answer = databases(root, found)
        return [answer.names, answer.why]

    names, why = remembered(store, "databases", of=[os.fspath(root), list(map(_written, found))], work=work)
    return tuple(names), why


def _written(project: Project) -> list[Any]:
    """A project as JSON."""
    paths = [project.root, project.ini, project.script_location]
    folders = list(map(os.fspath, project.version_locations))
    named = [None if path is None else os.fspath(path) for path in paths]
    return [*named, folders, project.recursive, project.section, project.dialect]


def _project(written: list[Any]) -> Project:
    root, ini, script, locations, *rest = written
    return Project(Path(root), ini and Path(ini), Path(script), tuple(map(Path, locations)), *rest)
