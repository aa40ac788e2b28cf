"""The file of a base revision: the project's own template filled in, else a plain one."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ..change.template import rendered
from ..read.project import Project
from .base import Body
from .reach import Reach
from .unseen import unseen
from .writing import INDENT, indented

PLAIN = '''\
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
# revision identifiers, used by Alembic.
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
'''


def base_text(project: Project, found: Reach, body: Body, message: str, now: datetime, sample: str) -> bytes:
    """The text of the revision, which keeps the id of the last one and the labels of all; quotes and imports as in
    `sample`, a file of the project that people have seen to."""
    labels = found.labels
    note = [
        f"# Stands for {len(found.squashed)} revisions, from {found.squashed[0].id} to {found.last.id},",
        "# and builds what they built. A database below the last of them needs the old files.",
        *(f"# Not in here: {each}." for each in dict.fromkeys(unseen(found.squashed))),
    ]
    values: dict[str, object] = {
        "message": _docstring(message),
        "up_revision": found.last.id,
        "down_revision": None,
        "branch_labels": (labels[0] if len(labels) == 1 else labels) if labels else None,
        "depends_on": None,
        "create_date": now,
        "imports": body.imports,
        "upgrades": _function("\n".join(note), *body.upgrade),
        "downgrades": _function(*body.downgrade),
    }
    text = _of_template(project.script_location / "script.py.mako", values)
    if text is None or not _complete(text, body):
        text = rendered(PLAIN, values) or ""
    return tidied(text, sample).encode()


def _of_template(file: Path, values: Mapping[str, object]) -> str | None:
    """The project's template with these values; None where it is no plain one, which would need Mako."""
    try:
        return rendered(file.read_text(encoding="utf-8"), values) if file.is_file() else None
    except (OSError, UnicodeDecodeError):
        return None


def _function(*statements: str) -> str:
    """Statements for the place that a template has for them, whose first line it indents itself."""
    return indented("\n".join(statements)).removeprefix(INDENT)


def _docstring(message: str) -> str:
    one_line = " ".join(message.replace('"""', "'''").replace("\\", "/").split())
    return one_line[:-1] + "'" if one_line.endswith('"') else one_line


def _complete(text: str, body: Body) -> bool:
    """Whether the template's text has the names that the statements use, and all of the statements."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    bound = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    wanted = {"op", "sa", *(["postgresql"] if body.imports else [])}
    return wanted <= bound and {"upgrade", "downgrade"} <= functions


def tidied(text: str, sample: str) -> str:
    """The text as a formatter leaves it: what the template brings and nothing uses is left out, quotes are as usual."""
    text = re.sub(r"^(Revises:)[ \t]+$", r"\1", text, flags=re.MULTILINE)
    if re.search(r'^revision\b[^=\n]*= *"', sample, re.MULTILINE):
        header = re.compile(r"^((?:revision|branch_labels)\b[^=\n]*= *)'([^'\"\n]*)'$", re.MULTILINE)
        text = header.sub(r'\1"\2"', text)
    if re.search(r"^import sqlalchemy as sa\nfrom alembic import op", sample, re.MULTILINE):
        text = re.sub(r"^(import sqlalchemy as sa)\n+(from alembic import op)$", r"\1\n\2", text, flags=re.MULTILINE)
    return f"{_without_unused(text).rstrip()}\n"


def _without_unused(text: str) -> str:
    """The text without one-line imports of names that it does not use."""
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = text.split("\n")
    for node in reversed(tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and node.lineno == node.end_lineno:
            names = {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if not names & used and not future:
                del lines[node.lineno - 1]
    if isinstance(tree.body[0], ast.Expr) and lines[tree.body[0].end_lineno or 0].strip():
        lines.insert(tree.body[0].end_lineno or 0, "")  # after the docstring
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines))
