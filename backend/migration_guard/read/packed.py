"""Migrations of long histories in little room: headers at hand, the rest in a temporary file until it is asked for.

A revision of a hundred lines takes 20 KB as facts. They are pickled, which is ten times as fast as JSON: the file has
no name, and nobody but this process and its children can open it.
"""

from __future__ import annotations

import marshal
import os
import pickle
from array import array
from collections import OrderedDict
from collections.abc import Callable
from tempfile import TemporaryFile
from weakref import WeakValueDictionary, finalize

from ..facts import Function, Migration
from ..hints import Any

OPEN = 16  # migrations whose facts stay at hand once somebody asked for them
_UPGRADE = ("upgrade",)  # what a replay asks of many revisions
_OTHERS = ("downgrade", "imports", "undefined", "markers", "warnings", "review", "digest", "tree")
_put = object.__setattr__
Outlined = Callable[[Migration], dict[str, Any]]
Fields = dict[str, Any]


class Packed(Migration):
    """A migration whose functions, imports and the like are read again when somebody asks for them."""


class _Later:
    """A field that lies in the file, in one piece with others."""

    def __init__(self, name: str, piece: int) -> None:
        self._name = name
        self._piece = piece

    def __get__(self, packed: Packed | None, _: type) -> object:
        if packed is None:
            return self
        own = packed.__dict__
        return own["shelf"].opened(own["number"] + self._piece)[self._name]


class _Outline:
    """What an index of the whole history needs of a migration: each asks for it once."""

    def __get__(self, packed: Packed | None, _: type) -> object:
        if packed is None:
            return None
        return marshal.loads(packed.__dict__["shelf"].piece(packed.__dict__["number"]))  # noqa: S302 - ours


Packed.outline = _Outline()  # type: ignore[assignment]
_PIECES = (_UPGRADE, _OTHERS)
for _piece, _names in enumerate(_PIECES, start=1):
    for _name in _names:
        setattr(Packed, _name, _Later(_name, _piece))


class Shelf:
    """Packs migrations, and keeps those at hand that were asked for last."""

    def __init__(self, outlined: Outlined) -> None:
        """`outlined` says what is to be known of each by itself. Raises OSError where no file can be made."""
        self._outlined = outlined
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - open as long as the migrations are there
        finalize(self, self._file.close)
        self._ends = array("Q", [0])  # where each piece ends, and the next begins: an outline, and those of _PIECES
        self._open: OrderedDict[int, Fields] = OrderedDict()
        # Operations are told apart by identity: as long as anybody holds a function, it is not made twice.
        self._held: WeakValueDictionary[tuple[int, str], Function] = WeakValueDictionary()

    def packed(self, migration: Migration) -> Migration:
        """The migration in little room; as it is where the disk is full."""
        pieces = [marshal.dumps(self._outlined(migration))]
        for names in _PIECES:
            fields = {name: getattr(migration, name) for name in names}
            pieces.append(pickle.dumps(fields, pickle.HIGHEST_PROTOCOL))
        try:
            self._file.seek(self._ends[-1])
            if self._file.write(b"".join(pieces)) != sum(map(len, pieces)):
                return migration
        except OSError:
            return migration
        made = object.__new__(Packed)
        for name, value in migration.__dict__.items():
            if name not in _UPGRADE and name not in _OTHERS:
                _put(made, name, value)
        _put(made, "shelf", self)
        _put(made, "number", len(self._ends) - 1)
        for piece in pieces:
            self._ends.append(self._ends[-1] + len(piece))
        return made

    def opened(self, number: int) -> Fields:
        """The fields in one piece."""
        found = self._open.get(number)
        if found is not None:
            self._open.move_to_end(number)
            return found
        found = dict(pickle.loads(self.piece(number)))  # noqa: S301
        for name, value in found.items():
            if isinstance(value, Function):
                found[name] = self._held.setdefault((number, name), value)
        self._open[number] = found
        if len(self._open) > OPEN:
            self._open.popitem(last=False)
        return found

    def piece(self, number: int) -> bytes:
        """A piece as it lies in the file."""
        start, end = self._ends[number : number + 2]
        if hasattr(os, "pread"):  # children share the file's position
            return os.pread(self._file.fileno(), end - start, start)
        self._file.seek(start)
        return self._file.read(end - start)
