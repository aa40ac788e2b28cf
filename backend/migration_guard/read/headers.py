"""The headers of revision files by their text alone: what the graph is made from, in a fiftieth of the time.

Only what Alembic's own template writes is read here: each name once, at the start of a line above the first function,
with texts as its value. Any other file goes to the reader of whole files.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from ..facts import Migration, Place
from .project import Project

_NAMES = rb"(?:revision|down_revision|branch_labels|depends_on)\b"
_FIELD = re.compile(
    rb"\n(?:(" + _NAMES + rb")(?:[ \t]*:[^=\n]*)?[ \t]*=[ \t]*([^\n#]*[^\n#\s])[ \t]*(?:#[^\n]*)?(?=\r?\n)"
    # What else gives one of these names a value, in a way that only the reader of whole files understands.
    rb"|[ \t]*" + _NAMES + rb"[^=\n]*=|[ \t]*(?:from|import)\b[^\n]*\b" + _NAMES + rb")"
)
_SEVERAL = re.compile(rb"[(\[][ \t]*(?:(?:\"[^\"\\]*\"|'[^'\\]*')[ \t]*,?[ \t]*)+[)\]]")
_VALUE = re.compile(rb"\"([^\"]*)\"|'([^']*)'")
_DOCSTRING = re.compile(rb'"""([^"\\\r\n]*[^"\\\s])[ \t]*(?:\r?\n|""")')
_AT_ONCE = 1 << 16  # bytes: more than any usual revision has


def with_headers(root: Path, project: Project) -> list[Migration]:
    """The migrations of a project as the working tree has them, with as much as the graph needs."""
    found = [_read(file, path) for file, path in project.named(root)]
    if None not in found:
        return [each for each in found if each is not None]
    from .sources import Sources  # late: it is the reader of whole files

    return Sources(root, digested=False).working_tree(project)


def message(file: Path) -> str:
    """The first line of a file's docstring; empty where it has none or cannot be parsed."""
    try:
        content = file.read_bytes()
        usual = _DOCSTRING.match(content)
        if usual is not None and content.isascii():
            return usual[1].decode().strip()
        import ast  # late: it takes longer than all headers of a small history

        said = ast.get_docstring(ast.parse(content), clean=False) or ""
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ""
    return said.strip().partition("\n")[0].strip()


def _read(file: str, path: str) -> Migration | None:
    """The header of a file; None where its text alone does not show it."""
    content = b"\n" + _content(file)
    start = content.find(b"\ndef ")
    if start < 0 or b"coding" in content[:400] or b"\nasync def" in content or not content.isascii():
        return None
    if content.find(b"\nrevision", start) >= 0 or content.find(b"\ndown_revision", start) >= 0:
        return None
    fields = _FIELD.findall(content, 0, start + 1)
    said = {name: _texts(value) for name, value in fields}
    ids, parents = said.get(b"revision"), said.get(b"down_revision")
    if len(said) != len(fields) or None in said.values() or not ids or parents is None:
        return None
    (revision, *others), at = ids, Place(path)
    if others or not revision or not _is_text(dict(fields)[b"revision"]):
        return None
    depends_on, labels = said.get(b"depends_on") or (), said.get(b"branch_labels") or ()
    return Migration(path, at, revision, parents, None, None, depends_on, labels)


def _content(file: str) -> bytes:
    """What stands in a file; nothing where it cannot be opened."""
    with suppress(OSError):
        opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would keep us waiting for ever
        try:
            content = os.read(opened, _AT_ONCE)
            while len(content) % _AT_ONCE == 0 and (more := os.read(opened, _AT_ONCE)):
                content += more
            return content
        finally:
            os.close(opened)
    return b""


def _texts(written: bytes) -> tuple[str, ...] | None:
    """The texts in a value: none in `None`, one, or several in brackets. None for anything else."""
    if _is_text(written):
        return (written[1:-1].decode(),)
    if written == b"None":
        return ()
    if _SEVERAL.fullmatch(written):
        return tuple([(one or other).decode() for one, other in _VALUE.findall(written)])
    return None


def _is_text(written: bytes) -> bool:
    sign = written[:1]
    return sign in b"\"'" and len(written) > 1 and written.find(sign, 1) == len(written) - 1 and b"\\" not in written
