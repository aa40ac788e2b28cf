"""Scratch databases for `squash`: built by the revisions that stand, or by the new base, and read back whole."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from sqlalchemy import Connection

from ..config import Settings
from ..errors import CannotFinish
from ..live import Server, dialect_for
from ..live import dialect as adapter_of
from ..live.project.redirect import own_engine
from ..live.schema import Snapshot, without
from ..live.scratch.folder import Scratch
from ..live.urls import hide_in
from ..read.project import Project
from ..verify.one_question import ended

T = TypeVar("T")


class Fails(Exception):
    """A revision or the new base cannot be run; the text says where and why, `line` where in the new base. `done` are
    the databases on which all had run before."""

    def __init__(self, says: str, line: int = 0, done: Sequence[str] = ()) -> None:
        super().__init__(says)
        self.line = line
        self.done = done


@dataclass
class Builder:
    """One kind of database on which a project's revisions are run. `version_table` is known after the first run."""

    project: Project
    settings: Settings
    server: Server
    scratch: Path
    version_table: str = "alembic_version"
    convention: bool = False
    _kept: list[str] = field(default_factory=list)

    @property
    def dialect(self) -> str:
        """As SQLAlchemy calls it."""
        return self.server.dialect

    def by_revisions(self, revisions: Sequence[str]) -> str:
        """The URL of a new database on which these revisions ran, in order. Raises Fails where one does not."""
        url = self.server.new_database()
        self._run([{"url": url, "revisions": list(revisions), "folder": "", "directions": []}], len(revisions))
        return url

    def by_file(self, content: bytes, *ways: tuple[str, ...]) -> list[str]:
        """The URLs of new databases on which a base revision of this text was taken up and down in these ways."""
        folder = Path(mkdtemp(prefix="base-", dir=self.scratch))
        (folder / "base.py").write_bytes(content)
        urls = [self.server.new_database() for _ in ways]
        jobs = [
            {"url": url, "revisions": [], "folder": str(folder), "directions": list(way)}
            for url, way in zip(urls, ways, strict=True)
        ]
        self._run(jobs, len(jobs))
        return urls

    def read(self, url: str, reader: Callable[[Connection], T]) -> T:
        """What a reader finds in one of the databases."""
        with own_engine(url).connect() as connection:
            return reader(connection)

    def snapshot(self, url: str) -> Snapshot:
        """The catalogue of one of the databases, without Alembic's own table."""
        return without(self.read(url, adapter_of(self.dialect).snapshot), {self.version_table})

    def _run(self, jobs: list[dict[str, Any]], steps: int) -> None:
        project = self.project
        seconds = self.settings.step_timeout * max(1, steps)
        try:
            child = ended(f"{__package__}.child", project, self.settings, seconds, jobs=jobs)
        except subprocess.TimeoutExpired as error:
            raise _not_ended(project, f"within {error.timeout:.0f} seconds") from error
        try:
            told = json.loads(child.stdout)
        except ValueError as error:
            words = [line.strip() for line in child.stderr.splitlines() if line.strip()]
            raise _not_ended(project, hide_in(f"({words[-1][:200]})") if words else "") from error
        if "error" in told:
            done_on = [job["url"] for job in jobs[: told.get("done", 0)]]
            raise Fails(hide_in(told["error"]), told.get("line", 0), done_on)
        self.version_table, self.convention = told["version_table"], told["convention"]


def _not_ended(project: Project, how: str) -> CannotFinish:
    says = f"{project.script_location / 'env.py'} did not come to its end {how}".rstrip()
    return CannotFinish(says, "see what `migration-guard verify` says")


@contextmanager
def builders(project: Project, settings: Settings, specs: Sequence[str]) -> Iterator[list[Builder]]:
    """A builder for each database that is asked for, in this order; their servers end when left."""
    with ExitStack() as stack:
        scratch = stack.enter_context(Scratch())
        found = []
        for spec in specs:
            _, adapter = dialect_for(spec)
            server = stack.enter_context(adapter.servers(spec, scratch))
            found.append(Builder(project, settings, server, scratch.folder))
        yield found
