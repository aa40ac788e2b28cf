"""Findings for code scanning: an upload that shows them as alerts."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError
from .api import Api


def upload(api: Api, sarif: Path, environment: Mapping[str, str]) -> None:
    """Hand a SARIF file to code scanning, for the commit and ref of this run. Raises Refused without permission."""
    try:
        data = sarif.read_bytes()
    except OSError as error:
        raise UsageError(f"there is no SARIF file {sarif}", "run this after the guard") from error
    body = {
        "commit_sha": environment.get("GITHUB_SHA", ""),
        "ref": environment.get("GITHUB_REF", ""),
        "sarif": base64.b64encode(gzip.compress(data, mtime=0)).decode(),
        "tool_name": "migration-guard",
    }
    api.ask("POST", "/code-scanning/sarifs", body)
