"""One Alembic script directory and its revision files."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from ..facts import Place
from ..records import dataclass
from .asking import real
from .tree import is_revision_file, listings


@dataclass(frozen=True)
class Project:
    """One script directory with one history. Paths are absolute.

    `ini` may be a pyproject.toml, and is None where code sets all. `section` is the one to pass as `alembic -n`.
    `version_locations` may hold folders that do not exist (yet).
    """

    root: Path
    ini: Path | None
    script_location: Path
    version_locations: tuple[Path, ...]
    recursive: bool = False
    section: str = "alembic"
    dialect: str | None = None  # of the URL in the ini, where one stands there

    @property
    def place(self) -> Place:
        """The settings file, else the first revision folder, relative to the root."""
        return Place(Path(os.path.relpath(self.ini or self.version_locations[0], self.root)).as_posix())

    def files(self) -> list[Path]:
        """The revision files that Alembic would load, each once, sorted. Links to folders are not followed."""
        return [Path(path) for path in self.paths()]

    def paths(self) -> list[str]:
        """The same files as texts: where there are thousands, to make paths of them takes longer than to find them."""
        return sorted(f"{folder}/{name}" for folder, names in self._found() for name in names)

    def named(self, root: Path) -> list[tuple[str, str]]:
        """The same files, each with its path relative to a root, with `/`."""
        found = []
        for folder, names in self._found():
            shown = Path(os.path.relpath(folder, root)).as_posix()
            above = "" if shown == "." else f"{shown}/"
            found += [(f"{folder}/{name}", above + name) for name in names]
        return sorted(found)

    def _found(self) -> list[tuple[str, list[str]]]:
        """The folders that hold such files, and their names in each. Links are left out that lead to another of them:
        Alembic looks through links before it looks at the name, and loads each file once."""
        found: list[tuple[str, list[str]]] = []
        folders: set[str] = set()
        links: set[str] = set()
        for location in self.version_locations:
            for folder, names, linked in listings(location, self.recursive):
                links.update(f"{folder}/{name}" for name in linked)
                real_folder = os.path.realpath(folder)
                if real_folder not in folders:
                    folders.add(real_folder)
                    found.append((folder, names))
        if links:
            known = {f"{os.path.realpath(folder)}/{name}" for folder, names in found for name in names}
            for link in sorted(links):
                real = os.path.realpath(link)
                if is_revision_file(os.path.basename(real)) and real not in known:  # noqa: PTH119
                    known.add(real)
                    folder, _, name = link.rpartition("/")
                    found.append((folder, [name]))
        return found

    def holds(self, path: Path) -> bool:
        """Whether `files()` lists this absolute path when it exists: for files that stand in git only."""
        if not is_revision_file(path.name):
            return False
        for location in self._locations:
            if path.parent == location:
                return True
            if self.recursive and location in path.parents:
                return not any(part.endswith("__pycache__") for part in path.relative_to(location).parent.parts)
        return False

    def touches(self, path: Path) -> bool:
        """Whether an absolute path lies in a revision folder, or one of these in it."""
        return any(
            location == path or location in path.parents or path in location.parents for location in self._locations
        )

    @cached_property
    def _locations(self) -> frozenset[Path]:
        """The folders as they are named, and as git names them: with links resolved."""
        return frozenset(self.version_locations) | {real_path(location) for location in self.version_locations}


def real_path(path: Path) -> Path:
    """The path with links resolved. `Path.resolve` raises for a link that leads to itself."""
    return Path(real(path))
