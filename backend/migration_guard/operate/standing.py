"""Where a database stands: its revisions against those of the code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..facts import History
from ..reporting import counted

State = Literal["empty", "unmanaged", "at head", "behind", "unknown"]


@dataclass(frozen=True)
class Standing:
    """The revisions that a database names, and what that means for the code.

    "unknown" is what the code does not have: the database is ahead of it, or belongs to another branch. `pending` are
    the revisions that an upgrade would run, parents first.
    """

    state: State
    revisions: tuple[str, ...]
    heads: tuple[str, ...]
    pending: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """For people."""
        at = ", ".join(self.revisions)
        if self.state == "empty":
            return f"no table yet; {counted(len(self.pending), 'revision')} to run"
        if self.state == "unmanaged":
            return "it holds tables, and no version table: Alembic has never run here"
        if self.state == "unknown":
            return f"it stands at {', '.join(self.unknown)}, which the code does not have: it is ahead of the code"
        if self.state == "behind":
            return f"it stands at {at or 'no revision'}, {counted(len(self.pending), 'revision')} behind"
        return f"it stands at {at}, the {'head' if len(self.heads) == 1 else 'heads'} of the code"


def standing(history: History, revisions: Sequence[str], tables: Sequence[str], *, stamped: bool) -> Standing:
    """Where a database with these revisions and tables stands; `stamped`: it has a version table."""
    known = history.by_id
    heads = tuple(sorted(each.id for each in history.heads))
    unknown = tuple(name for name in revisions if name not in known)
    reached = below(history, revisions)
    pending = tuple(name for name in history.parents_first if name not in reached)
    if unknown:
        state: State = "unknown"
    elif not revisions and not stamped:
        state = "unmanaged" if tables else "empty"
    else:
        state = "behind" if pending else "at head"
    return Standing(state, tuple(sorted(revisions)), heads, pending, unknown)


def below(history: History, revisions: Sequence[str]) -> set[str]:
    """These revisions, and all that must have run before them."""
    found: set[str] = set()
    waiting = [name for name in revisions if name in history.by_id]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            one = history.by_id[name]
            waiting += [each for each in (*one.parents, *one.depends_on) if each in history.by_id]
    return found
