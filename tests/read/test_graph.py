import time
import warnings
from collections.abc import Sequence
from pathlib import PurePosixPath

import pytest
from alembic.script.revision import CycleDetected, Revision, RevisionError, RevisionMap
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_guard.facts import Base, History, Migration, Place, Unread
from migration_guard.read.graph import history, with_base

INI = Place("alembic.ini")


def migration(
    revision: str | Unread | None, *parents: str, path: str = "", tree: str = "t", **facts: object
) -> Migration:
    path = path or f"versions/{revision}_x.py"
    return Migration(path, Place(path, 3), revision, parents, tree=tree, **facts)  # type: ignore[arg-type]


def unread(path: str) -> Unread:
    return Unread(Place(path), "a value made at run time")


def of(*migrations: Migration) -> History:
    return history(INI, migrations)


def ids(migrations: Sequence[Migration]) -> list[str]:
    return [PurePosixPath(one.path).name.partition("_")[0] for one in migrations]


# Alembic as the oracle


@st.composite
def any_graphs(draw: st.DrawFn, loops: bool = False) -> list[Migration]:
    """Revisions with merges, labels and dependencies, in any order; with `loops`, links may also go up."""
    count = draw(st.integers(1, 9))
    names = [f"r{number}" for number in range(count)]
    labelled = draw(st.sets(st.integers(0, count - 1), max_size=2))
    found = []
    for number, name in enumerate(names):
        others = names if loops else names[:number]
        parents = draw(st.lists(st.sampled_from(others), max_size=2, unique=True)) if others else []
        labels = [f"label{other}" for other in labelled if other < number]
        needs = draw(st.lists(st.sampled_from([*others, *labels]), max_size=2, unique=True)) if others else []
        if draw(st.booleans()):
            needs = []
        own = (f"label{number}",) if number in labelled else ()
        found.append(migration(name, *parents, depends_on=tuple(needs), branch_labels=own))
    return draw(st.permutations(found))


def alembic(migrations: Sequence[Migration]) -> RevisionMap:
    """Alembic's own map of the same revisions, loaded. Raises what Alembic raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        map_ = RevisionMap(
            lambda: [
                Revision(str(m.revision), m.parents or None, m.depends_on or None, m.branch_labels or None)
                for m in migrations
            ]
        )
        assert map_.heads or not migrations
    return map_


@given(any_graphs())
@settings(max_examples=300, deadline=None)
def test_heads_and_labels_are_those_of_alembic(migrations: list[Migration]) -> None:
    theirs = alembic(migrations)

    ours = of(*migrations)

    assert {str(head.revision) for head in ours.heads} == set(theirs.heads)
    assert ours.cycles == ours.unknown_parents == ours.duplicates == ()
    labels = {str(m.revision): set(theirs.get_revision(str(m.revision)).branch_labels) for m in migrations}  # type: ignore[union-attr]
    assert {key: set(value) for key, value in ours.labels.items()} == {key: value for key, value in labels.items() if value}


@given(any_graphs(loops=True))
@settings(max_examples=500, deadline=None)
def test_every_loop_that_alembic_finds_is_found(migrations: list[Migration]) -> None:
    try:
        alembic(migrations)
        refused = False
    except CycleDetected:
        refused = True

    cycles = of(*migrations).cycles

    assert bool(cycles) or not refused
    for cycle in cycles:
        for one, below in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            labels = {label for label in below.branch_labels}
            assert {str(below.revision), *labels} & {*one.parents, *one.depends_on}
