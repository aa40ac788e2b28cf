"""Histories with a base branch beside them, from source text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from migration_guard.branch import Branch, TouchedTable
from migration_guard.describe import described
from migration_guard.facts import History, Migration
from migration_guard.read.graph import with_base
from tests.replay.projects import read, source

BOTH = frozenset({"postgresql", "sqlite"})
MAKE = 'op.create_table("persona", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(20)))'


def revision(name: str, *parents: str, up: Sequence[str] = (), down: Sequence[str] = (), says: str = "") -> str:
    """A revision file."""
    return source(name, parents, up, down, says or f"make {name}")


def migrations(folder: Path, files: Mapping[str, str]) -> tuple[History, list[Migration]]:
    """The history of these files, and its migrations."""
    one = read(folder, files)
    return one, list(one.migrations)


def compared(folder: Path, base: Mapping[str, str], ours: Mapping[str, str], fork: Mapping[str, str]) -> History:
    """Our history, beside the base as it is now; `fork` is where the two parted."""
    tip, was = migrations(folder, base)[1], migrations(folder, fork)[1]
    return with_base(migrations(folder, ours)[0], ref="origin/main", base=tip, fork=was)


def branch(folder: Path, base: Mapping[str, str], new: Mapping[str, str]) -> Branch:
    """What a branch adds that left a base just now."""
    found = described([compared(folder, base, {**base, **new}, base)], [BOTH])
    assert found is not None
    return found


def linear(folder: Path, base: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> Branch:
    """What a branch adds to a chain of revisions: b0, b1, ... and then n0, n1, ..., each with these operations."""
    names = [f"b{at}" for at in range(len(base))] + [f"n{at}" for at in range(len(new))]
    files = {
        name: revision(name, *names[:at][-1:], up=up)
        for at, (name, up) in enumerate(zip(names, [*base, *new], strict=True))
    }
    return branch(folder, {name: files[name] for name in names[: len(base)]}, {n: files[n] for n in names[len(base) :]})


def only(one: Branch) -> TouchedTable:
    """The one table that a branch touches."""
    (table,) = one.tables
    return table


def changes(table: TouchedTable) -> dict[str, tuple[str, str]]:
    """What happens to its columns, by name."""
    return {column.name: (column.change, column.was) for column in table.columns}
