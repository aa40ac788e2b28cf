"""The rows of SQLite's tables as they lie in the file, page by page, without asking SQLite for them.

https://www.sqlite.org/fileformat2.html#b_tree_pages
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_BLOCK = 65_536  # bytes that are read at once: some pages of any size
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

    def blocks(self, before: Sequence[bytes] = ()) -> list[bytes]:
        """All of it; nothing where it is too large. A block that is as it was `before` is the same object. Raises
        OSError."""
        if os.fstat(self._number).st_size > LARGEST:
            return []
        found: list[bytes] = []
        with open(self._number, "rb", closefd=False, buffering=0) as stream:
            stream.seek(0)
            while block := stream.read(_BLOCK):
                known = before[len(found)] if len(found) < len(before) else b""
                found.append(known if known == block else block)
        return found


class Pages:
    """The pages of one file, which nobody writes to meanwhile."""

    def __init__(self, blocks: Sequence[bytes], before: Pages | None = None) -> None:
        size = int.from_bytes(blocks[0][16:18], "big")
        self.blocks = blocks
        self._size = 65_536 if size == 1 else size
        self._usable = self._size - blocks[0][20]
        self._new = None if before is None else self._unlike(before)

    @classmethod
    def of(cls, blocks: Sequence[bytes], before: Pages | None = None) -> Pages | None:
        """Those of a file's content; None where not all of it stands there, as a log is written beside it."""
        begins = blocks[0] if blocks else b""
        return cls(blocks, before) if begins.startswith(_MAGIC) and begins[18:20] == b"\1\1" else None

    def tables(self, roots: Mapping[str, int], before: Mapping[str, Lying]) -> dict[str, Lying]:
        """For each table, by its name and its first page, where its rows lie. Tables without a rowid are left out, and
        large ones. What is as it was `before`, when the pages before these were looked at, is the same object."""
        found = {}
        for name, root in roots.items():
            known = before.get(name)
            if known is not None and known.numbers[0] == root and self._is_as_it_was(known):
                found[name] = known
            elif numbers := self._numbers(root):
                found[name] = Lying(numbers, self._at(numbers))
        return found

    def _is_as_it_was(self, known: Lying) -> bool:
        if self._new is not None and self._new.isdisjoint(known.numbers):
            return True
        return self._at(known.numbers) == known.pages

    def _unlike(self, before: Pages) -> set[int] | None:
        """The numbers of the pages that are not as they were; None where that cannot be said."""
        if self._size != before._size or len(self.blocks) < len(before.blocks):
            return None
        each = _BLOCK // self._size
        found: set[int] = set()
        for place, (block, known) in enumerate(zip(self.blocks, before.blocks, strict=False)):
            if block is not known:
                numbers = range(place * each + 1, (place + 1) * each + 1)
                found.update(number for number in numbers if self._page(number) != before._page(number))
        return found

    def _page(self, number: int) -> bytes:
        place, within = divmod((number - 1) * self._size, _BLOCK)
        return self.blocks[place][within : within + self._size] if place < len(self.blocks) else b""

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
