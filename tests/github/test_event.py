import json
from pathlib import Path

import pytest

from migration_guard.errors import UsageError
from migration_guard.github.event import Event, Wanted


def test_pull_request_target_is_refused_with_a_reason() -> None:
    with pytest.raises(UsageError, match="run the migrations of a stranger with a token that may write") as error:
        Event.of({"GITHUB_EVENT_NAME": "pull_request_target"})

    assert "on: pull_request" in error.value.hint


@pytest.mark.parametrize(
    ("head", "fork"),
    [("me/project", False), ("you/project", True), (None, True)],
    ids=["of the repository", "of a fork", "of a fork that was deleted"],
)
def test_a_pull_request_from_a_fork_is_known_by_its_repository(tmp_path: Path, head: str | None, fork: bool) -> None:
    sides = {"head": {"repo": head and {"full_name": head}}, "base": {"repo": {"full_name": "me/project"}}}
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"pull_request": {"number": 7, **sides}}))

    event = Event.of({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(file)})

    assert event.is_from_a_fork is fork
    assert event.pull_request == 7
    assert event.is_about_a_branch


def test_a_deleted_branch_is_nothing_to_look_at() -> None:
    assert Event("push", {"deleted": True, "after": "0" * 40}, "refs/heads/gone").is_deletion
    assert not Event("push", {"deleted": False}, "refs/heads/main").is_deletion


@pytest.mark.parametrize("payload", [{}, {"pull_request": None}, {"pull_request": {"number": "x"}}, {"before": 3}])
def test_a_payload_of_another_shape_means_no_base(payload: dict[str, object]) -> None:
    assert Event("push", payload, "refs/heads/main").base() is None


def test_a_review_of_a_pull_request_is_about_the_same_branch() -> None:
    event = Event("pull_request_review", {"pull_request": {"number": 7, "base": {"ref": "dev", "sha": "ab"}}})

    assert event.base() == Wanted("dev", "ab")


def test_an_event_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text("{")

    with pytest.raises(UsageError, match="cannot be read"):
        Event.of({"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(tmp_path / "event.json")})
