"""How a project calls its revision files: `file_template` of its settings file, as Alembic fills it in."""

from __future__ import annotations

import configparser
import re
import sys
from datetime import datetime
from pathlib import PurePosixPath

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
    """`file_template` and `truncate_slug_length` of the project's settings file, else Alembic's own."""
    found: dict[str, str] = {}
    if project.ini is not None and project.ini.suffix == ".toml":
        found = _of_toml(project)
    elif project.ini is not None:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read(project.ini, encoding="utf-8")
            found = dict(parser[project.section]) if project.section in parser else {}
        except (configparser.Error, UnicodeDecodeError):
            found = {}
    length = str(found.get("truncate_slug_length", ""))
    template = str(found.get("file_template") or USUAL).replace("%%", "%")
    return template, int(length) if length.isdigit() else _LENGTH


def _of_toml(project: Project) -> dict[str, str]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table = tomllib.loads(project.ini.read_text(encoding="utf-8")) if project.ini else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
    return {key: str(value) for key, value in table.get("tool", {}).get("alembic", {}).items()}
