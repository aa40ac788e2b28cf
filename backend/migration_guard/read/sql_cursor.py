"""SQL text cut into words by sqlglot, and a cursor that walks over the words of one statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from ..facts import Place, Text, Unread

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token as GlotToken

PLACEHOLDER = "__unread__"  # what the reader puts where an f-string holds a value that source cannot show
_SQLITE_WORDS = re.compile(
    r"`|\b(?:AUTOINCREMENT|WITHOUT\s+ROWID|PRAGMA|(?:INSERT|UPDATE)\s+OR\s+(?:ABORT|FAIL|IGNORE|REPLACE|ROLLBACK))\b",
    re.IGNORECASE,
)
_DOLLAR_QUOTE = re.compile(r"\$\w*\$")
_BRACKETS = {"(": ")", "[": "]"}
_ROUTINES = {"TRIGGER", "FUNCTION", "PROCEDURE"}


def words(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


class NotSql(Exception):
    """These words make no statement that we know."""


@dataclass(frozen=True)
class Token:
    """One word. `word` is what keywords are compared with: upper case, empty for quoted names and strings."""

    kind: Literal["word", "quoted", "string", "sign"]
    word: str
    text: str  # without quotes; names that are not quoted folded as the database folds them
    start: int
    end: int


@dataclass(frozen=True)
class Statement:
    """The words of one statement inside `sql`, and for each opening bracket where it closes."""

    at: Place
    sql: str
    tokens: tuple[Token, ...]
    closes: dict[int, int]
    balanced: bool

    @property
    def source(self) -> str:
        return self.sql[self.tokens[0].start : self.tokens[-1].end]

    def cursor(self) -> Cursor:
        return Cursor(self, 0, len(self.tokens))


def is_sqlite(sql: str, dialects: frozenset[str] | None) -> bool:
    """Whether the text is to be read the way SQLite reads it: [name] and `name` are names there."""
    if dialects is not None and ("sqlite" not in dialects or len(dialects) == 1):
        return "sqlite" in dialects
    return _DOLLAR_QUOTE.search(sql) is None and _SQLITE_WORDS.search(sql) is not None


def split(sql: str, *, at: Place, sqlite: bool) -> Iterator[Statement]:
    """The statements of a script, in order. Raises NotSql where a quote or a comment never ends."""
    from sqlglot.errors import TokenError

    try:
        tokens = list(_tokens(sql, sqlite))
    except TokenError as error:
        raise NotSql from error
    own: list[Token] = []
    depth = blocks = 0
    routine = False
    for token in tokens:
        word = token.word
        if word == ";" and depth <= 0 and blocks <= 0:
            if own:
                yield _statement(at, sql, own)
            own, depth, blocks, routine = [], 0, 0, False
            continue
        own.append(token)
        depth += (word == "(") - (word == ")")
        # A trigger of SQLite and BEGIN ATOMIC of PostgreSQL hold whole statements between BEGIN and END.
        routine = routine or (len(own) < 6 and word in _ROUTINES and own[0].word == "CREATE")
        if routine and (word == "BEGIN" or (blocks and word == "CASE")):
            blocks += 1
        elif blocks and word == "END":
            blocks -= 1
    if own:
        yield _statement(at, sql, own)


def _statement(at: Place, sql: str, tokens: list[Token]) -> Statement:
    closes: dict[int, int] = {}
    opened: list[int] = []
    balanced = True
    for index, token in enumerate(tokens):
        if token.word in _BRACKETS:
            opened.append(index)
        elif token.word in _BRACKETS.values():
            if opened and _BRACKETS[tokens[opened[-1]].word] == token.word:
                closes[opened.pop()] = index
            else:
                balanced = False
    return Statement(at, sql, tuple(tokens), closes, balanced and not opened)


@cache
def _tokenizer(sqlite: bool) -> Callable[[str], list[GlotToken]]:
    # Of the ALTER statements in real migrations, sqlglot's parser gives a third back as opaque commands, and its tree
    # changes from release to release. Its tokenizer knows quotes, dollar quotes and comments of both databases, and
    # words are enough to tell what a statement does to which table.
    from sqlglot.dialects.postgres import Postgres
    from sqlglot.dialects.sqlite import SQLite

    base = SQLite.Tokenizer if sqlite else Postgres.Tokenizer
    plain = type("Tokenizer", (base,), {"COMMANDS": set()})  # or the words after VACUUM, DO, REPLACE come as one text
    return lambda sql: list(plain().tokenize(sql))


def _tokens(sql: str, sqlite: bool) -> Iterator[Token]:
    for found in _tokenizer(sqlite)(sql):
        start, end = found.start, found.end + 1
        kind = found.token_type.name
        if kind == "IDENTIFIER":
            yield Token("quoted", "", found.text, start, end)
        elif kind.endswith("STRING"):
            yield Token("string", "", found.text, start, end)
        elif kind != "BACKSLASH":  # `\:` is how text() of SQLAlchemy writes a colon
            for piece in re.finditer(r"\S+", sql[start:end]):  # sqlglot joins "PRIMARY KEY"
                text = piece[0]
                first, last = start + piece.start(), start + piece.end()
                if text[0].isalpha() or text[0] == "_":
                    yield Token("word", text.upper(), text if sqlite else text.lower(), first, last)
                else:
                    yield Token("sign", text, text, first, last)


class Cursor:
    """A place in a statement, and where to stop: the end of the statement, of a bracket or of one of its parts."""

    def __init__(self, statement: Statement, start: int, stop: int) -> None:
        self._statement = statement
        self._at = start
        self._stop = stop

    @property
    def word(self) -> str:
        """The word here in upper case: "" at the end, and for quoted names and strings."""
        return self.ahead(0)

    def ahead(self, steps: int) -> str:
        """The word so many steps further on."""
        index = self._at + steps
        return self._statement.tokens[index].word if index < self._stop else ""

    @property
    def ended(self) -> bool:
        return self._at >= self._stop

    @property
    def source(self) -> str:
        """The text from here to the end, as it stands."""
        if self.ended:
            return ""
        tokens = self._statement.tokens
        return self._statement.sql[tokens[self._at].start : tokens[self._stop - 1].end]

    def text(self, what: str) -> Text:
        """The text from here to the end; Unread, "a type made at run time", where a placeholder is part of it."""
        source = self.source
        return self.unread(what) if PLACEHOLDER in source.lower() else source

    def unread(self, what: str) -> Unread:
        return Unread(self._statement.at, f"{what} made at run time")

    def take(self, *words: str) -> bool:
        """Step over these words if they stand here."""
        if all(self.ahead(step) == word for step, word in enumerate(words)):
            self._at += len(words)
            return True
        return False

    def take_any(self, *words: str) -> str:
        """Step over one of these words if it stands here, and give it back, else ""."""
        word = self.word
        if word and word in words:
            self._at += 1
            return word
        return ""

    def need(self, *words: str) -> None:
        """Step over these words. Raises NotSql where others stand."""
        if not self.take(*words):
            raise NotSql

    def step(self) -> None:
        """Step over one word, or over a whole bracket."""
        self._at = self._statement.closes.get(self._at, self._at) + 1

    def token(self) -> Token:
        """The token here, stepped over. Raises NotSql at the end."""
        if self.ended:
            raise NotSql
        self._at += 1
        return self._statement.tokens[self._at - 1]

    def name(self) -> Text:
        """The name here, without quotes and stepped over. Raises NotSql where none stands."""
        token = self.token()
        if token.kind not in ("word", "quoted"):
            raise NotSql
        return self.unread("a name") if PLACEHOLDER in token.text.lower() else token.text

    def qualified(self) -> tuple[Text | None, Text]:
        """The name here with its schema, None where none is written."""
        schema, name = None, self.name()
        while self.take("."):
            schema, name = name, self.name()
        return schema, name

    def names(self) -> Iterator[tuple[Text | None, Text]]:
        """Names with commas between, as DROP takes them; argument lists of functions are stepped over."""
        while True:
            yield self.qualified()
            if self.word == "(":
                self.step()
            if not self.take(","):
                return

    def string(self) -> Text:
        """What the quoted string here holds, stepped over. Raises NotSql where none stands."""
        token = self.token()
        if token.kind != "string" and PLACEHOLDER not in token.text.lower():
            raise NotSql
        return self.unread("a label") if PLACEHOLDER in token.text.lower() else token.text

    def group(self) -> Cursor:
        """What stands in the bracket here, which is stepped over. Raises NotSql where no bracket stands."""
        close = self._statement.closes.get(self._at)
        if close is None or self.word != "(":
            raise NotSql
        inside = Cursor(self._statement, self._at + 1, close)
        self._at = close + 1
        return inside

    def up_to(self, words: Collection[str], *, at_least: int = 0) -> Cursor:
        """What stands before the next of these words outside brackets, or before the end; all of it stepped over.

        So many words belong to it whatever they are: a default may begin with NULL or NOT.
        """
        start = self._at
        for _ in range(at_least):
            if not self.ended:
                self.step()
        while not self.ended and (self.word not in words or (self.word == "FROM" and self.ahead(-1) == "DISTINCT")):
            self.step()
        return Cursor(self._statement, start, self._at)

    def parts(self, separator: str = ",") -> Iterator[Cursor]:
        """What stands between separators outside brackets, from here to the end."""
        while not self.ended:
            yield self.up_to((separator,))
            self.take(separator)

    @property
    def placeholder_next(self) -> bool:
        """Whether a placeholder stands behind the word here."""
        return PLACEHOLDER.upper() in self.ahead(1)

    @property
    def ends_with_placeholder(self) -> bool:
        """Whether a placeholder ends the statement right after a value, where it can only be more of the statement."""
        before, last = self._statement.tokens[-2:]
        return PLACEHOLDER in last.text.lower() and (before.kind != "sign" or before.text[0] in ")]0123456789")

    def copy(self) -> Cursor:
        return Cursor(self._statement, self._at, self._stop)

    def since(self, start: Cursor) -> str:
        """The text that was stepped over since `start`, a copy made earlier."""
        return Cursor(self._statement, start._at, self._at).source
