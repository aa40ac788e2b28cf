from __future__ import annotations

from pathlib import Path

import pytest

from maintenance.release import NotReady, agreed, main, notes, version

CHANGELOG = """\
# Changelog

## Unreleased

## 1.2.0 - 2026-12-01

### Added

- `check` reads [faster](docs/benchmarks.md).

## 1.2

- An older one.

## 1.1.0

### Fixed
"""


def test_the_notes_are_the_section_of_the_version_alone() -> None:
    assert notes(CHANGELOG, "1.2.0") == "### Added\n\n- `check` reads [faster](docs/benchmarks.md).\n"
    assert notes(CHANGELOG, "1.2") == "- An older one.\n"


@pytest.mark.parametrize(
    ("version", "why"),
    [("1.3.0", "has no section 1.3.0"), ("1.1.0", "says nothing under 1.1.0"), ("1", "has no section 1")],
)
def test_a_version_of_which_the_changelog_says_nothing_is_not_released(version: str, why: str) -> None:
    with pytest.raises(NotReady, match=why):
        notes(CHANGELOG, version)


@pytest.mark.parametrize("tag", ["v1.2.1", "1.2.0", "v1.2.0rc1", ""])
def test_a_tag_that_is_not_that_of_the_version_is_refused(tag: str) -> None:
    agreed("v1.2.0", "1.2.0")
    with pytest.raises(NotReady, match=r"the package says 1\.2\.0"):
        agreed(tag, "1.2.0")


def test_the_version_is_read_without_importing_the_package() -> None:
    assert version('"""Words."""\n\n__version__ = "1.2.0"\n') == "1.2.0"
    with pytest.raises(NotReady, match="holds no __version__"):
        version("version = 1\n")


def test_a_release_that_is_not_ready_is_one_line_and_one_to_try_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main("v0.0.0", tmp_path / "notes.md") == 1
    assert "error: the tag is v0.0.0, and the package says " in capsys.readouterr().err
    assert not (tmp_path / "notes.md").exists()
