from __future__ import annotations

import json
from pathlib import Path

import pytest

from maintenance.outcome import main, unlike


@pytest.fixture
def outputs(tmp_path: Path) -> dict[str, str]:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"findings": [{"rule": "multiple-heads"}]}))
    return {"verdict": "failed", "errors": "2", "warnings": "0", "report": str(report)}


@pytest.mark.parametrize("wanted", ["verdict=failed", "errors=some", "errors=2", "finds=multiple-heads", "html="])
def test_what_is_as_it_should_be_is_green(wanted: str, outputs: dict[str, str]) -> None:
    assert list(unlike([wanted], outputs)) == []


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("verdict=passed", "verdict is failed, not passed"),
        ("warnings=some", "warnings is 0, not some"),
        ("html=guard.html", "html is empty, not guard.html"),
        ("finds=parity", "the report has no parity, but multiple-heads"),
    ],
)
def test_what_is_not_is_told(wanted: str, why: str, outputs: dict[str, str]) -> None:
    assert list(unlike([wanted], outputs)) == [why]


def test_without_a_report_nothing_was_found() -> None:
    assert list(unlike(["finds=parity"], {"report": ""})) == ["the report has no parity, but nothing"]


def test_the_session_looks_at_outcome_and_outputs(outputs: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    environment = {"OUTPUTS": json.dumps(outputs), "OUTCOME": "failure"}

    assert main(["outcome=failure", "errors=some"], environment) == 0
    assert main(["outcome=success"], environment) == 1
    assert main(["outcome=success"], {}) == 2
    assert "Try: set OUTPUTS" in capsys.readouterr().err
