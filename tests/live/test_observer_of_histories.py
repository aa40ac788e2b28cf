"""At every step of whole histories, reading what the step touched comes to the same as reading everything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection

from migration_guard.live import Server
from migration_guard.live.climb.landing import FreshDatabase
from migration_guard.live.climb.observer import Observer
from migration_guard.live.climb.plan import Plan
from migration_guard.live.climb.stairway import Stairway
from migration_guard.live.postgresql import reader
from migration_guard.live.postgresql.reader import PostgresqlReader
from migration_guard.live.project.batch import one_table_at_a_time
from migration_guard.live.project.environment import Environment
from migration_guard.live.project.loading import Home
from migration_guard.live.project.redirect import Lead, engines_led, own_engine
from migration_guard.live.project.stage import Stage
from migration_guard.live.rows.filling import Contents, contents
from migration_guard.live.schema import Snapshot, without
from migration_guard.live.statements import Recorder

ROOT = Path(__file__).parents[2]
REVISIONS = 40


class Checked(Observer):
    """An observer beside which a connection that nobody lent anything reads everything each time, too."""

    looks = 0

    def __init__(self, url: str, version_table: str, project: Connection) -> None:
        super().__init__(url, version_table, project=project)
        self.other = self._open.enter_context(own_engine(url).connect())

    def snapshot(self) -> Snapshot:
        found = super().snapshot()
        with self._look_around():
            assert found == without(self.adapter.snapshot(self.other), {self.version_table})
        self.other.rollback()
        unseen(self)
        Checked.looks += 1
        return found

    def contents(self) -> Contents:
        found = super().contents()
        with self._look_around():
            assert found == contents(self.other, tuple(self._shapes().values()))
        self.other.rollback()
        unseen(self)
        return found


def unseen(observer: Observer) -> None:
    """As if what tests read had not been read: it may be anything, as far as the guard can tell."""
    if isinstance(observer._reader, PostgresqlReader):
        observer._reader._ledger.clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        return server.new_database
    numbers = count(1)
    return lambda: f"sqlite:///{tmp_path / f'scratch-{next(numbers)}.sqlite'}"


def climbed(home: Home, new_database: Callable[[], str]) -> Stairway:
    lead = Lead(new_database())
    plan = Plan(home.root, lead.dialect, lead.dialect)
    stairway = Stairway(plan, lambda _: None, lambda _: None, lambda *_: None)
    recorder = Recorder()

    def play(stage: Stage) -> None:
        with Checked(lead.url, stage.version_table, stage.connection) as observer:
            stairway.climb(stage, observer)
            assert observer.verified()

    with engines_led(lead), one_table_at_a_time():
        environment = Environment(home, lead, recorder)
        while True:
            try:
                environment.run(play)
                break
            except FreshDatabase:
                lead.url = new_database()
    recorder.close()
    return stairway


def test_of_a_made_up_history(tmp_path: Path, new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "bench")
    import runnable

    root = runnable.write(tmp_path / "project", REVISIONS)
    before = Checked.looks
    through_all = []
    look = reader.changes
    monkeypatch.setattr(reader, "changes", lambda *given, **more: (through_all.append(1), look(*given, **more))[1])

    stairway = climbed(Home(root, root / "alembic.ini", "alembic", root / "alembic"), new_database)

    # PostgreSQL: one narrows a column of its own table again before it drops that, and values stand in the way.
    assert stairway.tally.down_and_up >= REVISIONS - 1
    assert Checked.looks - before >= 3 * REVISIONS
    assert len(through_all) < REVISIONS  # else pg_locks tells what was touched


def test_of_the_reference_application(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "backend")
    before = {name for name in sys.modules if name == "app" or name.startswith("app.")}

    stairway = climbed(Home(ROOT, ROOT / "alembic.ini", "alembic", ROOT / "alembic"), new_database)

    assert stairway.at_heads
    for name in {name for name in sys.modules if name == "app" or name.startswith("app.")} - before:
        del sys.modules[name]  # its engine belongs to a database that is gone
