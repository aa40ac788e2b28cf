"""What SQLite keeps only as text: constraints, collations and options of a CREATE TABLE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from .words import REMEMBERED, Token, closing, normalised, split, tokens

_CONSTRAINT_WORDS = {"constraint", "primary", "unique", "check", "foreign"}
_COLUMN_WORDS = {*_CONSTRAINT_WORDS, "not", "null", "default", "collate", "references", "generated", "as"}


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


@lru_cache(maxsize=REMEMBERED)
def table_text(sql: str) -> TableText:
    """A CREATE TABLE or CREATE VIRTUAL TABLE, read. The result is shared: do not change it."""
    return _Reader(tokens(sql)).table()


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
        start, self.at = self.at, closing(self.words, self.at) + 1
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
        items = list(split(self.group()))
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
            own = tuple(part[0].text for part in split(self.group()))
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
        parts = [[word for word in part if word.lower != "asc"] for part in split(self.group())]
        return tuple(part[0].text for part in parts), ", ".join(normalised(part) for part in parts)

    def conflict(self) -> str:
        action = self.take().lower if self.accept("on", "conflict") else "abort"
        return "" if action == "abort" else f" on conflict {action}"  # https://www.sqlite.org/lang_conflict.html

    def reference(self, name: str | None, columns: tuple[str, ...]) -> Constraint:
        parent = self.take().text
        parent_columns = tuple(part[0].text for part in split(self.group())) if self.peek().text == "(" else ()
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
