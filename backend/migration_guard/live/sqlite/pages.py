"""The rows of SQLite's tables as they lie in the file, page by page, without asking SQLite for them.

https://www.sqlite.org/fileformat2.html#b_tree_pages
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

LARGEST = 64_000_000  # bytes of a file that is read
_MOST = 100  # pages of a table that are compared
_MAGIC = b"SQLite format 3\0"
_INTERIOR, _LEAF = 5, 13  # of a table with a rowid


class Lying(NamedTuple):
    """Where the rows of a table lie, and what lies there."""

    numbers: tuple[int, ...]  # of pages, the root first
    pages: tuple[bytes, ...]


class OpenFile:
    """A file that stays open as long as this lives: to close it would drop the locks that SQLite holds on it in this
    process, over any connection (https://www.sqlite.org/howtocorrupt.html, 2.2). Raises OSError."""

    def __init__(self, file: Path) -> None:
        self._number = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._number)

    def is_it(self, file: Path) -> bool:
        """Whether this is the file of that name, and not one that stood there before."""
        return os.path.samestat(os.fstat(self._number), file.stat())

    def content(self) -> bytes:
        """All of it; nothing where it is too large. Raises OSError."""
        if os.fstat(self._number).st_size > LARGEST:
            return b""
        with open(self._number, "rb", closefd=False) as stream:
            stream.seek(0)
            return stream.read()


class Pages:
    """The pages of one file, which nobody writes to meanwhile."""

    def __init__(self, content: bytes) -> None:
        size = int.from_bytes(content[16:18], "big")
        self._content = content
        self._size = 65_536 if size == 1 else size
        self._usable = self._size - content[20]

    @classmethod
    def of(cls, content: bytes) -> Pages | None:
        """Those of a file's content; None where not all of it stands there, as a log is written beside it."""
        return cls(content) if content.startswith(_MAGIC) and content[18:20] == b"\1\1" else None

    def tables(self, roots: Mapping[str, int], before: Mapping[str, Lying]) -> dict[str, Lying]:
        """For each table, by its name and its first page, where its rows lie. Tables without a rowid are left out, and
        large ones. What is as it was `before` is the same object."""
        found = {}
        for name, root in roots.items():
            known = before.get(name)
            if known is not None and known.numbers[0] == root and self._at(known.numbers) == known.pages:
                found[name] = known
            elif numbers := self._numbers(root):
                found[name] = Lying(numbers, self._at(numbers))
        return found

    def _page(self, number: int) -> bytes:
        return self._content[(number - 1) * self._size : number * self._size]

    def _at(self, numbers: tuple[int, ...]) -> tuple[bytes, ...]:
        return tuple(map(self._page, numbers))

    def _numbers(self, root: int) -> tuple[int, ...]:
        """The pages of a table; none where it is not to be compared."""
        found: list[int] = []
        waiting = [root]
        while waiting:
            number = waiting.pop()
            page = self._page(number)
            found.append(number)
            if len(page) < self._size or page[0] not in (_INTERIOR, _LEAF) or len(found) > _MOST:
                return ()
            leaf = page[0] == _LEAF
            first = 8 if leaf else 12
            for place in range(first, first + 2 * _number(page, 3, 2), 2):
                cell = _number(page, place, 2)
                if leaf:
                    found += self._overflow(page, cell)
                else:
                    waiting.append(_number(page, cell, 4))
            if not leaf:
                waiting.append(_number(page, 8, 4))
        return tuple(found) if len(found) <= _MOST else ()

    def _overflow(self, page: bytes, cell: int) -> list[int]:
        """The pages that hold what does not fit into a row's cell."""
        payload, start = _varint(page, cell)
        start = _varint(page, start)[1]
        most = self._usable - 35
        if payload <= most:
            return []
        least = (self._usable - 12) * 32 // 255 - 23
        here = least + (payload - least) % (self._usable - 4)
        number = _number(page, start + (here if here <= most else least), 4)
        found: list[int] = []
        while number and len(found) <= _MOST:
            found.append(number)
            number = _number(self._page(number), 0, 4)
        return found


def _number(page: bytes, start: int, size: int) -> int:
    return int.from_bytes(page[start : start + size], "big")


def _varint(page: bytes, start: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for place in range(start, start + 8):
        value = value << 7 | page[place] & 0x7F
        if page[place] < 0x80:
            return value, place + 1
    return value << 8 | page[start + 8], start + 9
