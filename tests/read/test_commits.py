from __future__ import annotations

from pathlib import Path

import pytest

from migration_guard.errors import UsageError
from migration_guard.read.commits import merge_base, resolve
from tests.read.repositories import at, commit, git


def test_branch_tag_and_commit_are_resolved(top: Path) -> None:
    done = git(top, "rev-parse", "HEAD")
    git(top, "tag", "-a", "-m", "some", "v1")

    assert [resolve(at(top), ref) for ref in ("main", "v1", done[:9], "HEAD")] == [done] * 4


@pytest.mark.parametrize("ref", ["", "-h", "--all", "a b", "a\nb", "main\0"])
def test_what_cannot_be_a_ref_is_refused_before_git_sees_it(top: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="is not a name of a commit"):
        resolve(at(top), ref)


def test_missing_base_says_how_to_fetch_it(top: Path) -> None:
    git(top, "remote", "add", "upstream", "https://example.org/x.git")

    for ref, hint in [
        ("origin/main", "git fetch origin main:refs/remotes/origin/main"),
        ("upstream/a/b", "git fetch upstream a/b:refs/remotes/upstream/a/b"),
        ("dev", "git fetch origin dev:refs/remotes/origin/dev, then --base origin/dev"),
        ("1" * 40, f"git fetch origin {'1' * 40}"),
        (
            "HEAD~9",
            "give a branch, a tag or a commit of `git log`; git fetch --unshallow brings all of a shallow clone",
        ),
    ]:
        with pytest.raises(UsageError) as caught:
            merge_base(at(top), ref)
        assert (str(caught.value), caught.value.hint) == (f"the base {ref} does not exist here", hint)


def test_missing_base_of_a_repository_without_a_remote_is_not_to_be_fetched(top: Path) -> None:
    with pytest.raises(UsageError, match="the base dev does not exist here") as caught:
        resolve(at(top), "dev")

    assert "this repository has no remote" in caught.value.hint


def test_file_is_no_commit(top: Path) -> None:
    commit(top, "a.py")

    with pytest.raises(UsageError, match=r"the base main:a\.py does not exist here"):
        resolve(at(top), "main:a.py")


def test_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")

    with pytest.raises(UsageError, match="no commit yet"):
        resolve(at(tmp_path), "HEAD")


def test_merge_base_is_where_the_branches_parted(top: Path) -> None:
    parted = git(top, "rev-parse", "HEAD")
    git(top, "checkout", "-q", "-b", "mine")
    commit(top, "mine.py")
    git(top, "checkout", "-q", "main")
    commit(top, "theirs.py")
    git(top, "checkout", "-q", "mine")

    assert merge_base(at(top), "main") == parted


def test_shallow_clone_says_how_to_deepen_it(top: Path, tmp_path: Path) -> None:
    commit(top, "b.py")
    git(top, "checkout", "-q", "-b", "mine")
    commit(top, "c.py")
    git(top, "checkout", "-q", "main")
    commit(top, "d.py")
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", "--branch=mine", f"file://{top}", "shallow")

    with pytest.raises(UsageError, match="shallow") as caught:
        merge_base(at(tmp_path / "shallow"), "origin/main")

    assert "git fetch --unshallow" in caught.value.hint
    assert "fetch-depth: 0" in caught.value.hint


def test_fetch_that_is_advised_makes_the_base_known(top: Path, tmp_path: Path) -> None:
    git(top, "checkout", "-q", "-b", "mine")
    git(tmp_path, "clone", "-q", "--single-branch", "--branch=mine", f"file://{top}", "clone")
    with pytest.raises(UsageError) as caught:
        resolve(at(tmp_path / "clone"), "origin/main")

    git(tmp_path / "clone", *caught.value.hint.split()[1:])

    assert resolve(at(tmp_path / "clone"), "origin/main") == git(top, "rev-parse", "main")


def test_unrelated_histories_are_said_to_be_so(top: Path) -> None:
    git(top, "checkout", "-q", "--orphan", "other")
    commit(top, "b.py")

    with pytest.raises(UsageError, match="this branch and main have no commit in common"):
        merge_base(at(top), "main")
