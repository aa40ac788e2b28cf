"""An env.py that was made to run once in a process."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from migration_guard.live.project.anew import Again


def test_metadata_of_a_library_is_emptied_before_its_tables_are_defined_again(tmp_path: Path) -> None:
    library, forgotten = MetaData(), []
    again = Again(tmp_path, lambda: forgotten.append(True))

    def once() -> None:
        Table("person", library, Column("id", Integer))
        again.came = True

    for _ in range(3):
        again.run(once)

    assert len(forgotten) == 3  # of the second run, in two tries, and of the third
    assert [*library.tables] == ["person"]


def test_what_comes_of_the_first_run_or_of_the_migrations_is_not_tried_again(tmp_path: Path) -> None:
    tried = []
    again = Again(tmp_path, lambda: tried.append("anew"))

    def once() -> None:
        tried.append("once")
        again.came = len(tried) > 1
        raise ValueError(len(tried))

    for _ in range(2):
        with pytest.raises(ValueError, match=str(len(tried) + 1)):
            again.run(once)

    assert tried == ["once", "once"]


def test_the_first_error_comes_out_where_nothing_helps(tmp_path: Path) -> None:
    tried: list[str] = []
    again = Again(tmp_path, lambda: None)

    def once() -> None:
        tried.append("once")
        again.came = len(tried) == 1
        if not again.came:
            raise RuntimeError(f"try {len(tried)}")

    again.run(once)
    with pytest.raises(RuntimeError, match="try 2"):
        again.run(once)

    assert len(tried) == 3
