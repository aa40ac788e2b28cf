"""Migration files of a project, from the working tree, the index or a commit, each read once."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from stat import S_ISREG

from ..facts import Migration, Place, Unread
from .git import Repository
from .project import Project
from .source import read_migration


class Sources:
    """Reads the migrations under one root. Equal content at one path is parsed once, wherever it comes from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[tuple[str, bytes], Migration] = {}

    def path(self, file: Path) -> str:
        """The file relative to the root, with `/`."""
        return Path(os.path.relpath(file, self.root)).as_posix()

    def migration(self, path: str, content: bytes) -> Migration:
        """The facts of one file."""
        key = path, content
        if key not in self._read:
            self._read[key] = read_migration(content, path)
        return self._read[key]

    def working_tree(self, project: Project) -> list[Migration]:
        """The files as they are now. One that cannot be opened is a broken migration."""
        found = []
        for file in project.files():
            path = self.path(file)
            try:
                # A pipe would keep us waiting for ever.
                why = "" if S_ISREG(file.stat().st_mode) else "it cannot be opened (it is no regular file)"
                content = b"" if why else file.read_bytes()
            except OSError as error:
                why = f"it cannot be opened ({error.strerror})"
            if why:
                found.append(Migration(path, Place(path), broken=Unread(Place(path), why)))
            else:
                found.append(self.migration(path, content))
        return found

    def index(self, project: Project, repository: Repository) -> list[Migration]:
        """The files as the next commit would have them."""
        folders = _folders(project, repository)
        return self._of(project, folders, repository.staged(list(folders)))

    def commit(self, project: Project, repository: Repository, commit: str) -> list[Migration]:
        """The files as a commit has them."""
        folders = _folders(project, repository)
        return self._of(project, folders, repository.files(commit, list(folders)))

    def _of(self, project: Project, folders: dict[str, Path], files: dict[str, bytes]) -> list[Migration]:
        found = {}
        for name, content in files.items():
            for folder, location in folders.items():
                if PurePosixPath(name).is_relative_to(folder):
                    file = location / PurePosixPath(name).relative_to(folder)
                    if project.holds(file):
                        found[self.path(file)] = content
        return [self.migration(path, found[path]) for path in sorted(found)]


def _folders(project: Project, repository: Repository) -> dict[str, Path]:
    """The version locations that lie in the repository, by their path in it. Links on the way there are followed."""
    found = {repository.folder(location): location for location in project.version_locations}
    return {folder: location for folder, location in found.items() if folder is not None}
