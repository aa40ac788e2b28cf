"""Which files are the project's own, and which were installed into a folder of it."""

from __future__ import annotations

import os
from pathlib import Path

INSTALLED = frozenset({"site-packages", "dist-packages", ".venv", "__pypackages__", "node_modules"})  # folders


def is_own(file: str, root: Path | str) -> bool:
    """Whether a file lies below the project's root, and nothing between the two is a folder of installed code. Where
    the root itself lies does not count. Links are not followed: both are spelled alike."""
    start = f"{str(root).rstrip(os.sep)}{os.sep}"
    return file.startswith(start) and INSTALLED.isdisjoint(Path(file[len(start) :]).parts[:-1])
