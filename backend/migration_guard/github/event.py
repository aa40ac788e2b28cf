"""What happened on GitHub: a pull request, an entry of the merge queue, a push, a schedule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UsageError

ZEROS = frozenset({"0" * 40, "0" * 64})  # what a push names where there is no commit, by SHA-1 and by SHA-256


@dataclass(frozen=True)
class Wanted:
    """A base to compare with: a commit of a branch of origin, or its head where no commit is named."""

    branch: str
    commit: str | None = None


@dataclass(frozen=True)
class Event:
    """The event that a run is about."""

    name: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    ref: str = ""  # refs/heads/main, refs/pull/7/merge

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Event:
        """The event of this run. Raises UsageError for one in which the guard must not run, or cannot be read."""
        name = environment.get("GITHUB_EVENT_NAME", "")
        if name == "pull_request_target":
            raise UsageError(
                "migration-guard does not run on pull_request_target: it would run the migrations of a stranger "
                "with a token that may write",
                "use `on: pull_request`; annotations and the summary need no token",
            )
        path = environment.get("GITHUB_EVENT_PATH", "")
        try:
            payload = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
        except (OSError, ValueError) as error:
            raise UsageError(
                f"the event in {path} cannot be read ({error})", "run it on GitHub, or give base"
            ) from error
        return cls(name, payload if isinstance(payload, dict) else {}, environment.get("GITHUB_REF", ""))

    @property
    def is_deletion(self) -> bool:
        """Whether a branch was deleted: there is nothing to look at."""
        return self.name == "push" and self.payload.get("deleted") is True

    @property
    def pull_request(self) -> int | None:
        """The number of the pull request."""
        number = self._of("pull_request", "number")
        return number if isinstance(number, int) else None

    @property
    def is_from_a_fork(self) -> bool:
        """Whether the branch is another repository's, so that no token of this run may write."""
        head, base = (self._of("pull_request", side, "repo", "full_name") for side in ("head", "base"))
        return self.pull_request is not None and base is not None and head != base  # None: the fork was deleted

    @property
    def is_about_a_branch(self) -> bool:
        """Whether what comes after the base is new and up for merge, so that its migrations alone need a trial."""
        return self.pull_request is not None or self.name == "merge_group"

    @property
    def head(self) -> str | None:
        """The last commit of the branch of a pull request."""
        return _text(self._of("pull_request", "head", "sha"))

    def base(self) -> Wanted | None:
        """What this event says to compare with; None where there is nothing, as on a schedule."""
        if self.pull_request is not None:
            branch = _text(self._of("pull_request", "base", "ref"))
            return Wanted(branch or "base", _text(self._of("pull_request", "base", "sha")))
        if self.name == "merge_group":
            branch = _text(self._of("merge_group", "base_ref")) or "base"
            return Wanted(branch.removeprefix("refs/heads/"), _text(self._of("merge_group", "base_sha")))
        if self.name == "push" and self.ref.startswith("refs/heads/"):
            return self._before_the_push()
        return None

    def _before_the_push(self) -> Wanted | None:
        """On the default branch what stood there before; on another, the default branch, into which it will go."""
        pushed, default = self.ref.removeprefix("refs/heads/"), _text(self._of("repository", "default_branch"))
        before = _text(self.payload.get("before"))
        if default and pushed != default:
            return Wanted(default)
        return Wanted(pushed, before) if before and before not in ZEROS else None

    def _of(self, *names: str) -> object:
        found: Any = self.payload
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
