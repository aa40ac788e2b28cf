"""When a revision was made: the date in its docstring, else the one of the commit that added its file."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path

from ..facts import History

_CREATED = re.compile(rb"^[ \t#]*Create(?:d)?(?:[ _]Date)?[ \t]*:[ \t]*(\d{4}-\d\d-\d\d)", re.MULTILINE | re.IGNORECASE)


class Dates:
    """The dates of the revisions of one history, by id. One without any is left out."""

    def __init__(self, root: Path, one: History) -> None:
        self._root = root
        self._paths = {each.id: each.path for each in one.migrations}

    @cached_property
    def created(self) -> Mapping[str, date]:
        """By id."""
        found: dict[str, date] = {}
        for name, path in self._paths.items():
            matched = _CREATED.search((self._root / path).read_bytes()[:4000])
            when = _date(matched[1].decode()) if matched else None
            when = when or self._committed.get(path)
            if when is not None:
                found[name] = when
        return found

    @cached_property
    def _committed(self) -> Mapping[str, date]:
        """When git first heard of each file, by the author's date: the committer's changes with a rebase."""
        folders = sorted({str(Path(path).parent) for path in self._paths.values()})
        done = subprocess.run(
            ["git", "log", "--format=%x00%as", "--name-only", "--relative", "--diff-filter=A", "--", *folders],
            cwd=self._root,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        found: dict[str, date] = {}
        for commit in done.stdout.split("\0")[1:]:
            day, _, names = commit.partition("\n")
            when = _date(day.strip())
            for name in names.split("\n"):
                if name and when is not None:
                    found[name] = when  # git goes backwards, so the first commit stays
        return found


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
