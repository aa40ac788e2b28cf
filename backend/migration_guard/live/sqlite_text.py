"""What SQLite keeps only as text: CREATE statements read into constraints and normalised definitions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
_CONSTRAINT_WORDS = {"constraint", "primary", "unique", "check", "foreign"}
_COLUMN_WORDS = {*_CONSTRAINT_WORDS, "not", "null", "default", "collate", "references", "generated", "as"}
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


@dataclass(frozen=True)
class Constraint:
    """A key, unique or check of a CREATE TABLE. `text` says all of it but its name and, for keys, the parent."""

    kind: Literal["primary key", "foreign key", "unique", "check"]
    name: str | None
    columns: tuple[str, ...]
    text: str = ""
    parent: str = ""
    parent_columns: tuple[str, ...] = ()


@dataclass
class TableText:
    """What the text of a CREATE TABLE says beyond the pragmas."""

    constraints: list[Constraint] = field(default_factory=list)
    collations: dict[str, str] = field(default_factory=dict)
    generated: dict[str, str] = field(default_factory=dict)
    on_null: dict[str, str] = field(default_factory=dict)  # ON CONFLICT of a NOT NULL, where it is not ABORT
    options: set[str] = field(default_factory=set)  # of "without rowid", "strict", "autoincrement"
    virtual: str = ""  # USING and its arguments, for a virtual table


_REMEMBERED = 1024  # texts of each kind: what one step touches is read a few times


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
    while len(words) > 1 and words[0].text == "(" and _closing(words, 0) == len(words) - 1:
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


@lru_cache(maxsize=_REMEMBERED)
def expression(sql: str) -> str:
    """A default or another piece of SQL on its own, normalised."""
    return normalised(tokens(sql))


@lru_cache(maxsize=_REMEMBERED)
def after_name(sql: str, object_type: str) -> str:
    """All that follows the name in CREATE VIEW or CREATE TRIGGER, normalised."""
    words = tokens(sql)
    return _joined(words[_name_end(words, object_type) :])


@lru_cache(maxsize=_REMEMBERED)
def index_parts(sql: str) -> tuple[bool, str, str]:
    """Of a CREATE INDEX: whether it is unique, its columns in parentheses, and the condition after WHERE."""
    words = tokens(sql)
    unique = any(word.lower == "unique" for word in words[:3])
    rest = [word for word in words[_name_end(words, "index") + 2 :] if word.lower != "asc"]
    end = _closing(rest, 0) + 1
    return unique, _joined(rest[:end]), normalised(rest[end + 1 :])


def columns_named(sql: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Those of the columns that a normalised piece of SQL names."""
    words = {word.text.lower() for word in tokens(sql) if word.kind in ("word", "name")}
    return tuple(column for column in columns if column.lower() in words)


def _name_end(words: Sequence[Token], object_type: str) -> int:
    at = next(i for i, word in enumerate(words) if word.lower == object_type) + 1
    at += 3 if [word.lower for word in words[at : at + 3]] == ["if", "not", "exists"] else 0
    return at + (3 if words[at + 1].text == "." else 1)


@lru_cache(maxsize=_REMEMBERED)
def table_text(sql: str) -> TableText:
    """A CREATE TABLE or CREATE VIRTUAL TABLE, read. The result is shared: do not change it."""
    return _Reader(tokens(sql)).table()


def _closing(words: Sequence[Token], start: int) -> int:
    """Where the parenthesis opened at `start` ends."""
    depth = 0
    for i in range(start, len(words)):
        depth += {"(": 1, ")": -1}.get(words[i].text, 0) if words[i].kind == "other" else 0
        if depth == 0:
            return i
    return len(words) - 1


