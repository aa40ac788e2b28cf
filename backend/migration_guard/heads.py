"""The command `heads`: the revisions that nothing follows, from the headers of the files alone."""

from __future__ import annotations

from pathlib import Path

from .config import Settings
from .errors import NothingFound
from .facts import History
from .read.discovery import projects
from .read.graph import history
from .read.headers import message, with_headers


def heads(settings: Settings) -> tuple[str, bool]:
    """A line for each head of each project, and whether there is one for each branch: what `multiple-heads` says."""
    root = settings.root.absolute()
    found = [history(project.place, with_headers(root, project)) for project in projects(root, settings.config)]
    if not any(one.migrations for one in found):
        raise NothingFound(f"no migration under {root}", "write one: alembic revision -m 'what it changes'")
    return "".join(line for one in found for line in _lines(one, root)), all(_is_one(one, settings) for one in found)


def _is_one(one: History, settings: Settings) -> bool:
    if len(one.heads) < 2:
        return True
    from .rules.shared.branches import groups  # late: most projects have one head

    return all(len(group.heads) < 2 for group in groups(one.heads, one.labels, one.migrations, settings.heads))


def _lines(one: History, root: Path) -> list[str]:
    shown = [(head.id, message(root / head.path), head.path) for head in one.heads]
    widths = [max((len(row[at]) for row in shown), default=0) for at in range(2)]
    return [f"{id_:{widths[0]}}  {says:{widths[1]}}  {path}\n" for id_, says, path in shown]
