"""Revisions as source text, read as facts, and asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from migration_guard.facts import Context, Function, History, Migration, OtherSql, Place, Policy
from migration_guard.read.discovery import projects
from migration_guard.read.graph import history
from migration_guard.read.sources import Sources
from migration_guard.replay import KnownTable, table_before

AT = Place("probe.py")
PROBE = OtherSql(at=AT, direction="upgrade", text="SELECT 1", source="SELECT 1")


def body(lines: Sequence[str]) -> str:
    """The lines as the body of a function."""
    return "\n".join(f"    {line}" for text in lines or ["pass"] for line in text.splitlines())


def source(revision: str, parents: Sequence[str], up: Sequence[str], down: Sequence[str] = (), says: str = "") -> str:
    """A revision file; its message is its id where nothing else is said."""
    names = tuple(parents) if len(parents) > 1 else (parents[0] if parents else None)
    return (
        f'"""{says or revision}"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = {revision!r}\n'
        f"down_revision = {names!r}\n\n\ndef upgrade():\n{body(up)}\n\n\ndef downgrade():\n{body(down)}\n"
    )


def read(folder: Path, sources: Mapping[str, str]) -> History:
    """The history of these revision files."""
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    for old in versions.glob("*.py"):
        old.unlink()
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/alembic\n")
    for name, text in sources.items():
        (versions / f"{name}.py").write_text(text)
    (project,) = projects(folder, ())
    return history(project.place, Sources(folder).working_tree(project))


def chain(folder: Path, *ups: Sequence[str]) -> History:
    """A history in which each revision follows the one before: r0, r1, ..."""
    return read(folder, {f"r{i}": source(f"r{i}", [f"r{i - 1}"] if i else [], up) for i, up in enumerate(ups)})


def after_all(one: History, *parents: str, policy: Policy | None = None) -> Context:
    """What stands around a revision that follows these (the heads, where none is named)."""
    names = parents or tuple(head.id for head in one.heads)
    migration = Migration("probe.py", AT, "probe", parents=names, upgrade=Function(AT, (PROBE,)))
    return Context(policy or Policy(), one, migration)


def table(one: History, name: str, *parents: str, policy: Policy | None = None) -> KnownTable:
    """A table as these revisions leave it."""
    return table_before(after_all(one, *parents, policy=policy), PROBE, name)
