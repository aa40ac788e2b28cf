"""The states that a replay has worked out, in little room: all of them take more of it than the facts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from ..hints import NamedTuple
from .state import State

NEAR = 300  # states of a long history that are kept as they are: those asked for last
MANY = 1_000  # revisions: the states of so many take less room than their facts, and stay as they are


class View(NamedTuple):
    """What a replay follows: a table (or type) under its one name, on a dialect, whole or only whether it is there."""

    name: str
    dialect: str
    lives: bool


Key = tuple[View, str]  # after this revision


class States:
    """States after revisions. Those that were not asked for lately are packed, if a later revision will need them."""

    def __init__(self, needed: Callable[[Key], bool], revisions: int) -> None:
        """`needed` tells whether a later one of so many `revisions` will ask for a state."""
        self._needed = needed
        self._room = NEAR if revisions > MANY else NEAR * revisions
        self._near: OrderedDict[Key, State] = OrderedDict()
        self._far: dict[Key, bytes] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._near or key in self._far

    def __getitem__(self, key: Key) -> State:
        if key in self._near:
            self._near.move_to_end(key)
            return self._near[key]
        state = _unpacked(self._far.pop(key))
        self.keep(key, state)
        return state

    def keep(self, key: Key, state: State) -> None:
        """Remember a state."""
        self._near[key] = state
        if len(self._near) > self._room:
            other, state = self._near.popitem(last=False)
            if self._needed(other):
                self._far[other] = _packed(state)

    def drop(self, key: Key) -> None:
        """Forget a state, if it is there."""
        self._near.pop(key, None)
        self._far.pop(key, None)


def _packed(state: State) -> bytes:
    """Pickled, which is ten times as fast as JSON: it never leaves the process and its children."""
    import pickle  # late: few histories need it
    import zlib

    return zlib.compress(pickle.dumps(state, pickle.HIGHEST_PROTOCOL), 1)


def _unpacked(data: bytes) -> State:
    import pickle
    import zlib

    state: State = pickle.loads(zlib.decompress(data))  # noqa: S301
    return state
