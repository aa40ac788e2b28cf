"""Paths that a run is asked for -> the projects that they touch, and the revision files among them that none holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..errors import NothingFound, UsageError
from .project import Project, real_path
from .tree import RealPaths, is_revision


class Wanted:
    """Files and folders that a run is asked for; everything where there is none. Links count as what they lead to.

    Raises UsageError for a path that does not exist.
    """

    def __init__(self, root: Path, paths: Sequence[Path]) -> None:
        for path in paths:
            if not os.path.lexists(path):
                raise UsageError(f"{path} does not exist", "give a migration file or a folder that holds some")
        self.root = root
        self.paths = tuple(dict.fromkeys(map(real_path, paths)))
        self._real_root = real_path(root)
        self._each = frozenset(self.paths)
        self._names = frozenset(map(str, self.paths))
        self._folders: dict[str, tuple[bool, frozenset[str]]] = {}
        self._real = RealPaths()

    @property
    def folders(self) -> frozenset[Path] | None:
        """The folders that are asked for and those of the files; None where nothing is."""
        real = real_path(self.root)
        within = [path if path.is_dir() else path.parent for path in self.paths if self._inside(path)]
        return frozenset(self.root / folder.relative_to(real) for folder in within) if self.paths else None

    def projects(self, found: list[Project], *, search: bool) -> list[Project]:
        """Those of the projects that the paths touch; all where they touch none.

        With `search`, a path that touches none brings the projects that the settings files around it name.
        """
        touched = [project for project in found if any(project.touches(path) for path in self.paths)]
        for path in self.paths:
            if search and self._inside(path) and not any(project.touches(path) for project in touched):
                from .discovery import projects_around  # late: what is asked for is mostly found

                try:
                    touched += projects_around(self.root, path)
                except (NothingFound, UsageError):  # a sample or a template: it says nothing about this path
                    continue
        return touched or found

    def holds(self, path: str) -> bool:
        """Whether a file, by its path relative to the root, is asked for."""
        if not self.paths:
            return True
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = self._asked_in(f"{self.root}/{folder}")
        whole, others = self._folders[folder]
        return whole != (name in others)

    def _asked_in(self, folder: str) -> tuple[bool, frozenset[str]]:
        """Whether a folder is asked for, and the names in it of which the opposite holds."""
        real, links = self._real.within(folder)
        whole = self._asked(Path(real))
        named = {name for above, name in map(os.path.split, self._names) if above == real and not whole}
        return whole, frozenset(
            named - links | {link for link in links if self._asked(Path(os.path.realpath(f"{real}/{link}"))) != whole}
        )

    def _asked(self, path: Path) -> bool:
        """Whether a path with links resolved is asked for, or a folder that holds it."""
        return not self._each.isdisjoint((path, *path.parents))

    def left_over(self, held: Iterable[str]) -> Iterator[str]:
        """What is asked for by name and in no project: revision files, and folders elsewhere. Relative to the root."""
        known = self._held(held) if self.paths else frozenset()
        for path in self.paths:
            elsewhere = path.is_dir() and not self._inside(path) and path not in self._real_root.parents
            strange = path.is_file() and (
                path.suffix != ".py" or not self._inside(path)
            )  # a hook names all sorts of .py
            if str(path) not in known and (elsewhere or strange or is_revision(path)):
                yield Path(os.path.relpath(path, self._real_root)).as_posix()

    def _held(self, paths: Iterable[str]) -> frozenset[str]:
        """Which of the files that are asked for by name these are, with links resolved."""
        names = {path.name for path in self.paths}
        found = set()
        for path in paths:
            folder, _, name = path.rpartition("/")
            real, links = self._real.within(f"{self.root}/{folder}")
            if name in names or name in links:
                found.add(os.path.realpath(f"{real}/{name}") if name in links else f"{real}/{name}")
        return frozenset(found)

    def _inside(self, path: Path) -> bool:
        return path == self._real_root or self._real_root in path.parents
