"""Folders of revisions that no settings file and no env.py names: a package's own chain, which another program loads.

Invenio's modules have an `alembic` folder each that entry points name, CTFd's plugins a `migrations` folder. A chain is
judged as a history of its own; what only looks like one, such as retired revisions, is reported.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ..records import dataclass
from .project import Project, real_path
from .tree import RealPaths, folders_below, header_words, is_revision, is_revision_file

_LIKELY = re.compile(r"migrat|alembic|version|revision|schema|upgrade", re.IGNORECASE)
# Samples, and what tests are made of, are nobody's history.
_SAMPLES = re.compile(
    r"(?:unit|integration|functional)?_?tests?|testing|test_?data|fixtures?|examples?|samples?|docs?|"
    r"templates?|benchmarks?|contrib"
)


@dataclass(frozen=True)
class Strays:
    """`chains` are to be judged; `others` are folders, with their numbers of revisions, that nobody seems to load."""

    chains: tuple[Project, ...] = ()
    others: tuple[tuple[Path, int], ...] = ()


def strays(root: Path, found: Sequence[Project], only: Collection[Path] | None = None) -> Strays:
    """The folders of revisions below the root, or `only` among these, that none of the projects holds."""
    real_file = RealPaths()
    held = {real_file(file) for project in found for file in project.files()}
    scripts = [real_path(project.script_location) for project in found]
    candidates = []
    for folder, names in _folders(root, only):
        if any(map(_LIKELY.search, folder.relative_to(root).parts or (root.name,))):
            likely = [folder / name for name in names if is_revision_file(name)]
            files = [file for file in likely if real_file(file) not in held and is_revision(file)]
            if files and (words := header_words(folder, files))[0]:
                candidates.append((folder, files, *words))
    if not candidates:
        return Strays()
    known = {word for one in {Path(file).parent for file in held} for word in header_words(one)[0]}
    chains, others = [], []
    for folder, files, ids, parents in candidates:
        real = real_path(folder)
        inside = any(script == real or script in real.parents for script in scripts)
        if inside or ids & known or len(ids) != len(files) or not (ids & parents or len(files) == 1):
            others.append((folder, len(files)))
        else:
            chains.append(Project(root, None, folder, (folder,)))
    return Strays(tuple(chains), tuple(others))


def _folders(root: Path, only: Collection[Path] | None) -> Iterator[tuple[Path, list[str]]]:
    """The folders to look into, with the names of their files."""
    if only is not None:
        for folder in sorted(only):
            if folder.is_dir() and root in (folder, *folder.parents):
                yield folder, sorted(entry.name for entry in folder.iterdir())
        return
    for folder, folders, names in folders_below(root):
        folders[:] = [name for name in folders if not _SAMPLES.fullmatch(name.lower())]
        yield folder, names
