"""Whether a commit concerns migrations at all, so that a hook that runs on every commit costs the others nothing."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from .git import Repository

# Revisions, models and their helpers; Alembic's settings; ours; SQL that revisions read; files that name the head.
_SUFFIXES = frozenset({".py", ".ini", ".cfg", ".conf", ".toml", ".sql", ".txt", ""})


def concerns_migrations(root: Path) -> bool:
    """Whether a file is staged that a migration, its settings or its graph may depend on."""
    repository = Repository.at(root)
    last = repository.last_commit() if repository else None
    if repository is None or last is None:
        return True
    staged = map(PurePosixPath, repository.changed(last, staged=True))
    return any(file.suffix in _SUFFIXES for file in staged)
