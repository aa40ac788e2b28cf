"""Which revisions a squash takes together, and what forbids it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..errors import NothingFound, UsageError
from ..facts import History, Migration


@dataclass(frozen=True)
class Reach:
    """The revisions that one base will stand for, parents first; the last one gives it its id."""

    history: History
    squashed: tuple[Migration, ...]

    @property
    def last(self) -> Migration:
        """The revision whose id stays."""
        return self.squashed[-1]

    @property
    def labels(self) -> tuple[str, ...]:
        """The branch labels that must live on."""
        return tuple(sorted({label for each in self.squashed for label in each.branch_labels}))

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all of them."""
        return frozenset(each.id for each in self.squashed)


def reach(one: History, wanted: str, *, before: bool = False) -> Reach:
    """All that a revision stands on, with it; with `before`, all that it stands on, without it.

    Raises NothingFound for what is no revision, and UsageError where the graph does not allow to squash it.
    """
    last = named(one, wanted)
    if before:
        parents = [one.by_id[name] for name in last.parents if name in one.by_id]
        if len(parents) != 1:
            raise UsageError(
                f"{last.id} follows {len(parents)} revisions, so there is none before it to keep the id of",
                "name the one to keep: migration-guard squash REV",
            )
        (last,) = parents
    _refuse_unclear(one)
    below = one.below(last.id)
    order = [one.by_id[name] for name in one.parents_first if name in below and name != last.id]
    found = Reach(one, (*order, last))
    if len(found.squashed) < 2:
        raise UsageError(f"{last.id} stands on no other revision, so there is nothing to squash", "name a later one")
    _refuse_leaving(one, found)
    return found


def named(one: History, name: str) -> Migration:
    """The revision of an id, the start of one, "head" or a file. Raises NothingFound for none or several."""
    if name in ("head", "heads") and len(one.heads) == 1:
        return one.heads[0]
    if name in one.by_id:
        return one.by_id[name]
    fits = [each for each in one.by_id.values() if each.id.startswith(name)]
    fits = fits or [each for each in one.by_id.values() if name in (each.path, PurePosixPath(each.path).name)]
    if len(fits) != 1:
        what = f"fits {len(fits)} revisions" if fits else "is no revision"
        raise NothingFound(f"{name} {what} here", f"the heads are {', '.join(head.id for head in one.heads)}")
    return fits[0]


def _refuse_unclear(one: History) -> None:
    """Raise UsageError where the graph cannot be read whole."""
    for each in one.migrations:
        if each.broken is not None or not isinstance(each.revision, str) or each.parents_unread is not None:
            raise UsageError(f"{each.path} cannot be read, so nobody knows what it follows", "mend that file first")
    if one.duplicates or one.cycles or one.unknown_parents:
        raise UsageError("the revisions do not form one history", "migration-guard check says what is wrong")


def _refuse_leaving(one: History, found: Reach) -> None:
    """Raise UsageError where a revision that stays hangs on one that goes."""
    ids = found.ids - {found.last.id}
    for each in one.migrations:
        if each.id in found.ids:
            continue
        for name, what in (
            *((name, "follows") for name in each.parents),
            *((name, "depends on") for name in each.depends_on),
        ):
            if (target := _target(found.squashed, name)) in ids:
                raise UsageError(
                    f"{each.id} {what} {target}, which would be gone: a branch leaves below {found.last.id}",
                    f"squash up to where the lines part or after they are joined; {each.path} says where it leaves",
                )


def _target(squashed: Sequence[Migration], name: str) -> str | None:
    """The revision that a down_revision or depends_on means: an id, the start of one, or a branch label."""
    for each in squashed:
        if each.id == name or name in each.branch_labels:
            return each.id
    fits = [each.id for each in squashed if len(name) > 3 and each.id.startswith(name)]
    return fits[0] if len(fits) == 1 else None
