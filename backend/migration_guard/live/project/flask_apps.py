"""Which Flask application a project means, where neither a setting nor a variable of this shell says so."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from .installed import INSTALLED

# https://flask.palletsprojects.com/en/stable/cli/#application-discovery: where projects write it down
_WRITTEN = re.compile(r"\bFLASK_APP\b[\"']?\s*[=:]\s*[\"']?([A-Za-z_][\w./:-]*)")
_FILES = re.compile(
    r"(Dockerfile.*|.*compose.*\.ya?ml|Makefile|Procfile|tox\.ini|\.?env.*|.*\.env|.*\.sh|README.*|.*\.md|.*\.rst|.*\.cfg)",
    re.IGNORECASE,
)
_MAKES = re.compile(
    r"^(?:def (?:create|make)_app\(|(?:app|application) *(?::[^=]+)?= *\S*(?:Flask|create_app|make_app)\()",
    re.MULTILINE,
)
_OTHERS = INSTALLED | {"tests", "test", "migrations", "versions", ".git", "docs"}
_DEEPEST = 3  # folders below the first
_LARGEST = 200_000  # bytes of a file that is looked into


def likely_apps(folder: Path) -> list[str]:
    """What `flask --app` may be given below a folder, the likeliest first: what its files say that FLASK_APP is, then
    the modules that make an application."""
    written: dict[str, None] = {}
    makes: dict[str, None] = {}
    for file in sorted(_files(folder, _DEEPEST), key=lambda each: (len(each.parts), each)):
        if _FILES.fullmatch(file.name):
            written.update((name, None) for name in _WRITTEN.findall(_text(file)) if _is_there(folder, name))
        elif file.suffix == ".py" and _MAKES.search(_text(file)):
            parts = file.relative_to(folder).with_suffix("").parts
            makes[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = None
    return [*(written | makes)]


def _files(folder: Path, deep: int) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if deep and entry.name not in _OTHERS:
                    yield from _files(Path(entry.path), deep - 1)
            elif (entry.name.endswith(".py") or _FILES.fullmatch(entry.name)) and entry.stat().st_size <= _LARGEST:
                yield Path(entry.path)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def _is_there(folder: Path, name: str) -> bool:
    """Whether a name is that of a file or a module below the folder."""
    path = name.partition(":")[0]
    module = folder.joinpath(*path.split("."))
    return (folder / path).is_file() or module.is_dir() or module.with_suffix(".py").is_file()
