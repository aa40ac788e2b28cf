"""A migration from the cache: its header is at hand, what it does is looked up when somebody asks for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..facts import Migration
from .encoding import plain, revived
from .store import BROKEN

# What the graph needs, and what every run asks of every file; most files have few of these.
_HEADER = (
    "at", "revision", "parents", "parents_unread", "parents_at", "depends_on", "branch_labels", "message", "unread",
    "broken", "allows",
)  # fmt: skip
_LATER = ("upgrade", "downgrade", "imports", "undefined", "markers", "warnings", "review", "digest", "tree")
Whole = Callable[[], Migration]
Outline = Callable[[], dict[str, Any] | None]


class Kept(Migration):
    """A migration as the cache has it."""


class _OfHeader:
    """A field of the header, made when it is asked for first."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._usual = getattr(Migration, name, None)

    def __get__(self, kept: Kept | None, _: type) -> object:
        if kept is None:
            return self
        own = kept.__dict__
        given = own["header"].get(self._name, self)
        try:
            found = self._usual if given is self else revived(given, own["path"])
        except BROKEN:
            found = getattr(_whole(kept), self._name)
        own[self._name] = found  # which is found before this
        return found


class _Later:
    """A field that is looked up when it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, kept: Kept | None, _: type) -> object:
        return self if kept is None else getattr(_whole(kept), self._name)


class _Outline:
    """What an index of the whole history needs of the revision."""

    def __get__(self, kept: Kept | None, _: type) -> object:
        outlined = None if kept is None else kept.__dict__.get("outlined")
        return outlined() if outlined else None


Kept.outline = _Outline()  # type: ignore[assignment]
for _name in _HEADER:
    setattr(Kept, _name, _OfHeader(_name))
for _name in _LATER:
    setattr(Kept, _name, _Later(_name))


def _whole(kept: Kept) -> Migration:
    own = kept.__dict__
    if "known" not in own:
        own["known"] = own["whole"]()
    known: Migration = own["known"]
    return known


def header_of(migration: Migration) -> str:
    """The header of a migration as text."""
    said: dict[str, Any] = {}
    for name in _HEADER:
        value = getattr(migration, name)
        if value != getattr(Migration, name, said):
            said[name] = plain(value, migration.path)
    return json.dumps(said, separators=(",", ":"))


def kept(path: str, header: str, whole: Whole, outlined: Outline) -> Kept:
    """The migration again. Raises one of BROKEN for what is no header."""
    known = json.loads(header)
    if not known["at"]["of"] or not known.keys() <= set(_HEADER):
        raise ValueError(header)
    made = object.__new__(Kept)
    own = made.__dict__
    own.update(path=path, header=known, whole=whole, outlined=outlined)
    own["parents"] = tuple(known.get("parents", ()))
    if isinstance(revision := known.get("revision"), str):
        own["revision"] = revision
    return made
