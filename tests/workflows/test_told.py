from __future__ import annotations

import sys
from pathlib import Path

import pytest

from maintenance.page import block
from maintenance.told import LONGEST, told


def test_what_a_program_says_is_printed_and_stands_in_the_summary_with_how_it_went(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    page = {"GITHUB_STEP_SUMMARY": str(tmp_path / "page.md")}
    program = [sys.executable, "-c", "import sys; print('three', flush=True); print('rows', file=sys.stderr)"]

    assert told("Drill", program, page) == 0
    assert capfd.readouterr().out == "three\nrows\n"
    assert (tmp_path / "page.md").read_text() == "### Drill: ended well\n\n```text\nthree\nrows\n```\n\n"


def test_a_program_that_fails_needs_somebody(tmp_path: Path) -> None:
    page = {"GITHUB_STEP_SUMMARY": str(tmp_path / "page.md")}

    assert told("Drill", [sys.executable, "-c", "raise SystemExit(3)"], page) == 3
    assert told("Prune", [str(tmp_path / "no such program")], page) == 127
    assert "### Drill: exit code 3: somebody has to look" in (tmp_path / "page.md").read_text()


def test_a_long_output_keeps_its_end(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    page = {"GITHUB_STEP_SUMMARY": str(tmp_path / "page.md")}

    told("Drill", [sys.executable, "-c", f"print('x' * {LONGEST}); print('the end')"], page)

    text = (tmp_path / "page.md").read_text()
    assert "the end" in text
    assert len(text) < LONGEST + 200


def test_nothing_ends_a_block_before_its_end() -> None:
    assert block("a\n````\n<b>\n").splitlines()[0] == "`````text"
    assert block("a\n````\n<b>\n").splitlines()[-1] == "`````"


def test_without_a_page_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    assert told("Drill", [sys.executable, "-c", "print('three')"], {}) == 0
    assert capfd.readouterr().out == "three\n"
