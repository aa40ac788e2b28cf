"""The graph of a branch against its base, as it is once it is merged."""

from __future__ import annotations

from pathlib import Path

from migration_guard.branch import Node
from migration_guard.describe import described

from .histories import BOTH, branch, compared, revision


def chain(*names: str, after: str | None = None) -> dict[str, str]:
    """Revisions that follow each other."""
    files, below = {}, after
    for name in names:
        files[name] = revision(name, *([below] if below else []))
        below = name
    return files


def shown(nodes: tuple[Node, ...]) -> list[str]:
    """Each node in a few words: "c new head <- a (2 left out)"."""
    marks = [f"{node.id}{' new' if node.new else ''}{' head' if node.head else ''}" for node in nodes]
    return [
        f"{mark} <- {', '.join(node.parents)}{f' ({node.below} left out)' if node.below else ''}".strip(" <-")
        for mark, node in zip(marks, nodes, strict=True)
    ]


def test_of_the_base_only_what_is_near_is_shown_and_the_rest_counted(tmp_path: Path) -> None:
    found = branch(tmp_path, chain(*"abcdef"), chain("x", "y", after="f"))

    assert shown(found.graph) == ["f <-  (5 left out)", "x new <- f", "y new head <- x"]


def test_a_base_that_went_on_makes_two_heads_and_both_are_seen(tmp_path: Path) -> None:
    fork = chain(*"abc")
    base = {**fork, **chain("d", "e", "f", "g", after="c")}

    found = described([compared(tmp_path, base, {**fork, **chain("x", after="c")}, fork)], [BOTH])

    assert found is not None
    assert shown(found.graph) == ["c <-  (2 left out)", "d <- c", "x new head <- c", "g head <- d (2 left out)"]


def test_a_head_beside_the_branch_is_seen_where_it_left_the_base_long_ago(tmp_path: Path) -> None:
    base = {**chain(*"abcd"), **chain("p", "q", after="b")}

    found = branch(tmp_path, base, chain("x", after="d"))

    assert shown(found.graph) == ["d <-  (3 left out)", "q head <-  (3 left out)", "x new head <- d"]


def test_a_merge_follows_both_of_its_parents(tmp_path: Path) -> None:
    base = {**chain(*"abc"), **chain("p", "q", after="a")}

    found = branch(tmp_path, base, {"m": revision("m", "c", "q")})

    assert shown(found.graph) == ["c <-  (2 left out)", "q <-  (2 left out)", "m new head <- c, q"]


def test_a_revision_that_the_branch_deletes_is_not_there_any_more(tmp_path: Path) -> None:
    base = chain(*"abc")
    ours = {"a": base["a"], "b": base["b"], **chain("x", after="b")}

    found = described([compared(tmp_path, base, ours, base)], [BOTH])

    assert found is not None
    assert shown(found.graph) == ["b <-  (1 left out)", "x new head <- b"]


def test_a_circle_and_a_parent_that_nobody_has_are_no_crash(tmp_path: Path) -> None:
    new = {"x": revision("x", "y"), "y": revision("y", "x"), "z": revision("z", "gone")}

    found = branch(tmp_path, chain("a"), new)

    assert {node.id for node in found.graph if node.new} == {"x", "y", "z"}
    assert next(node for node in found.graph if node.id == "z").parents == ()


def test_a_first_branch_adds_the_whole_history(tmp_path: Path) -> None:
    found = branch(tmp_path, {}, chain(*"ab"))

    assert shown(found.graph) == ["a new", "b new head <- a"]
