"""One revision with very many operations takes as much longer as it has more of them."""

import cProfile
import pstats
from pathlib import Path

import pytest

from .samples import report_on

FIRST = """\
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade() -> None:
    op.create_table("persona", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table("persona")
"""


def second(number: int, *, way_down: bool) -> str:
    up = [f'    op.add_column("persona", sa.Column("c{one}", sa.Integer(), nullable=True))' for one in range(number)]
    down = [f'    op.drop_column("persona", "c{one}")' for one in reversed(range(number))] if way_down else ["    pass"]
    head = FIRST.partition("\n\n\n")[0].replace('"a1"', '"b2"').replace("None", '"a1"')
    lines = [head, "", "", "def upgrade() -> None:", *up, "", "", "def downgrade() -> None:", *down]
    return "\n".join([*lines, ""])


def calls(folder: Path, number: int, *, way_down: bool) -> int:
    """How many function calls it takes to judge a revision with so many operations; no clock is asked."""
    folder.mkdir()
    files = {"a1.py": FIRST.encode(), "b2.py": second(number, way_down=way_down).encode()}
    profile = cProfile.Profile()
    profile.enable()
    report = report_on(folder, files)
    profile.disable()
    assert any(one.rule.id == "missing-downgrade" for one in report.findings) is not way_down
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("way_down", [True, False])
def test_twice_the_operations_cost_less_than_three_times_the_calls(tmp_path: Path, way_down: bool) -> None:
    calls(tmp_path / "first", 2, way_down=way_down)  # what is loaded once
    some = calls(tmp_path / "some", 300, way_down=way_down)
    twice = calls(tmp_path / "twice", 600, way_down=way_down)

    assert twice < 3 * some
