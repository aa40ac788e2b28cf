"""A revision file as it is written: where its statements stand, how it indents and quotes, and edits to the byte."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable

from ..facts import Operation

Splice = tuple[int, int, str]  # from where to where in the text, and what stands there instead
_LINE_END = re.compile(r"\r\n|\r|\n")
_STRING = re.compile(r"(['\"])(?!\1\1)")


class CannotEdit(Exception):
    """An edit that is not certain. `str(error)` says why, `hint` what a person does about it."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.hint = hint


class Written:
    """The text of a file with its syntax tree. Raises SyntaxError where it has none."""

    def __init__(self, content: bytes) -> None:
        self.encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)  # "utf-8-sig" keeps a byte order mark
        self.text = content.decode(self.encoding)
        self.plain = _LINE_END.sub("\n", self.text)
        self.lines = self.plain.split("\n")
        self.tree = ast.parse(self.plain)
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(self.text))]
        found = Counter(_LINE_END.findall(self.text)).most_common(1)
        self.newline = found[0][0] if found else "\n"

    def edited(self, splices: Iterable[Splice]) -> bytes:
        """The file with the splices made, in its own line ends and encoding; every other byte as it is."""
        text = self.text
        for start, end, new in sorted(splices, reverse=True):
            text = text[:start] + new.replace("\n", self.newline) + text[end:]
        try:
            return text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise CannotEdit(f"{error.object[error.start]!r} does not fit into {self.encoding}", "edit it") from error

    def span(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        """Where a node begins and ends in the text."""
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno or 0, node.end_col_offset or 0)

    def source(self, node: ast.stmt | ast.expr) -> str:
        """The text of a node, its lines ended by line feeds."""
        return self.source_between(*self.span(node))

    def source_between(self, start: int, end: int) -> str:
        """A piece of the text, its lines ended by line feeds."""
        return _LINE_END.sub("\n", self.text[start:end])

    def line_start(self, line: int) -> int:
        """Where a line begins."""
        return self._starts[line - 1]

    def line_end(self, line: int) -> int:
        """Where a line ends, before its line end."""
        start = self._starts[line - 1]
        return start + len(self.lines[line - 1])

    def indent(self, statement: ast.stmt) -> str | None:
        """What stands before a statement on its line, if that is white space alone; else None."""
        start, _ = self.span(statement)
        before = self.text[self.line_start(statement.lineno) : start]
        return before if not before.strip() else None

    def ends_its_line(self, statement: ast.stmt) -> bool:
        """Whether nothing but a comment follows a statement on its last line."""
        _, end = self.span(statement)
        rest = self.text[end : self.line_end(statement.end_lineno or statement.lineno)].strip()
        return not rest or rest.startswith("#")

    def function(self, name: str) -> ast.FunctionDef | None:
        """The function of this name at the top; None where there is none, or where the name is bound in another way."""
        bound = [one for one in ast.walk(self.tree) if name in _binds(one)]
        return bound[0] if len(bound) == 1 and bound[0] in self.tree.body and _is_plain(bound[0]) else None  # type: ignore[return-value]

    def binds(self, name: str) -> bool:
        """Whether any line of the file gives the name a value."""
        return any(name in _binds(one) for one in ast.walk(self.tree))

    @property
    def unit(self) -> str:
        """One step of indentation, as the functions of the file have it."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.body[0].lineno > node.lineno:
                return self.indent(node.body[0]) or "    "
        return "    "

    @property
    def quote(self) -> str:
        """The quotes that most plain strings of the file have."""
        counts = Counter(
            found[1]
            for token in tokenize.generate_tokens(io.StringIO(self.plain).readline)
            if token.type == tokenize.STRING and (found := _STRING.match(token.string)) is not None
        )
        return "'" if counts["'"] > counts['"'] else '"'

    def call(self, op: Operation) -> ast.Call | None:
        """The call that an operation was read from, where it stands in this file by itself."""
        found = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
            and node.lineno == op.at.line
            and self._at(node.lineno, node.col_offset) == self.line_start(op.at.line) + op.at.column - 1
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ]
        return found[0] if len(found) == 1 else None

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that holds a node."""
        found = None
        for one in ast.walk(self.tree):  # from the outside to the inside
            if isinstance(one, ast.stmt) and any(inner is node for inner in ast.walk(one)):
                found = one
        return found

    def _at(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        rest = self.text[start : start + column]
        return start + (column if rest.isascii() else len(self.lines[line - 1].encode()[:column].decode()))


def inside_strings(text: str) -> frozenset[int]:
    """The lines of a piece of source, counted from 0, that begin inside a string."""
    found: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING or tokenize.tok_name[token.type] == "FSTRING_MIDDLE":
                found.update(range(token.start[0], token.end[0]))
    except (tokenize.TokenError, IndentationError):
        return frozenset(range(text.count("\n") + 1))
    return frozenset(found)


def indented(text: str, by: str) -> str:
    """Source text moved to the right; lines inside of strings stay as they are."""
    kept = inside_strings(text)
    return "\n".join(by + line if line.strip() and at not in kept else line for at, line in enumerate(text.split("\n")))


def _binds(node: ast.AST) -> frozenset[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return frozenset([node.name])
    if isinstance(node, ast.alias):
        return frozenset([node.asname or node.name.partition(".")[0]])
    return frozenset([node.id]) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else frozenset()


def _is_plain(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and not node.decorator_list
