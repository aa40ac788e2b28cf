"""What a run compares with, and how it gets there from the clone that the workflow made: with real repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migration_guard.errors import UsageError
from migration_guard.github.base import Clone
from migration_guard.github.event import Event
from tests.acting import commit, git
from tests.github.conftest import push, revision

pytestmark = pytest.mark.once  # git is the same on every Python


def clone(project: Path, ref: str, *, depth: int | None) -> Clone:
    """What actions/checkout leaves of a ref: no branch but a commit, and nothing of origin beside it."""
    push(project)
    git(project, "push", "--quiet", "--force", "origin", f"{ref}:refs/pull/7/merge")
    folder = project.parent / "clone"
    folder.mkdir()
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", git(project, "remote", "get-url", "origin"))
    deep = [f"--depth={depth}"] if depth else []
    git(folder, "fetch", "--quiet", *deep, "origin", "refs/pull/7/merge")
    git(folder, "checkout", "--quiet", "--detach", "FETCH_HEAD")
    return Clone(folder)


def pull_request(project: Path, base: str, head: str) -> Event:
    return Event(
        "pull_request",
        {"pull_request": {"number": 7, "base": {"ref": "main", "sha": base}, "head": {"sha": head}}},
        "refs/pull/7/merge",
    )


def branched(project: Path) -> tuple[str, str, str]:
    """A branch with one commit, its merge with a main that went on: the old main, the branch, the merge."""
    old = git(project, "rev-parse", "main")
    git(project, "checkout", "--quiet", "-b", "mood")
    revision(project, "r3", "r2")
    head = commit(project, "feat: mood")
    git(project, "checkout", "--quiet", "main")
    (project / "README").write_text("went on")
    commit(project, "docs: readme")
    git(project, "checkout", "--quiet", "--detach", "main")
    git(project, "merge", "--quiet", "--no-ff", "-m", "merge", "mood")
    return old, head, git(project, "rev-parse", "HEAD")


@pytest.mark.parametrize("depth", [1, 2, None])
def test_a_pull_request_is_compared_with_the_commit_that_it_was_merged_with(project: Path, depth: int | None) -> None:
    old, head, merge = branched(project)
    made = clone(project, merge, depth=depth)

    base = made.base(pull_request(project, old, head))  # the payload is older than the merge

    assert base == "origin/main"
    assert git(made.folder, "rev-parse", "origin/main") == git(project, "rev-parse", "main") != old
    assert git(made.folder, "merge-base", "HEAD", "origin/main") == git(project, "rev-parse", "main")


def test_a_shallow_checkout_fetches_no_more_than_it_takes(project: Path) -> None:
    for number in range(8):
        (project / "README").write_text(str(number))
        commit(project, "docs: more")
    old, head, merge = branched(project)
    made = clone(project, merge, depth=1)

    made.base(pull_request(project, old, head))

    assert int(git(made.folder, "rev-list", "--count", "HEAD")) < 5


def test_the_head_of_a_long_branch_is_deepened_until_it_meets_its_base(project: Path) -> None:
    old = git(project, "rev-parse", "main")
    git(project, "checkout", "--quiet", "-b", "mood")
    for number in range(5):
        (project / "README").write_text(str(number))
        head = commit(project, "docs: more")
    made = clone(project, head, depth=1)

    assert made.base(pull_request(project, old, head)) == "origin/main"
    assert git(made.folder, "rev-parse", "origin/main") == old


def test_an_entry_of_the_merge_queue_is_compared_with_the_one_before_it(project: Path) -> None:
    old, _, merge = branched(project)
    first = git(project, "rev-parse", "main")
    made = clone(project, merge, depth=1)
    event = Event("merge_group", {"merge_group": {"base_ref": "refs/heads/main", "base_sha": first}})

    assert made.base(event) == "origin/main"
    assert git(made.folder, "rev-parse", "origin/main") == first != old


def test_a_base_branch_that_was_deleted_is_no_loss_while_its_commit_is_there(project: Path) -> None:
    old, head, merge = branched(project)
    made = clone(project, merge, depth=1)
    git(project.parent / "origin.git", "update-ref", "-d", "refs/heads/main")

    assert made.base(pull_request(project, old, head)) == "origin/main"


def test_a_base_commit_that_is_gone_is_one_line_that_names_fetch_depth(project: Path) -> None:
    head = commit_of_a_branch(project)
    made = clone(project, head, depth=1)

    with pytest.raises(UsageError, match="the base commit 123412341234 of main is not in this clone") as error:
        made.base(pull_request(project, "1234" * 10, head))

    assert "fetch-depth: 0" in error.value.hint


def test_an_origin_that_is_out_of_reach_is_the_same_line(project: Path) -> None:
    old, head, merge = branched(project)
    made = clone(project, merge, depth=1)
    git(made.folder, "remote", "set-url", "origin", (project.parent / "gone").as_uri())

    with pytest.raises(UsageError) as error:
        made.base(pull_request(project, old, head))

    assert "fetch-depth: 0" in error.value.hint
    assert "\n" not in str(error.value)


def commit_of_a_branch(project: Path) -> str:
    git(project, "checkout", "--quiet", "-b", "mood")
    revision(project, "r3", "r2")
    return commit(project, "feat: mood")


def pushed(branch: str, before: str) -> Event:
    return Event("push", {"before": before, "repository": {"default_branch": "main"}}, f"refs/heads/{branch}")


def test_a_push_to_the_default_branch_is_compared_with_what_stood_there_before(project: Path) -> None:
    before = git(project, "rev-parse", "HEAD")
    revision(project, "r3", "r2")
    after = commit(project, "feat: more")
    made = clone(project, after, depth=1)

    assert made.base(pushed("main", before)) == "origin/main"
    assert git(made.folder, "rev-parse", "origin/main") == before


def test_a_push_to_another_branch_is_compared_with_the_default_branch(project: Path) -> None:
    head = commit_of_a_branch(project)
    made = clone(project, head, depth=1)

    assert made.base(pushed("mood", "0" * 40)) == "origin/main"
    assert git(made.folder, "rev-parse", "origin/main") == git(project, "rev-parse", "main")


@pytest.mark.parametrize("before", ["0" * 40, "0" * 64, "abcd" * 10], ids=["new", "new, SHA-256", "rewritten"])
def test_a_push_with_nothing_before_it_has_no_base(project: Path, before: str) -> None:
    made = clone(project, "main", depth=1)

    assert made.base(pushed("main", before)) is None


@pytest.mark.parametrize(
    "event", [Event("schedule", {}, "refs/heads/main"), Event("push", {"before": "a" * 40}, "refs/tags/v1")]
)
def test_a_schedule_and_a_tag_have_no_base(project: Path, event: Event) -> None:
    assert clone(project, "main", depth=1).base(event) is None


def test_a_branch_that_the_workflow_names_is_fetched_also_one_with_quotes(project: Path) -> None:
    name = 'feat/it\'s-"quoted"`id`$x'
    git(project, "branch", name)
    head = commit_of_a_branch(project)
    made = clone(project, head, depth=1)

    assert made.base(Event("schedule"), name) == f"origin/{name}"
    assert made.base(Event("schedule"), f"origin/{name}") == f"origin/{name}"


@pytest.mark.parametrize("name", ["gone", "--upload-pack=touch x", "a b", "origin/gone", "a..b"])
def test_a_named_base_that_does_not_exist_is_an_error_with_its_name(project: Path, name: str) -> None:
    made = clone(project, "main", depth=None)

    with pytest.raises(UsageError, match="neither in this clone nor a branch of origin") as error:
        made.base(Event("schedule"), name)

    assert repr(name) in str(error.value)


def test_files_without_a_repository_are_one_line_where_a_base_is_wanted(tmp_path: Path) -> None:
    made = Clone(tmp_path)

    with pytest.raises(UsageError, match="the checkout is no git repository") as error:
        made.base(Event("schedule"), "main")

    assert "actions/checkout" in error.value.hint
    assert made.base(Event("schedule")) is None


def test_a_checkout_of_another_user_is_one_line_with_the_command(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own tests use it

    with pytest.raises(UsageError, match="git does not trust the checkout") as error:
        Clone(project).base(Event("schedule"), "main")

    assert "safe.directory" in error.value.hint


def test_the_token_of_a_fetch_stands_in_no_file_and_no_argument(project: Path) -> None:
    made = clone(project, "main", depth=1)
    login = Clone(made.folder, "s3cret")._login()
    git(made.folder, "config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic x")

    assert login["GIT_CONFIG_KEY_0"] == "http.https://github.com/.extraheader"
    assert "s3cret" not in json.dumps(login)  # as a basic login, which a server takes
    assert Clone(made.folder, "s3cret")._login() == {}  # the checkout left one, and two are refused
