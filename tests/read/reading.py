"""Small migrations for the tests of the reader: the body of `upgrade()` in, its operations out."""

from __future__ import annotations

import textwrap
from pathlib import Path

from migration_guard.facts import Function, Migration, Operation
from migration_guard.read.source import read_migration

FIXTURES = Path(__file__).parent.parent / "fixtures" / "migrations"
IMPORTS = """\
import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "a1"
down_revision = None
"""


def migration(body: str, *, top: str = "", downgrade: str = "pass") -> Migration:
    """The migration whose `upgrade()` has this body, with `top` above it."""
    text = IMPORTS + "\n" + textwrap.dedent(top)
    for name, lines in (("upgrade", body), ("downgrade", downgrade)):
        text += f"\ndef {name}():\n" + textwrap.indent(textwrap.dedent(lines).strip("\n"), "    ") + "\n"
    found = read_migration(text.encode(), "m.py")
    assert found.broken is None, found.broken
    return found


def upgrade(body: str, *, top: str = "") -> Function:
    """The upgrade with this body."""
    found = migration(body, top=top).upgrade
    assert found is not None
    return found


def operations(body: str, *, top: str = "") -> tuple[Operation, ...]:
    """The operations of an upgrade with this body."""
    return upgrade(body, top=top).operations


def only(body: str, *, top: str = "") -> Operation:
    """The one operation of an upgrade with this body."""
    found = operations(body, top=top)
    assert len(found) == 1, found
    return found[0]


def unread(body: str, *, top: str = "") -> list[str]:
    """What could not be read of an upgrade with this body, in words."""
    return [each.why for each in migration(body, top=top).unread]


def fixture(name: str) -> Migration:
    """A migration of the fixtures folder."""
    return read_migration((FIXTURES / name).read_bytes(), name)
