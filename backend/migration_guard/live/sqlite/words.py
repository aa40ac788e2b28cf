"""SQL of SQLite in words: split as SQLite does, and in one spelling for all that means the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["word", "name", "string", "other"]
_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<string>[xX]?'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
      | (?P<word>[^\W\d][\w$]*)
      | (?P<other>(?:\d|\.\d)[\w.]*(?:(?<=[eE])[+-]\d+)?|\|\||->>|->|<=|>=|<>|!=|==|<<|>>|.)""",
    re.VERBOSE | re.DOTALL,
)
_SPACED = {"in", "and", "or", "not", "as", "on", "is", "when", "then", "else", "exists", "where", "references", "by"}
_SAME = {"==": "=", "<>": "!="}


class Token(NamedTuple):
    """One word of SQL. A quoted name comes without its quotes; everything else as written."""

    kind: Kind
    text: str

    @property
    def lower(self) -> str:
        """The word for comparing with keywords; nothing for a quoted name or a string, which is never one."""
        return self.text.lower() if self.kind in ("word", "other") else ""


REMEMBERED = 1024  # texts of each kind: what one step touches is read a few times


def tokens(sql: str) -> list[Token]:
    """The words of a statement, without spaces and comments."""
    found = []
    for match in _TOKEN.finditer(sql):
        kind, text = match.lastgroup, match.group()
        if kind == "name":
            close = {"[": "]"}.get(text[0], text[0])
            found.append(Token("name", text[1:-1].replace(close * 2, close)))
        elif kind != "skip":
            found.append(Token(kind, text))  # type: ignore[arg-type]
    return found


def normalised(words: Sequence[Token], columns: Collection[str] | None = None) -> str:
    """One spelling for all that means the same: case, spaces, quotes of names, outer parentheses.

    SQLite takes a double-quoted word that names nothing for a string. Where the columns are known, such a word
    keeps its case.
    """
    while len(words) > 1 and words[0].text == "(" and closing(words, 0) == len(words) - 1:
        words = words[1:-1]
    return _joined(words, columns)


def _joined(words: Sequence[Token], columns: Collection[str] | None = None) -> str:
    text, before, sign = "", Token("other", "("), False
    for word in words:
        shown = word.text
        if word.kind == "name" and columns is not None and shown.lower() not in columns:
            shown = "'" + shown.replace("'", "''") + "'"
        elif word.kind != "string":
            shown = _SAME.get(shown, shown).lower()
        glued = sign or shown in (")", ",", ".", ";") or before.text in ("(", ".")
        called = shown == "(" and before.kind in ("word", "name") and before.lower not in _SPACED
        # A sign stands where no value stands before it; then its number follows at once.
        sign = shown in ("-", "+") and before.kind == "other" and not before.text[-1].isalnum() and before.text != ")"
        text += shown if glued or called else f" {shown}"
        before = word
    return text


@lru_cache(maxsize=REMEMBERED)
def expression(sql: str) -> str:
    """A default or another piece of SQL on its own, normalised."""
    return normalised(tokens(sql))


@lru_cache(maxsize=REMEMBERED)
def after_name(sql: str, object_type: str) -> str:
    """All that follows the name in CREATE VIEW or CREATE TRIGGER, normalised."""
    words = tokens(sql)
    return _joined(words[_name_end(words, object_type) :])


@lru_cache(maxsize=REMEMBERED)
def index_parts(sql: str) -> tuple[bool, str, str]:
    """Of a CREATE INDEX: whether it is unique, its columns in parentheses, and the condition after WHERE."""
    words = tokens(sql)
    unique = any(word.lower == "unique" for word in words[:3])
    rest = [word for word in words[_name_end(words, "index") + 2 :] if word.lower != "asc"]
    end = closing(rest, 0) + 1
    return unique, _joined(rest[:end]), normalised(rest[end + 1 :])


def columns_named(sql: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Those of the columns that a normalised piece of SQL names."""
    words = {word.text.lower() for word in tokens(sql) if word.kind in ("word", "name")}
    return tuple(column for column in columns if column.lower() in words)


def _name_end(words: Sequence[Token], object_type: str) -> int:
    at = next(i for i, word in enumerate(words) if word.lower == object_type) + 1
    at += 3 if [word.lower for word in words[at : at + 3]] == ["if", "not", "exists"] else 0
    return at + (3 if words[at + 1].text == "." else 1)


def closing(words: Sequence[Token], start: int) -> int:
    """Where the parenthesis opened at `start` ends."""
    depth = 0
    for i in range(start, len(words)):
        depth += {"(": 1, ")": -1}.get(words[i].text, 0) if words[i].kind == "other" else 0
        if depth == 0:
            return i
    return len(words) - 1


def split(words: Sequence[Token]) -> Iterator[list[Token]]:
    """The parts between commas that stand in no parentheses."""
    part: list[Token] = []
    depth = 0
    for word in words:
        if word.kind == "other":
            depth += {"(": 1, ")": -1}.get(word.text, 0)
            if word.text == "," and depth == 0:
                yield part
                part = []
                continue
        part.append(word)
    if part:
        yield part
