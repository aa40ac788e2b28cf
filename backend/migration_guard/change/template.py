"""A new revision's text: from the project's own script.py.mako where that is a plain one, else from ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ..read.source import read_migration

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
_IF = re.compile(r"%\s*if (?:(?P<name>\w+)|isinstance\((?P<text>\w+), str\))\s*:")
_COMMENT = re.compile(r"^[ \t]*##.*\n?", re.MULTILINE)


def revision_text(template: Path, values: Mapping[str, object]) -> tuple[str, bool]:
    """The text of a revision, and whether it is the project's own template that gave it.

    Only a template of text and the usual expressions can be rendered without Mako; any other is left aside, and so is
    one whose text is no revision with this id and these parents.
    """
    try:
        own = rendered(template.read_text(encoding="utf-8"), values) if template.is_file() else None  # no pipe
    except (OSError, UnicodeDecodeError):
        own = None
    if own is not None:
        written = read_migration(own.encode(), template.name)
        if (written.revision, written.parents) == (values["up_revision"], values["down_revision"]):
            return own, True
    return rendered(PLAIN, values) or "", False


def rendered(template: str, values: Mapping[str, object]) -> str | None:
    """The template with its expressions filled in; None where it holds more than that."""
    chosen = _chosen(_COMMENT.sub("", template.replace("\r\n", "\n")).replace("\\\n", ""), values)
    if chosen is None or _CONTROL.search(chosen):
        return None
    text = chosen
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


def _chosen(text: str, values: Mapping[str, object]) -> str | None:
    """The lines that simple conditions leave, `% if name:` and `% if isinstance(name, str):`; None for any other."""
    lines: list[str] = []
    shown = [True]
    for line in text.splitlines(keepends=True):
        control = line.strip()
        if not control.startswith("%") or control.startswith("%%"):
            if all(shown):
                lines.append(line)
        elif found := _IF.fullmatch(control):
            name = found["name"] or found["text"]
            if name not in values:
                return None
            shown.append(isinstance(values[name], str) if found["text"] else bool(values[name]))
        elif re.fullmatch(r"%\s*else\s*:", control) and len(shown) > 1:
            shown[-1] = not shown[-1]
        elif re.fullmatch(r"%\s*endif", control) and len(shown) > 1:
            shown.pop()
        else:
            return None
    return "".join(lines) if len(shown) == 1 else None


def _value(code: str, values: Mapping[str, object]) -> str | None:
    """The text of one expression of Alembic's own templates; None for any other."""
    code, _, filters = (part.strip() for part in code.partition("|"))
    if (called := re.fullmatch(r"repr\((\w+)\)", code)) and called[1] in values:
        return repr(values[called[1]])
    if (dated := re.fullmatch(r"(\w+)\.(year|month|day)", code)) and isinstance(values.get(dated[1]), datetime):
        return str(getattr(values[dated[1]], dated[2]))
    quoted = re.fullmatch(r"'\"' \+ (\w+) \+ '\"'", code)
    if quoted and isinstance(values.get(quoted[1]), str):
        return f'"{values[quoted[1]]}"'
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
