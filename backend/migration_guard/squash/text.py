"""The file of a base revision: the project's own template filled in, else a plain one."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ..change.template import rendered
from ..read.project import Project
from .base import Body
from .reach import Reach
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


def base_text(project: Project, found: Reach, body: Body, message: str, now: datetime) -> bytes:
    """The text of the revision, which keeps the id of the last one and the labels of all."""
    labels = found.labels
    note = [
        f"# Stands for {len(found.squashed)} revisions, from {found.squashed[0].id} to {found.last.id},",
        "# and builds what they built. A database below the last of them needs the old files.",
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
    return f"{text.rstrip()}\n".encode()


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
