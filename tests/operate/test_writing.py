"""Files that are on the disk before they take their name."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from migration_guard.errors import CannotFinish
from migration_guard.operate.writing import put_in_place, whole_file

fcntl = pytest.importorskip("fcntl")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced, by a system that wants files open for writing, as Windows does (FlushFileBuffers)."""
    kinds: list[str] = []
    own = os.fsync

    def fsync(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        if not folder and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        kinds.append("folder" if folder else "file")
        own(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return kinds


def test_a_file_is_synced_before_it_takes_its_name_and_the_folder_afterwards(tmp_path: Path, synced: list[str]) -> None:
    with whole_file(tmp_path / "new") as part:
        part.write_text("text")

    assert (tmp_path / "new").read_text() == "text"
    assert synced == ["file", "folder"]

    (tmp_path / "other").write_text("other")
    put_in_place(tmp_path / "other", tmp_path / "new")
    assert (tmp_path / "new").read_text() == "other"
    assert synced == ["file", "folder"] * 2


def test_what_stands_in_the_way_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file")

    with (
        pytest.raises(CannotFinish, match=r"backups cannot be written: File exists") as caught,
        whole_file(tmp_path / "backups" / "new"),
    ):
        pass

    assert caught.value.hint == f"ls -ld {tmp_path / 'backups'} shows what stands in the way"
