"""What the check has read, kept for the copy: a file without a name beside the database, as long as there is room."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

_PART = 1 << 19  # bytes read at a time


class Spool:
    """Lines of one table. Nothing is left of it when the process ends, however it does."""

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file
        self._size = 0

    def __bool__(self) -> bool:
        """Whether it has all that was added."""
        return self._file is not None

    def add(self, text: bytes) -> None:
        """Write at the end; where the disk is full, it keeps nothing from now on."""
        if self._file is not None:
            try:
                self._file.write(text)
                self._size += len(text)
            except OSError:
                self.close()

    def clear(self) -> None:
        """Begin anew."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            self._size = 0

    def parts(self, rows: int) -> Iterator[tuple[int, bytes]]:
        """All of it, with about how many of the rows are in each part; together they are all. Raises OSError."""
        if self._file is None:
            return
        self._file.seek(0)
        done = read = 0
        while part := self._file.read(_PART):
            read += len(part)
            many = rows * read // self._size - done
            done += many
            yield many, part

    def close(self) -> None:
        """Give the room back; nothing is kept any more."""
        if self._file is not None:
            with suppress(OSError):  # what could not be written is written once more
                self._file.close()
            self._file = None


class Spools:
    """The spools of one transfer, in the folder of the SQLite file. A temporary folder is memory on many systems."""

    def __init__(self, beside: Path | None) -> None:
        """None are kept without a file, or where twice its size would take more than half of the room that is left."""
        self._folder = None
        self._begun: list[Spool] = []
        with suppress(OSError):
            if beside and shutil.disk_usage(beside.parent).free > 4 * beside.stat().st_size:
                self._folder = beside.parent

    def begun(self) -> Spool:
        """An empty one; one that keeps nothing where the folder takes no files."""
        made = Spool(None)
        with suppress(OSError):
            if self._folder:
                made = Spool(tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115 - `close` is ours
        self._begun.append(made)
        return made

    def close(self) -> None:
        """Give all room back."""
        for spool in self._begun:
            spool.close()
