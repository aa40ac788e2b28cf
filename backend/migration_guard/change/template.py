"""A new revision's text: from the project's own script.py.mako where that is a plain one, else from ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

PLAIN = '''\
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""

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
_EXPRESSION = re.compile(r"\$\{(?P<code>[^{}]*?)\}")
_CONTROL = re.compile(r"^[ \t]*%(?!%)|<%|</%", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*##.*\n?", re.MULTILINE)


def revision_text(template: Path, values: Mapping[str, object]) -> tuple[str, bool]:
    """The text of a revision, and whether it is the project's own template that gave it.

    Only a template of text and the usual expressions can be rendered without Mako; any other is left aside.
    """
    try:
        own = rendered(template.read_text(encoding="utf-8"), values)
    except (OSError, UnicodeDecodeError):
        own = None
    if own is not None:
        return own, True
    return rendered(PLAIN, values) or "", False


def rendered(template: str, values: Mapping[str, object]) -> str | None:
    """The template with its expressions filled in; None where it holds more than that."""
    text = _COMMENT.sub("", template.replace("\r\n", "\n")).replace("\\\n", "")
    if _CONTROL.search(text):
        return None
    parts: list[str] = []
    at = 0
    for found in _EXPRESSION.finditer(text):
        value = _value(" ".join(found["code"].split()), values)
        if value is None:
            return None
        parts += [text[at : found.start()], value]
        at = found.end()
    rest = "".join([*parts, text[at:]])
    return None if "${" in text[at:] else rest.replace("%%", "%") if "%%" in template else rest


def _value(code: str, values: Mapping[str, object]) -> str | None:
    """The text of one expression of Alembic's own templates; None for any other."""
    code, _, filters = (part.strip() for part in code.partition("|"))
    if (called := re.fullmatch(r"repr\((\w+)\)", code)) and called[1] in values:
        return repr(values[called[1]])
    either = re.fullmatch(r"(\w+) if \1 else (?P<quote>[\"'])(?P<other>[^\"']*)(?P=quote)", code)
    if either and either[1] in values:
        return str(values[either[1]]) or either["other"]
    if code not in values or filters not in ("", "n", "comma,n", "comma, n", "comma"):
        return None
    value = values[code]
    if filters.startswith("comma"):
        names: Sequence[str] = value if isinstance(value, tuple) else () if value is None else (str(value),)
        return ", ".join(names)
    return str(value)
