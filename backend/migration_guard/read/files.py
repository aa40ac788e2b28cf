"""The project's source files as the working tree, the index or a commit has them, one at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from stat import S_ISREG

from ..hints import TYPE_CHECKING
from ..paths import Path, StrPath, lies_in, shown
from .modules import LARGEST
from .project import Project

if TYPE_CHECKING:
    from .git import Repository


class WorkingTree:
    """Files as they are now."""

    def __init__(self, root: StrPath) -> None:
        self._root = os.fspath(root)

    def any_of(self, paths: Sequence[str]) -> tuple[str, bytes] | None:
        for path in paths:
            file = f"{self._root}/{path}"
            with suppress(OSError, ValueError):
                about = os.stat(file)
                if S_ISREG(about.st_mode) and about.st_size <= LARGEST:  # a pipe would keep us waiting for ever
                    with open(file, "rb") as opened:
                        return path, opened.read()
        return None

    def may_hold(self, path: str) -> bool:
        with suppress(OSError, ValueError):
            return os.path.exists(f"{self._root}/{path}")
        return False


class Committed:
    """Files as a commit has them, or as the next commit will where none is named."""

    def __init__(self, root: StrPath, repository: Repository, commit: str = "") -> None:
        self._root = os.fspath(root)
        self._repository = repository
        self._commit = commit

    def any_of(self, paths: Sequence[str]) -> tuple[str, bytes] | None:
        names: dict[str, str] = {}
        for path in paths:
            name = self._repository.folder(os.path.normpath(f"{self._root}/{path}"))
            if name is not None:
                names[path] = f"{self._commit}:{name}"
        contents = self._repository.blobs(list(dict.fromkeys(names.values())))
        for path, name in names.items():
            if len(content := contents.get(name, b"")) <= LARGEST and name in contents:
                return path, content
        return None

    def may_hold(self, path: str) -> bool:  # noqa: ARG002
        return True


def roots(root: StrPath, project: Project) -> Callable[[], Iterator[str]]:
    """The folders that a run of Alembic may have on its path, relative to the root and nearest first.

    These are known for certain only where `prepend_sys_path` names them; else the command's working directory is one,
    which may be any folder above the settings file, and the package may be installed from a folder `src`.
    """

    def found() -> Iterator[str]:
        _, ini, script, folders, *_ = project.written()
        starts = [os.path.dirname(ini)] if ini is not None else []
        for folder in (script, *folders):
            starts += _up_to(os.fspath(root), folder)
        starts.append(os.fspath(root))
        for start in starts:
            for entry in (*_prepended(project.ini if ini else None), "", "src"):
                relative = shown(os.path.join(start, entry), root)
                if not relative.startswith(".."):
                    yield "" if relative == "." else relative

    return found


def _up_to(root: str, folder: str) -> Iterator[str]:
    """A folder and those above it, with the root as the last; nothing where it does not lie there."""
    while lies_in(folder, root):
        yield folder
        if folder == root:
            return
        folder = os.path.dirname(folder)


def _prepended(ini: Path | None) -> tuple[str, ...]:
    """The folders that the settings put on the path."""
    if ini is None:
        return ()
    from .ini import BrokenSettings, ini_setups, toml_setup  # late: only names of the project's own are looked up

    with suppress(BrokenSettings):
        setups = [toml_setup(ini)] if ini.suffix == ".toml" else ini_setups(ini)
        return tuple(entry for setup in setups if setup is not None for entry in setup.prepend_sys_path)
    return ()
