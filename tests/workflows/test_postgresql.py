from __future__ import annotations

from datetime import date

import pytest

from maintenance.postgresql import DECIDED, VERSIONS, main, matrix, needs_a_person

ALL = sorted(VERSIONS)
QUIET = date(2026, 10, 1)  # all five have support, and the next one is not due


def test_supported_versions_need_nobody() -> None:
    assert list(needs_a_person(QUIET, ALL)) == []


def test_a_version_out_of_support_needs_somebody_once_what_was_decided_ends() -> None:
    decided = DECIDED[14]
    after = date(decided.year, decided.month + 1, 1)

    assert [line for line in needs_a_person(decided, ALL) if "14" in line] == []
    assert [line for line in needs_a_person(after, ALL) if "14" in line] == [
        "PostgreSQL 14 is out of support since 2026-11-12: take it out of the matrix"
    ]


def test_a_new_major_version_is_missed_from_the_november_after_the_last_one() -> None:
    after = date(2027, 11, 2)  # past every decision

    assert "PostgreSQL 19 was due by 2026-11-01" in "\n".join(needs_a_person(after, ALL))


def test_a_supported_version_that_the_guard_does_not_run_on_is_named() -> None:
    assert list(needs_a_person(QUIET, [14, 15, 16, 18])) == [
        "PostgreSQL 17 is supported until 2029-11-08, and the guard does not run on it"
    ]


def test_a_version_without_dates_is_named() -> None:
    (line,) = needs_a_person(QUIET, [*ALL, 99])

    assert line.startswith("the guard runs on PostgreSQL 99")


def test_a_workflow_without_a_matrix_is_an_error() -> None:
    with pytest.raises(ValueError, match="no matrix"):
        matrix("jobs: {}\n")


def test_the_session_is_red_when_somebody_is_needed_and_says_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(QUIET) == 0
    assert main(date(2040, 1, 1)) == 1
    assert "Try: compare with https://www.postgresql.org/support/versioning/" in capsys.readouterr().out
