"""What one database holds, as far as a new base has to build it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .tables import Table


@dataclass(frozen=True)
class Thing:
    """An object beside the tables: statements that make it, and one that drops it, empty where it goes with another.
    `outlives`: tables hang on it, so that it is dropped after them."""

    name: str  # for people: "view active_users"
    make: tuple[str, ...]
    drop: str = ""
    outlives: bool = False


@dataclass(frozen=True)
class Schema:
    """All of one database. `first` must stand before the tables, `last` follows them."""

    tables: tuple[Table, ...]
    first: tuple[Thing, ...] = ()
    last: tuple[Thing, ...] = ()


def pieces(text: str) -> list[str]:
    """The parts of SQL between commas that stand in no brackets and no quotes."""
    found, start = [], 0
    for at, sign, depth in _signs(text):
        if sign == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()]


def inside(text: str, start: int) -> tuple[str, int]:
    """What stands between the bracket that opens at `start` and its end, and the place after that."""
    for at, sign, depth in _signs(text[start:]):
        if sign == ")" and depth == 0:
            return text[start + 1 : start + at], start + at + 1
    return text[start + 1 :], len(text)


def last_bracket(text: str) -> int:
    """Where the bracket opens that closes at the end."""
    return [at for at, sign, depth in _signs(text) if sign == "(" and depth == 1][-1]


def _signs(text: str) -> Sequence[tuple[int, str, int]]:
    """Brackets and commas outside of quotes and comments, with the depth that holds after each."""
    found: list[tuple[int, str, int]] = []
    depth, at = 0, 0
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 1
        elif sign in "'\"`" or (sign == "[" and text[at + 1 : at + 2].isalpha() and "]" in text[at:]):
            end = text.find({"[": "]"}.get(sign, sign), at + 1)
            at = len(text) if end < 0 else end
        elif text.startswith("--", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            found.append((at, sign, depth))
        elif sign == ",":
            found.append((at, sign, depth))
        at += 1
    return found
