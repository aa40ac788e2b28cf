"""Whether a commit concerns migrations at all, so that a hook that runs on every commit costs the others nothing."""

from __future__ import annotations

import os

from .git import Repository

# Revisions, models and their helpers; Alembic's settings; ours; SQL that revisions read; files that name the head.
_SUFFIXES = frozenset({".py", ".ini", ".cfg", ".conf", ".toml", ".sql", ".txt", ".", ""})


def concerns_migrations(repository: Repository | None) -> bool:
    """Whether a file is staged that a migration, its settings or its graph may depend on."""
    if repository is None or repository.head is None:
        return True
    staged = repository.changed(repository.head, staged=True)
    return any(os.path.splitext(path)[1] in _SUFFIXES for path in staged)
