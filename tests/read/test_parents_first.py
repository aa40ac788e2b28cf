"""The order in which the revisions of a history can run."""

from __future__ import annotations

import pytest

from migration_guard.facts import Place
from migration_guard.read.graph import history
from migration_guard.read.source import read_migration


def order(**parents: str) -> tuple[str, ...]:
    """The order of revisions that are given with the lines of their headers."""
    files = [
        read_migration(f"revision = {name!r}\n{lines}\n".encode(), f"versions/{name}.py")
        for name, lines in parents.items()
    ]
    return history(Place("alembic.ini"), files).parents_first


def test_each_revision_comes_after_those_that_it_follows_or_depends_on() -> None:
    assert order(
        a="down_revision = 'b'",
        b="down_revision = None",
        d="down_revision = ('a', 'c')",
        c="down_revision = None\ndepends_on = 'a'",
    ) == ("b", "a", "c", "d")


@pytest.mark.parametrize("lines", ["down_revision = 'gone'", "down_revision = None"])
def test_a_parent_without_a_file_does_not_count(lines: str) -> None:
    assert order(a=lines) == ("a",)


def test_revisions_in_a_circle_come_by_their_names() -> None:
    assert order(b="down_revision = 'a'", a="down_revision = 'b'") == ("a", "b")
