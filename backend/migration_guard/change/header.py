"""The header of a revision file with other parents; every other byte stays as it is."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence

from ..errors import UsageError
from ..read.source import read_migration

_QUOTES = re.compile(r"[A-Za-z]*('''|\"\"\"|'|\")")
# As Alembic's templates write it ("Revises: a, b"), and as people do who made theirs from it.
_REVISES = re.compile(
    r"^(?P<label>[ \t#]*(?:Revises|Revised from|Down[ _]revisions?(?:[ _]ID)?)[ \t]*:)"
    r"(?P<gap>[ \t]*)(?P<value>[^\r\n]*?)(?P<rest>[ \t]*(?:\"\"\"|''')?[ \t]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_LINE_END = re.compile(r"\r\n|\r|\n")
Splice = tuple[int, int, str]


def with_parents(content: bytes, path: str, old: Sequence[str], new: Sequence[str]) -> bytes:
    """The file with `down_revision` and the "Revises:" line of its docstring or comments led from old parents to new.

    Raises UsageError where the file computes its parents, or would mean something else afterwards.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)  # "utf-8-sig" keeps a byte order mark
    text = content.decode(encoding)
    file = _File(text)
    splices = [*file.link(path, old, new), *file.told(old, new)]
    for start, end, replacement in sorted(splices, reverse=True):
        text = text[:start] + replacement + text[end:]
    edited = text.encode(encoding)
    before, after = read_migration(content, path), read_migration(edited, path)
    if after.parents != tuple(new) or (after.digest, after.revision) != (before.digest, before.revision):
        raise _by_hand(path, new)
    return edited


class _File:
    """The text of a file with its syntax tree, and where its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = text.replace("\r\n", "\n").replace("\r", "\n")
        self.tree = ast.parse(self.plain)
        self.starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def link(self, path: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Splice]:
        """The change of the `down_revision` statement."""
        value = _down_revision(self.tree)
        if value is None:
            raise _by_hand(path, new)
        if isinstance(value, (ast.Tuple, ast.List)) and len(old) == len(new) == len(value.elts):
            for element, name in zip(value.elts, new, strict=True):
                if not isinstance(element, ast.Constant):
                    raise _by_hand(path, new)
                if element.value != name:
                    yield self._literal(element, name)
        elif isinstance(value, ast.Constant) and len(new) == 1:
            yield self._literal(value, new[0])
        elif isinstance(value, (ast.Constant, ast.Tuple, ast.List)):
            quote = self._quote(value)
            names = ", ".join(f"{quote}{name}{quote}" for name in new)
            start, end = self._span(value)
            yield start, end, names if len(new) == 1 else f"({names})"
        else:
            raise _by_hand(path, new)

    def told(self, old: Sequence[str], new: Sequence[str]) -> Iterator[Splice]:
        """The changes of what docstring and comments say about the parents."""
        for start, end in self._said():
            part = re.sub(r"\r(?!\n)", "\n", self.text[start:end]).replace("\r", " ")
            for found in _REVISES.finditer(part):
                value = found["value"]
                if old and all(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", value) for one in old):
                    told = value
                    for one, other in zip(old, new, strict=False) if len(old) == len(new) else ():
                        told = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", other.replace("\\", r"\\"), told)
                    told = told if len(old) == len(new) else ", ".join(new)
                elif value in ("", "None", "<base>"):
                    told = ", ".join(new)
                else:
                    continue
                gap = found["gap"] or " "
                yield start + found.end("label"), start + found.end("value"), gap + told

    def _said(self) -> Iterator[tuple[int, int]]:
        """Where texts stand by themselves, such as the docstring, and where comments do, each line by itself."""
        for statement in self.tree.body:
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield self._span(value)
        if "#" not in self.plain:
            return
        for token in tokenize.generate_tokens(io.StringIO(self.plain).readline):
            if token.type == tokenize.COMMENT:
                start = self.starts[token.start[0] - 1] + token.start[1]
                yield start, start + len(token.string)

    def _literal(self, node: ast.Constant, name: str) -> Splice:
        quote = self._quote(node)
        return (*self._span(node), f"{quote}{name}{quote}")

    def _quote(self, node: ast.expr) -> str:
        """The quotes of a literal; for None those of the revision's own id."""
        start, end = self._span(node)
        found = _QUOTES.search(self.text[start:end])
        if found is None:
            found = re.search(r"^revision\b[^=\n]*=[ \t]*[A-Za-z]*('|\")", self.text, re.MULTILINE)
        return found[1][0] if found else '"'

    def _span(self, node: ast.expr) -> tuple[int, int]:
        """Where a node begins and ends in the text, counted in characters."""
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno or 0, node.end_col_offset or 0)

    def _at(self, line: int, column: int) -> int:
        start = self.starts[line - 1]
        rest = self.text[start : start + column]
        return start + (column if rest.isascii() else len(self.text[start:].encode()[:column].decode()))


def _down_revision(tree: ast.Module) -> ast.expr | None:
    """The value of the last statement at the top that binds it."""
    found = None
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        if any(isinstance(target, ast.Name) and target.id == "down_revision" for target in targets):
            found = statement.value  # type: ignore[attr-defined]
    return found


def _by_hand(path: str, new: Sequence[str]) -> UsageError:
    return UsageError(
        f"{path} does not give its down_revision as plain text", f"edit it by hand, to follow {' and '.join(new)}"
    )
