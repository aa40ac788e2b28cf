"""The headers of revision files by their text alone: what the graph is made from, in a fiftieth of the time.

Only what Alembic's own template writes is read here: each name once, at the start of a line above the first function,
with texts as its value. Any other file goes to the reader of whole files.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..facts import Migration, Place
from .project import Project

_NAMES = rb"revision|down_revision|branch_labels|depends_on"
_TEXT = rb"(?:\"[^\"\\\n]*\"|'[^'\\\n]*')"
_LINE = re.compile(
    rb"^(" + _NAMES + rb")\b(?:[ \t]*:[^=\n]*)?[ \t]*=[ \t]*"
    rb"(None|" + _TEXT + rb"|[(\[][ \t]*" + _TEXT + rb"(?:[ \t]*,[ \t]*" + _TEXT + rb")*[ \t]*,?[ \t]*[)\]])"
    rb"[ \t]*(?:#[^\n]*)?\r?$",
    re.MULTILINE,
)
_ANY = re.compile(rb"^[ \t]*(?:" + _NAMES + rb")\b[^=\n]*=|import[^\n]*\b(?:" + _NAMES + rb")\b", re.MULTILINE)
_VALUE = re.compile(rb"\"([^\"]*)\"|'([^']*)'")
_FUNCTION = re.compile(rb"^(?:async )?def ", re.MULTILINE)


def with_headers(root: Path, project: Project) -> list[Migration]:
    """The migrations of a project as the working tree has them, with as much as the graph needs."""
    found: list[Migration | None] = []
    folders: dict[str, str] = {}
    for file in project.files():
        folder, _, name = str(file).rpartition("/")
        if folder not in folders:
            shown = Path(os.path.relpath(folder, root)).as_posix()
            folders[folder] = "" if shown == "." else f"{shown}/"
        found.append(_read(file, folders[folder] + name))
    if None not in found:
        return [each for each in found if each is not None]
    from .sources import Sources  # late: it is the reader of whole files

    return Sources(root, digested=False).working_tree(project)


def message(file: Path) -> str:
    """The first line of a file's docstring; empty where it has none or cannot be parsed."""
    import ast

    try:
        said = ast.get_docstring(ast.parse(file.read_bytes()), clean=False) or ""
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ""
    return said.strip().partition("\n")[0].strip()


def _read(file: Path, path: str) -> Migration | None:
    """The header of a file; None where its text alone does not show it."""
    try:
        with file.open("rb", buffering=0) as opened:
            content = opened.read()
    except OSError:
        return None
    first = _FUNCTION.search(content)
    if first is None or b"coding" in content[:400] or not content.isascii():
        return None
    header, rest = content[: first.start()], content[first.start() :]
    lines = _LINE.findall(header)
    if len(lines) != len(_ANY.findall(header)) or b"\nrevision" in rest or b"\ndown_revision" in rest:
        return None
    said = dict(lines)
    if len(said) != len(lines) or b"revision" not in said or b"down_revision" not in said:
        return None
    ids, parents, depends_on, labels = (
        tuple((one or other).decode() for one, other in _VALUE.findall(said.get(name, b"")))
        for name in (b"revision", b"down_revision", b"depends_on", b"branch_labels")
    )
    if len(ids) != 1 or not ids[0] or said[b"revision"][:1] not in b"\"'":
        return None
    return Migration(
        path=path,
        at=Place(path),
        revision=ids[0],
        parents=parents,
        depends_on=depends_on,
        branch_labels=labels,
    )
