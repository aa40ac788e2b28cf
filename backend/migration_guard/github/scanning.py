"""Findings for code scanning: an upload that shows them as alerts."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from posixpath import normpath
from urllib.parse import quote

from ..errors import UsageError
from .api import Api
from .inputs import Inputs, lines


def categorised(sarif: Path, inputs: Inputs) -> None:
    """Put folder and config of the project, where they are not the defaults, into the category of a SARIF file.

    An upload replaces the alerts of the same category, and each project of a repository has alerts of its own.
    """
    folder = normpath(inputs.working_directory)
    named = "+".join(quote(name, safe="/") for name in lines(inputs.config))
    parts = [quote(folder, safe="/") if folder != "." else "", f"config:{named}" if named else ""]
    if not any(parts):
        return
    log = json.loads(sarif.read_text(encoding="utf-8"))
    details = log["runs"][0]["automationDetails"]
    details["id"] += "".join(f"{part}/" for part in parts if part)
    sarif.write_text(json.dumps(log, indent=2) + "\n", encoding="utf-8")


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
