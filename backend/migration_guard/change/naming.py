"""How a project calls its revision files: `file_template` of its settings file, as Alembic fills it in."""

from __future__ import annotations

import configparser
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath

from ..errors import UsageError
from ..read.project import Project

USUAL = "%(rev)s_%(slug)s"
_LENGTH = 40  # truncate_slug_length


def file_name(project: Project, revision: str, message: str, now: datetime) -> PurePosixPath:
    """The path of a new revision's file, relative to its folder."""
    template, length = _template(project)
    values: dict[str, object] = {
        "rev": revision,
        "slug": slug(message, length),
        "year": now.year,
        "month": now.month,
        "day": now.day,
        "hour": now.hour,
        "minute": now.minute,
        "second": now.second,
        "epoch": int(now.timestamp()),
    }
    try:
        named = template % values
    except (KeyError, TypeError, ValueError):
        named = USUAL % values
    return PurePosixPath(f"{named}.py")


def slug(message: str, length: int = _LENGTH) -> str:
    """The words of a message as Alembic joins them (script/base.py, `_rev_path`)."""
    text = "_".join(re.findall(r"\w+", message)).lower()
    return text if len(text) <= length else text[:length].rsplit("_", 1)[0] + "_"


def _template(project: Project) -> tuple[str, int]:
    """`file_template` and `truncate_slug_length` of the project's settings file, else Alembic's own.

    Raises UsageError for a TOML file that Alembic could not read.
    """
    found: Mapping[str, object] = {}
    if project.ini is not None:
        found = _of_toml(project.ini) if project.ini.suffix == ".toml" else _of_ini(project.ini, project.section)
    length = str(found.get("truncate_slug_length", ""))
    template = str(found.get("file_template") or USUAL).replace("%%", "%")
    return template, int(length) if length.isdecimal() and len(length) < 10 else _LENGTH


def _of_ini(file: Path, section: str) -> Mapping[str, object]:
    """A section as it is written; empty where the file is none, as nothing but its own name of a file hangs on it."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)  # as when the project was found
    try:
        parser.read_string(file.read_bytes().decode("utf-8-sig", errors="replace"))
    except configparser.Error:
        return {}
    return dict(parser[section]) if section in parser else {}


def _of_toml(file: Path) -> Mapping[str, object]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}", "correct the file: Alembic stops there, too") from error
    table = tool.get("alembic") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else {}
