"""Where a project's own modules may lie, for one that is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_ABOVE = ("", "src/", "*/", "*/src/", "*/*/", "*/*/src/")  # a package, in a repository of several projects


def import_folders(root: Path, folder: Path) -> Iterator[Path]:
    """The folders where Python may look for what is not installed: the one where Alembic is run, those above it up to
    the root, and `src` in each."""
    for place in (folder, *folder.parents):
        if place.is_relative_to(root):
            yield place
            if (place / "src").is_dir():
                yield place / "src"


def folder_to_install(root: Path, package: str) -> Path | None:
    """The folder of a repository that installs a package, relative to the root; None where it is from elsewhere."""
    for above in _ABOVE:
        for found in sorted(root.glob(f"{above}{package}")):
            for place in (found, *found.parents) if any(found.glob("*.py")) else ():
                if any((place / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg")):
                    return place.relative_to(root)
                if place == root:
                    break
    return None
