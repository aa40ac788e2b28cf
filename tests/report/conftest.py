"""Snapshots: plain files beside the tests, written anew by `REWRITE_SNAPSHOTS=1 pytest tests/report`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

SNAPSHOTS = Path(__file__).parent / "snapshots"
REWRITE = os.environ.get("REWRITE_SNAPSHOTS") == "1"


@pytest.fixture
def same_as_snapshot() -> Callable[[str, str], bool]:
    """Whether a text equals the snapshot of that name, which is written first where that was asked for."""

    def same(name: str, text: str) -> bool:
        file = SNAPSHOTS / name
        if REWRITE:
            file.write_text(text, encoding="utf-8", newline="\n")
        return file.read_text(encoding="utf-8") == text

    return same
