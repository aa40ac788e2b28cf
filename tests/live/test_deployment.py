"""All pending revisions in one run of env.py: what fails only together, and what is built otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from migration_guard.live.climb.deployment import Deploy
from migration_guard.live.climb.observer import Observer
from migration_guard.live.climb.plan import Plan
from migration_guard.live.climb.treading import Tread
from migration_guard.live.project.environment import Environment
from migration_guard.live.project.loading import Home
from migration_guard.live.project.redirect import Lead, engines_led
from migration_guard.live.project.stage import Stage
from migration_guard.live.schema import Snapshot
from migration_guard.live.statements import Recorder
from migration_guard.live.steps import Deployment

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"

REMEMBERS = """
from alembic import op
import sqlalchemy as sa

revision = "r3"
down_revision = "r2"


def upgrade():
    if hasattr(op.get_context(), "seen"):
        {when_seen}


def downgrade():
    pass
"""


@pytest.fixture
def new_database(tmp_path: Path) -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"sqlite:///{tmp_path / f'scratch-{next(numbers)}.sqlite'}"


def deployed(root: Path, new_database: Callable[[], str], base: frozenset[str] = frozenset()) -> Deployment | None:
    """Every revision alone, then all of them together in a new database."""
    recorder = Recorder()
    lead = Lead(new_database())
    plan = Plan(root=root, database="sqlite", dialect="sqlite", seconds=2, base=base)
    home = Home(root=root, ini=root / "alembic.ini", section="alembic", script_location=root / "migrations")
    alone: list[Snapshot] = []
    with engines_led(lead):
        environment = Environment(home, lead, recorder)

        def one_by_one(stage: Stage) -> None:
            tread = Tread(stage, plan)
            for revision in environment.revisions():
                _, failure, _ = tread.take(revision, "upgrade")
                assert failure is None
            with Observer(lead.url, stage.version_table) as observer:
                alone.append(observer.snapshot())

        environment.run(one_by_one)
        lead.url = new_database()
        outcome = Deploy(plan, environment, lead, lambda *_: None).run(alone[0])
    recorder.close()
    return outcome


def project(folder: Path, when_seen: str) -> Path:
    """A sound project with a third revision that does something else when the second ran in the same run."""
    root = Path(shutil.copytree(PROJECTS / "url_in_ini", folder / "project"))
    versions = root / "migrations" / "versions"
    (versions / "r3.py").write_text(REMEMBERS.format(when_seen=when_seen))
    text = (versions / "r2.py").read_text()
    seen = "def upgrade():\n    op.get_context().seen = True\n"
    (versions / "r2.py").write_text(text.replace("def upgrade():\n", seen))
    (root / "migrations" / "env.py").write_text(
        "from alembic import context\n"
        "from sqlalchemy import create_engine\n"
        "with create_engine('sqlite:///real.db').connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    with context.begin_transaction():\n"
        "        context.run_migrations()\n"
    )
    return root


def test_a_sound_history_is_deployed_without_a_difference(tmp_path: Path, new_database: Callable[[], str]) -> None:
    root = Path(shutil.copytree(PROJECTS / "branches_merge", tmp_path / "project"))

    outcome = deployed(root, new_database)

    assert outcome is not None
    assert (outcome.failure, outcome.left) == (None, ())
    assert len(outcome.taken) == 5
    assert outcome.one_transaction is False


def test_the_revisions_of_the_base_branch_stand_with_rows_before(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    root = Path(shutil.copytree(PROJECTS / "branches_merge", tmp_path / "project"))

    outcome = deployed(root, new_database, base=frozenset({"r1", "r2"}))

    assert outcome is not None
    assert set(outcome.taken) == {"r3", "r4", "r5"}
    assert outcome.filled == ("person",)


def test_a_single_pending_revision_is_not_deployed_once_more(tmp_path: Path, new_database: Callable[[], str]) -> None:
    root = Path(shutil.copytree(PROJECTS / "url_in_ini", tmp_path / "project"))

    assert deployed(root, new_database, base=frozenset({"r1"})) is None


@pytest.mark.parametrize("base", [frozenset[str](), frozenset({"r1"})])
def test_what_fails_only_together_is_told_with_its_line(
    base: frozenset[str], tmp_path: Path, new_database: Callable[[], str]
) -> None:
    outcome = deployed(project(tmp_path, 'op.execute("DROP TABLE nobody")'), new_database, base)

    assert outcome is not None
    assert outcome.failure is not None
    assert (outcome.revision, outcome.failure.line) == ("r3", 11)
    assert "no such table: nobody" in outcome.failure.says


def test_what_is_built_otherwise_together_is_told(tmp_path: Path, new_database: Callable[[], str]) -> None:
    outcome = deployed(project(tmp_path, 'op.drop_table("person")'), new_database)

    assert outcome is not None
    assert outcome.failure is None
    assert "table person" in outcome.left[0].sentence()


def test_a_deploy_that_does_not_end_is_ended(tmp_path: Path, new_database: Callable[[], str]) -> None:
    outcome = deployed(project(tmp_path, "__import__('time').sleep(60)"), new_database)

    assert outcome is not None
    assert outcome.failure is not None
    assert outcome.failure.says == "it did not end within 2 s (step-timeout)"
