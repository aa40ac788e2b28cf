"""Lines of a migration, run by Alembic on a SQLite database in memory, and judged by the rules."""

from __future__ import annotations

import textwrap
import warnings
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import postgresql

from migration_guard.facts import Operation
from migration_guard.findings import Finding
from migration_guard.read.source import read_migration

from .samples import report_on

FILE = """\
\"\"\"{id}

Revision ID: {id}
\"\"\"

# settings: databases = {databases}
{env}
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{id}"
down_revision = {parent!r}


def upgrade() -> None:
{body}


def downgrade() -> None:
    raise NotImplementedError  # irreversible: only a sample
"""


OPEN: list[sa.Connection] = []  # of the tests that ran, for the one who closes them


@dataclass(frozen=True)
class Ran:
    """What became of the lines: the error that stopped them, the statements that they sent, the warnings."""

    error: Exception | None
    statements: tuple[str, ...]
    warnings: tuple[str, ...]
    connection: sa.Connection

    @property
    def rebuilt(self) -> bool:
        """Whether a table was copied into a new one."""
        return any(statement.lstrip().startswith("CREATE TABLE _alembic_tmp_") for statement in self.statements)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What the database says afterwards."""
        return [tuple(row) for row in self.connection.exec_driver_sql(query)]


def run(base: str, lines: str, *, foreign_keys: bool = False) -> Ran:
    """The lines after those of the base, on a new database."""
    connection = sa.create_engine("sqlite://").connect()
    OPEN.append(connection)
    connection.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
    connection.commit()
    names = {"op": op, "sa": sa, "postgresql": postgresql}
    error: Exception | None = None
    sent: list[str] = []
    with warnings.catch_warnings(record=True) as said, Operations.context(MigrationContext.configure(connection)):
        warnings.simplefilter("always")
        exec(textwrap.dedent(base), names)  # noqa: S102 - the lines of this test
        sa.event.listen(connection, "before_cursor_execute", lambda *given: sent.append(given[2]))
        try:
            exec(textwrap.dedent(lines), names)  # noqa: S102
        except Exception as raised:  # noqa: BLE001 - whatever stops a migration
            error = raised
    return Ran(error, tuple(sent), tuple(str(one.message) for one in said), connection)


def judged(folder: Path, base: str, lines: str, *, env: str = "", careful: bool = True) -> list[Finding]:
    """What the rules say about the lines, in a revision that follows one with the lines of the base."""
    env, databases = f"# env: {env or ('import os' if careful else 'none')}", '["sqlite"]'
    folder.mkdir(exist_ok=True)
    contents = {
        f"{name}.py": FILE.format(id=name, parent=parent, body=_body(body), databases=databases, env=env).encode()
        for name, parent, body in (("first", None, base), ("second", "first", lines))
    }
    return [found for found in report_on(folder, contents).findings if found.at.path.endswith("/second.py")]


def migration(lines: str) -> tuple[Operation, ...]:
    """The operations of a revision with these lines."""
    text = FILE.format(id="a", parent=None, body=_body(lines), databases="", env="")
    function = read_migration(text.encode(), "a.py").upgrade
    return function.operations if function else ()


def _body(lines: str) -> str:
    return textwrap.indent(textwrap.dedent(lines).strip("\n") or "pass", "    ")
