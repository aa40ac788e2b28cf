"""What folders and file names say by themselves: where to look for migrations, and what is one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import CannotFinish

# What Alembic takes for a revision file (script/base.py): editors' lock files and __init__ are none.
_REVISION_FILE = re.compile(r"(?!\.#|__init__).*\.py$")
_HEADER = re.compile(rb"^(down_)?revision\b[^=\n]*=([^\n]*)", re.MULTILINE)
_WORD = re.compile(rb"[\"']([^\"'\n]+)[\"']")
_DEPTH = 12


class RealPaths:
    """Files with links resolved. Their folders are looked up once each, which is most of the work."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def __call__(self, file: Path | str) -> str:
        folder, name = os.path.split(file)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        found = os.path.join(self._folders[folder], name)  # noqa: PTH118 - a thousand times in a run
        return os.path.realpath(found) if os.path.islink(found) else found  # noqa: PTH114


def is_revision_file(name: str) -> bool:
    """Whether Alembic takes a file of this name, in a versions folder, for a revision."""
    return _REVISION_FILE.match(name) is not None


def listings(folder: Path, recursive: bool) -> Iterator[tuple[str, list[str], list[str]]]:
    """A folder, and with `recursive` those below it: path, names of revision files, names of links to anything.

    Nothing for a folder that does not exist. Raises CannotFinish for one that may not be opened.
    """
    todo = [os.fspath(folder)]
    while todo:
        path = todo.pop()
        names, links = [], []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        if not Path(entry.path).is_dir():  # unlike the entry's own, it survives a link to itself
                            links.append(entry.name)
                    elif entry.is_dir():
                        if recursive and not entry.name.endswith("__pycache__"):
                            todo.append(entry.path)
                    elif is_revision_file(entry.name):
                        names.append(entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            import shlex

            raise CannotFinish(f"{path} cannot be opened ({error.strerror})", f"ls -l {shlex.quote(path)}") from error
        yield path, names, links


def folders_below(top: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """The folders worth looking into, top first: nothing hidden, installed or built, and no links."""
    for name, folders, files in os.walk(top):
        folder = Path(name)
        depth = len(folder.parts) - len(top.parts)
        folders[:] = sorted(f for f in folders if depth < _DEPTH and not _is_foreign(folder / f))
        yield folder, folders, sorted(files)


def _is_foreign(folder: Path) -> bool:
    name = folder.name
    if name.startswith(".") or name in {"node_modules", "site-packages", "__pycache__", "__pypackages__"}:
        return True
    if name.endswith(".egg-info") or (name == "lib" and folder.parent.name == "build"):
        return True
    # Not Path.exists(), which raises where a folder may not be entered.
    return os.path.exists(folder / "pyvenv.cfg") or os.path.exists(folder / "conda-meta")  # noqa: PTH110


def holds_revisions(folder: Path) -> bool:
    """Whether a folder itself, not its subfolders, holds files that name a down_revision."""
    try:
        with os.scandir(folder) as entries:
            return any(
                is_revision_file(entry.name) and _mentions(Path(entry.path), b"down_revision") for entry in entries
            )
    except OSError:
        return False


def is_revision(file: Path) -> bool:
    """Whether a file is a revision, by its name and what it mentions."""
    return is_revision_file(file.name) and _mentions(file, b"down_revision")


def continued(folder: Path, below: Iterable[Path]) -> bool:
    """Whether revisions in a folder and in those below it follow each other, so that they are one history.

    Retired revisions in a subfolder do not: they end before the one that replaced them, or share its id.
    """
    ids, parents = header_words(folder)
    ids_below: set[bytes] = set()
    parents_below: set[bytes] = set()
    for one in below:
        more_ids, more_parents = header_words(one)
        ids_below |= more_ids
        parents_below |= more_parents
    return bool(parents & (ids_below - ids) or parents_below & (ids - ids_below))


def header_words(folder: Path, files: Iterable[Path] | None = None) -> tuple[set[bytes], set[bytes]]:
    """The ids and the parents that the files of a folder name (or some of them), as far as plain text shows them."""
    ids: set[bytes] = set()
    parents: set[bytes] = set()
    for file in folder.iterdir() if files is None else files:
        if is_revision_file(file.name) and file.is_file():
            for down, value in _HEADER.findall(file.read_bytes()):
                (parents if down else ids).update(_WORD.findall(value))
    return ids, parents


def is_environment(file: Path) -> bool:
    """Whether a file is an env.py of Alembic's, by what it mentions."""
    return _mentions(file, b"alembic")


def _mentions(file: Path, word: bytes) -> bool:
    try:
        return file.is_file() and word in file.read_bytes()
    except OSError:
        return False
