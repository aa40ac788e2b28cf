"""`[tool.migration-guard]` for a pyproject.toml, appended as text so that nothing else of the file changes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..config import TABLE
from .edits import ByHand, Edit, appended, text_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def settings(folder: Path, databases: Sequence[str], configs: Sequence[str]) -> Edit | ByHand | None:
    """The table for a folder's pyproject.toml; None where one is there."""
    file = folder / "pyproject.toml"
    old = text_of(file)
    if old is None and any((folder / other).is_file() for other in ("setup.py", "setup.cfg")):
        why = "there is none, and one beside setup.py would change how pip builds this project"
        return ByHand(file, why, f"{_table(databases, configs)}")
    before = _parsed(old or "")
    if before is not None and "migration-guard" in _tool(before):
        return None
    table = _table(databases, configs)
    new = appended(old or "", table)
    after = _parsed(new)
    if before is None or after is None or _without_ours(after) != _without_ours(before):
        return ByHand(file, "it cannot be appended to as it stands", table)
    return Edit(file, old, new, "the databases that the migrations are for" if databases else "the settings")


def _table(databases: Sequence[str], configs: Sequence[str]) -> str:
    lines = [f"[{TABLE}]"]
    for key, values in (("databases", databases), ("config", configs)):
        if values:
            lines.append(f"{key} = [{', '.join(map(_quoted, values))}]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _parsed(text: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError:
        return None


def _tool(data: dict[str, object]) -> dict[str, object]:
    tool = data.get("tool")
    return tool if isinstance(tool, dict) else {}


def _without_ours(data: dict[str, object]) -> dict[str, object]:
    rest = {name: value for name, value in _tool(data).items() if name != "migration-guard"}
    return {**data, "tool": rest}
