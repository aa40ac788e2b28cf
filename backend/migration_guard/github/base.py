"""The commit to compare with, brought into the clone where the checkout left it out."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import CannotFinish, UsageError
from .event import Event, Wanted

_DEPTHS = (2, 50, 1000)  # the merge commit of a pull request needs 2: itself, and where it comes from
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_WHOLE = "check out with `fetch-depth: 0` (actions/checkout)"


@dataclass(frozen=True)
class Clone:
    """The clone that the workflow checked out."""

    folder: Path
    token: str = ""  # may read the repository, for fetches
    server: str = "https://github.com"

    @classmethod
    def of(cls, folder: Path, environment: Mapping[str, str]) -> Clone:
        return cls(folder, environment.get("GUARD_TOKEN", ""), environment.get("GITHUB_SERVER_URL") or cls.server)

    def base(self, event: Event, given: str = "") -> str | None:
        """What to hand to `--base`: the base branch as `origin/NAME`, which then is the commit that the event means.

        None where there is nothing to compare with. `given` is a branch that the workflow names. Raises UsageError
        where the base is not to be had.
        """
        wanted = event.base()
        if given or wanted:
            self._known()
        if given and (wanted is None or given not in (wanted.branch, f"origin/{wanted.branch}")):
            return self._named(given)
        if wanted is None:
            return None
        return self._brought(wanted, event)

    def _known(self) -> None:
        """Raise UsageError where there is no repository to ask."""
        done = self._run(("rev-parse", "--git-dir"))
        if done.returncode and "dubious ownership" in done.stderr:
            raise UsageError(
                "git does not trust the checkout: it belongs to another user, as in a container",
                'git config --global --add safe.directory "$GITHUB_WORKSPACE", in a step before this one',
            )
        if done.returncode:
            raise UsageError(
                "the checkout is no git repository, so there is no base to compare with",
                "have git on the runner before actions/checkout, which else downloads the files alone",
            )

    def _brought(self, wanted: Wanted, event: Event) -> str | None:
        commit = self._parent_of_merge(event) or wanted.commit
        if commit is None:
            return self._named(wanted.branch)
        if not _COMMIT.fullmatch(commit):
            raise UsageError(f"the event names the base commit {commit!r}", "give base: the name of a branch")
        if not self._reaches(commit) and not self._fetched(commit):
            if event.name == "push":
                return None  # history was rewritten, and what stood there before is gone
            raise UsageError(
                f"the base commit {commit[:12]} of {wanted.branch} is not in this clone and cannot be fetched", _WHOLE
            )
        # Findings name the base as people do, and what they say to type works at the desk.
        self._git("update-ref", f"refs/remotes/origin/{wanted.branch}", commit, check=True)
        return f"origin/{wanted.branch}"

    def _named(self, name: str) -> str:
        """A branch by its name, fetched where the clone lacks it."""
        branch = name.removeprefix("origin/")
        for ref in (name, f"origin/{branch}"):
            found = self._commit(ref)
            if found and (self._reaches(found) or self._fetched(found)):
                return ref
        if not name.startswith("-") and self._git("check-ref-format", f"refs/heads/{branch}"):
            self._fetch(f"+refs/heads/{branch}:refs/remotes/origin/{branch}")
            found = self._commit(f"origin/{branch}")
            if found and (self._reaches(found) or self._fetched(found)):
                return f"origin/{branch}"
        raise UsageError(
            f"the base {name!r} is neither in this clone nor a branch of origin: it may have been deleted",
            f"give base: a branch that is there, or {_WHOLE}",
        )

    def _parent_of_merge(self, event: Event) -> str | None:
        """Where a pull request is checked out as GitHub merged it: the commit of the base branch that it merged.

        The payload's base commit may be older, and what came to the base branch since would count as this branch's.
        """
        if event.head is None:
            return None
        parents = self._lines("cat-file", "commit", "HEAD")  # also right in a clone that was cut off below HEAD
        found = [line.removeprefix("parent ") for line in parents if line.startswith("parent ")]
        return found[0] if len(found) == 2 and found[1] == event.head else None

    def _fetched(self, commit: str) -> bool:
        """Whether fetching as little as it takes made HEAD and the commit meet."""
        head = self._commit("HEAD")
        if head is None:
            return False
        for depth in _DEPTHS:
            if not self._fetch(f"--depth={depth}", head, commit) and not self._fetch(f"--depth={depth}", commit):
                return False
            if self._reaches(commit):
                return True
        return self._fetch("--unshallow") and self._reaches(commit)

    def _reaches(self, commit: str) -> bool:
        """Whether the clone holds the commit, and the one where HEAD and it parted."""
        return self._git("cat-file", "-e", f"{commit}^{{commit}}") and self._git("merge-base", "HEAD", commit)

    def _commit(self, ref: str) -> str | None:
        if not ref or ref.startswith("-"):
            return None
        found = self._lines("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        return found[0] if found else None

    def _fetch(self, *what: str) -> bool:
        quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        options = [word for word in what if word.startswith("--")]
        return self._git("fetch", *quiet, *options, "origin", *(word for word in what if word not in options))

    def _lines(self, *arguments: str) -> list[str]:
        done = self._run(arguments)
        return done.stdout.splitlines() if done.returncode == 0 else []

    def _git(self, *arguments: str, check: bool = False) -> bool:
        done = self._run(arguments)
        if check and done.returncode:
            raise CannotFinish(f"git {arguments[0]} failed: {done.stderr.strip()}", _WHOLE)
        return done.returncode == 0

    def _run(self, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **(self._login() if arguments[0] == "fetch" else {})}
        try:
            return subprocess.run(
                ["git", *arguments],
                cwd=self.folder,
                env=environment,
                capture_output=True,
                check=False,
                encoding="utf-8",
                errors="replace",
            )
        except FileNotFoundError as error:
            raise CannotFinish("there is no git program on the PATH", "install git on the runner") from error

    def _login(self) -> dict[str, str]:
        """The token for a fetch, in the environment: it stands in no file and no list of processes.

        Where the checkout left credentials behind, a second header would be refused.
        """
        key = f"http.{self.server.rstrip('/')}/.extraheader"
        if not self.token or self._lines("config", "--get-all", key):
            return {}
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}"}
