"""A text that matches a regular expression, for CHECK constraints that ask for one."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

_CLASS = re.compile(r"\[(\^?)(\]?(?:\[:\w+:\]|\\.|[^\]\\])*)\]")
_QUANTIFIER = re.compile(r"\{(\d+)(?:,(\d*))?\}|[*+?]")
_NAMED = {
    "digit": "1",
    "alpha": "a",
    "alnum": "a",
    "upper": "A",
    "lower": "a",
    "space": " ",
    "xdigit": "a",
    "punct": ".",
}
_ESCAPED = {
    "d": "1",
    "w": "a",
    "s": " ",
    "y": "",
    "m": "",
    "M": "",
    "b": "",
    "A": "",
    "Z": "",
    "S": "a",
    "D": "a",
    "W": ".",
}
_GLOB = {"*": ".*", "?": "."}
_SPELLED = {
    "digit": "0-9",
    "alpha": "a-zA-Z",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "xdigit": "0-9a-fA-F",
    "punct": "!-/:-@",
}


def sample(pattern: str) -> Iterator[str]:
    """Texts that the pattern matches: the shortest that it allows, and a longer one. None where it is beyond us."""
    yield from dict.fromkeys(filter(None, (_matching(pattern, extra) for extra in (0, 3))))


def is_found(pattern: str, text: str, flags: int = 0) -> bool | None:
    """Whether the pattern is found in the text; None where Python does not take the pattern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # on "[" in a class, which means itself
        try:
            return re.search(pattern, text, flags) is not None
        except re.error:
            return None


def _matching(pattern: str, extra: int) -> str | None:
    try:
        text, end = _alternatives(pattern, 0, extra)
    except (re.error, IndexError, StopIteration):
        return None
    return text if end == len(pattern) and is_found(in_python(pattern), text) else None


def in_python(pattern: str) -> str:
    """PostgreSQL's spelling of classes and word boundaries as Python has them."""
    for name, letters in _SPELLED.items():
        pattern = pattern.replace(f"[:{name}:]", letters)
    return re.sub(r"\\[ymM]", r"\\b", pattern)


def from_glob(pattern: str) -> str:
    """SQLite's GLOB pattern as a regular expression."""
    parts = re.findall(r"\[\^?\]?[^\]]*\]|.", pattern, re.DOTALL)
    return f"^{''.join(_GLOB.get(part) or _escaped(part) for part in parts)}$"


def _escaped(part: str) -> str:
    if len(part) == 1:
        return re.escape(part)
    return part[0] + part[1:].replace("\\", r"\\").replace("[", r"\[")


def _alternatives(pattern: str, at: int, extra: int) -> tuple[str, int]:
    """The first alternative's text, and where the group ends."""
    chosen: str | None = None
    text = ""
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            chosen, text, at = text if chosen is None else chosen, "", at + 1
            continue
        atom, at = _atom(pattern, at, extra)
        count = 1
        if match := _QUANTIFIER.match(pattern, at):
            at = match.end()
            least = int(match[1]) if match[1] else {"*": 0, "+": 1, "?": 0}[match[0]]
            open_ended = match[0] in "*+" or match[2] == ""
            count = least + (extra if open_ended else 0)
            at += pattern[at : at + 1] == "?"  # a lazy one
        text += atom * count
    return text if chosen is None else chosen, at


def _atom(pattern: str, at: int, extra: int) -> tuple[str, int]:
    letter = pattern[at]
    if letter == "(":
        start = re.compile(r"\((\?(?::|=|!|<=|<!))?").match(pattern, at)
        text, end = _alternatives(pattern, start.end() if start else at + 1, extra)
        return ("" if start and start[1] and start[1] != "?:" else text), end + 1
    if letter == "[" and (match := _CLASS.match(pattern, at)):
        return _member(match[2], inverted=bool(match[1])), match.end()
    if letter == "\\":
        return _ESCAPED.get(pattern[at + 1], pattern[at + 1]), at + 2
    return {"^": "", "$": "", ".": "a"}.get(letter, letter), at + 1


def _member(inside: str, *, inverted: bool) -> str:
    """A letter that stands in the class."""
    if named := re.match(r"\[:(\w+):\]", inside):
        return _NAMED.get(named[1], "a")
    if inverted:
        excluded = re.compile(f"[{inside}]")
        return next(letter for letter in "a1A-. " if not excluded.match(letter))
    if inside.startswith("\\"):
        return _ESCAPED.get(inside[1], inside[1])
    return inside[0]