class _Reader:
    """Walks over the words of one CREATE TABLE. SQLite has checked the text, so it is not checked again."""

    def __init__(self, words: Sequence[Token]) -> None:
        self.words = words
        self.at = 0
        self.columns: frozenset[str] = frozenset()

    def peek(self) -> Token:
        return self.words[self.at] if self.at < len(self.words) else Token("other", "")

    def take(self) -> Token:
        self.at += 1
        return self.words[self.at - 1]

    def accept(self, *texts: str) -> bool:
        """Steps over these words if they come next."""
        if [word.lower for word in self.words[self.at : self.at + len(texts)]] != list(texts):
            return False
        self.at += len(texts)
        return True

    def group(self) -> list[Token]:
        """The words inside the parentheses that open here."""
        start, self.at = self.at, _closing(self.words, self.at) + 1
        return list(self.words[start + 1 : self.at - 1])

    def table(self) -> TableText:
        found = TableText()
        while not self.accept("table"):
            if self.take().lower == "virtual":
                found.virtual = "virtual"
        self.accept("if", "not", "exists")
        self.take()
        if self.accept("."):
            self.take()
        if found.virtual:
            found.virtual = normalised(self.words[self.at :])
            return found
        items = list(_split(self.group()))
        self.columns = frozenset(item[0].text.lower() for item in items if item[0].lower not in _CONSTRAINT_WORDS)
        for item in items:
            reader = _Reader(item)
            reader.columns = self.columns
            reader.item(found)
        rest = {word.lower for word in self.words[self.at :]}
        found.options |= {"without rowid"} if "rowid" in rest else set()
        found.options |= {"strict"} & rest
        return found

    def item(self, found: TableText) -> None:
        column = None
        if self.peek().lower not in _CONSTRAINT_WORDS:
            column = self.take().text
            while self.at < len(self.words) and self.peek().lower not in _COLUMN_WORDS:
                self.take()
        name = None
        while self.at < len(self.words):
            if self.accept("constraint"):
                name = self.take().text
            elif (constraint := self.constraint(name, column, found)) is not None:
                found.constraints.append(constraint)
                name = None
            elif column is not None and self.column_only(column, found):
                name = None
            else:
                self.take()

    def constraint(self, name: str | None, column: str | None, found: TableText) -> Constraint | None:
        if self.accept("primary", "key"):
            columns, text = self.indexed(column)
            if self.accept("autoincrement"):
                found.options.add("autoincrement")
            return Constraint("primary key", name, columns, f"({text})" + self.conflict())
        if self.accept("unique"):
            columns, text = self.indexed(column)
            return Constraint("unique", name, columns, f"({text})" + self.conflict())
        if self.accept("check"):
            inside = self.group()
            used = {word.text.lower() for word in inside if word.kind in ("word", "name")} & self.columns
            self.conflict()
            return Constraint("check", name, tuple(sorted(used)), normalised(inside, self.columns))
        if self.accept("foreign", "key"):
            own = tuple(part[0].text for part in _split(self.group()))
            self.accept("references")
            return self.reference(name, own)
        if column is not None and self.accept("references"):
            return self.reference(name, (column,))
        return None

    def indexed(self, column: str | None) -> tuple[tuple[str, ...], str]:
        """The columns of a key: their names, and their text with COLLATE and DESC."""
        if column is not None:
            descending = self.accept("desc")
            self.accept("asc")
            return (column,), column.lower() + (" desc" if descending else "")
        parts = [[word for word in part if word.lower != "asc"] for part in _split(self.group())]
        return tuple(part[0].text for part in parts), ", ".join(normalised(part) for part in parts)

    def conflict(self) -> str:
        action = self.take().lower if self.accept("on", "conflict") else "abort"
        return "" if action == "abort" else f" on conflict {action}"  # https://www.sqlite.org/lang_conflict.html

    def reference(self, name: str | None, columns: tuple[str, ...]) -> Constraint:
        parent = self.take().text
        parent_columns = tuple(part[0].text for part in _split(self.group())) if self.peek().text == "(" else ()
        actions = {"delete": "", "update": ""}
        deferred = ""
        while True:
            if self.accept("on"):
                event = self.take().lower
                word = self.take().lower
                action = f"{word} {self.take().lower}" if word in ("set", "no") else word
                actions[event] = "" if action == "no action" else f" on {event} {action}"
            elif self.accept("match"):
                self.take()
            elif self.accept("not", "deferrable"):
                self.initially()
            elif self.accept("deferrable"):
                # Only INITIALLY DEFERRED defers anything: https://www.sqlite.org/foreignkeys.html#fk_deferred
                deferred = " deferrable initially deferred" if self.initially() == "deferred" else ""
            else:
                break
        text = actions["delete"] + actions["update"] + deferred
        return Constraint("foreign key", name, columns, text, parent, parent_columns)

    def initially(self) -> str:
        return self.take().lower if self.accept("initially") else ""

    def column_only(self, column: str, found: TableText) -> bool:
        """Steps over what only a column can have, noting what no pragma tells."""
        if self.accept("not", "null"):
            if action := self.conflict():
                found.on_null[column] = action.removeprefix(" on conflict ")
        elif self.accept("null"):
            self.conflict()
        elif self.accept("default"):
            if self.peek().text == "(":
                self.group()
            elif self.take().text in ("+", "-"):
                self.take()
        elif self.accept("collate"):
            found.collations[column] = self.take().text.lower()
        elif self.accept("generated", "always", "as") or self.accept("as"):
            text = normalised(self.group(), self.columns)
            found.generated[column] = f"{text} stored" if self.accept("stored") else f"{text} virtual"
            self.accept("virtual")
        else:
            return False
        return True


def _split(words: Sequence[Token]) -> Iterator[list[Token]]:
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
