"""What is wrong inside a SQLite file that nobody writes to."""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from .sqlite_file import opened

CACHE = 16_000_000  # bytes of memory for integrity_check, which looks every row up in every index
LARGE = 32_000_000  # bytes of a file that two threads check faster than one
LOCK_BYTE = 1 << 30  # its page is never used (sqlite.org/fileformat2.html#the_lock_byte_page)


def damage(file: Path) -> list[str]:
    """What integrity_check says of a file; nothing where it is whole.

    A large one is looked at by two threads where the machine has time for both, table by table, for which SQLite lets
    go of Python's lock. That tells all but whether each page has one use, a third question; where its answer is no, or
    SQLite is built without it, integrity_check looks at the whole (sqlite.org/pragma.html#pragma_integrity_check).
    """
    if file.stat().st_size < LARGE or sqlite3.sqlite_version_info < (3, 33) or _busy():  # before, it takes no table
        return _said(file, iter(["PRAGMA integrity_check(3)"]))
    with closing(opened(file, read_only=True)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    quoted = ['"' + name.replace('"', '""') + '"' for name in ("sqlite_master", *tables)]
    questions = iter(["", *(f"PRAGMA integrity_check({name})" for name in quoted)])
    with ThreadPoolExecutor(2) as pool:
        return [words for said in pool.map(_said, [file] * 2, [questions] * 2) for words in said]


def _busy() -> bool:
    """Whether others keep more than half of the processors busy: two threads are a third more work than one."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1) / 2


def _said(file: Path, questions: Iterator[str]) -> list[str]:
    """What is wrong, by those of the questions that nobody else has taken; "" is the one on pages."""
    found = []
    with closing(opened(file, read_only=True)) as connection:
        connection.execute(f"PRAGMA cache_size = {-CACHE // 1024}")
        for question in questions:
            if not question and _pages_have_one_use(connection, file):
                continue
            rows = connection.execute(question or "PRAGMA integrity_check(3)")
            found += [row[0] for row in rows if row[0] != "ok"]
    return found


def _pages_have_one_use(connection: sqlite3.Connection, file: Path) -> bool:
    """Whether trees and the list of free pages share the file between them, as far as their number and sum tell."""
    try:
        used, different, total = connection.execute(
            "SELECT count(*), count(DISTINCT pageno), sum(pageno) FROM dbstat"
        ).fetchone()
    except sqlite3.DatabaseError:
        return False
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    free = _free(file, size, pages)
    locked = [LOCK_BYTE // size + 1] if pages * size > LOCK_BYTE else []
    # A file with auto_vacuum has pages of another kind, too, which are missing here.
    return bool(
        used == different == pages - len(free) - len(locked)
        and total + sum(free) + sum(locked) == pages * (pages + 1) // 2
    )


def _free(file: Path, size: int, pages: int) -> set[int]:
    """The numbers of the pages that are free (sqlite.org/fileformat2.html#the_freelist)."""
    found: set[int] = set()
    with file.open("rb") as stream:
        stream.seek(32)
        (trunk,) = struct.unpack(">I", stream.read(4))
        while 0 < trunk <= pages and trunk not in found:
            stream.seek((trunk - 1) * size)
            found.add(trunk)
            numbers = struct.unpack(f">{size // 4}I", stream.read(size).ljust(size, b"\0"))
            trunk = numbers[0]
            found.update(numbers[2 : 2 + numbers[1]])
    return found
