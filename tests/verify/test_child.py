"""What a worker process says is understood, or told as an error."""

from __future__ import annotations

import shutil
from pathlib import Path

from migration_guard.config import load
from migration_guard.verify import verify

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"
GOSSIP = """
import sys
frame = sys._getframe()
while "channel" not in frame.f_locals:
    frame = frame.f_back
frame.f_locals["channel"].send("gossip", about="x")
"""


def test_what_a_worker_says_in_words_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    root = Path(shutil.copytree(PROJECTS / "models_agree", tmp_path / "models_agree"))
    (env,) = root.rglob("env.py")
    start = "from alembic import context\n"
    assert start in env.read_text()
    env.write_text(env.read_text().replace(start, start + GOSSIP))

    report = verify(root, load(root), databases=("sqlite",))

    (problem,) = report.problems
    assert "says 'gossip', which nobody knows" in problem.message
    assert problem.hint.startswith("run it once more")
    assert problem.exit_code == 4
