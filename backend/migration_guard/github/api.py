"""GitHub's REST API, as far as a comment and an upload need it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import CannotFinish

_SECONDS = 30


class Refused(CannotFinish):
    """The server said no: mostly a permission that the workflow was not granted."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"GitHub refused {what} (HTTP {status})", "see the permissions of the job")
        self.status = status


@dataclass(frozen=True)
class Api:
    """The API for one repository."""

    url: str
    repository: str
    token: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Api:
        url = environment.get("GITHUB_API_URL") or "https://api.github.com"
        return cls(url.rstrip("/"), environment.get("GITHUB_REPOSITORY", ""), environment.get("GUARD_TOKEN", ""))

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The answer to a request, `path` counted from the repository. Raises Refused, or CannotFinish without one."""
        request = urllib.request.Request(  # noqa: S310 - https, or what the runner says
            f"{self.url}/repos/{self.repository}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "migration-guard",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            error.close()
            raise Refused(error.code, f"{method} {path.partition('?')[0]}") from error
        except (OSError, ValueError) as error:
            raise CannotFinish(
                f"GitHub's API at {self.url} did not answer ({error})", "run the job once more"
            ) from error
