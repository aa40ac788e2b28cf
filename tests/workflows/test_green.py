from __future__ import annotations

import json
from pathlib import Path

import pytest

from maintenance.green import main, not_green


def needs(**results: str) -> str:
    return json.dumps({name: {"result": result, "outputs": {}} for name, result in results.items()})


def test_jobs_that_succeeded_are_green(capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"NEEDS": needs(static="success", sqlite="success")}) == 0
    assert capsys.readouterr().out == "All jobs are green.\n"


@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped"])
def test_any_other_result_is_not_green(result: str) -> None:
    assert not_green(needs(static="success", sqlite=result)) == [f"sqlite: {result}"]


def test_on_github_what_is_not_green_is_an_annotation_and_stands_in_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("## findings\n")

    code = main({"NEEDS": needs(postgresql="failure"), "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)})

    assert code == 1
    assert capsys.readouterr().out == "::error title=not green::postgresql: failure\n"
    assert page.read_text().startswith("## findings\n### Not green\n\n- postgresql: failure\n")


@pytest.mark.parametrize("wrong", ["", "{}", "[]", "no json", '{"static": 1}'])
def test_jobs_that_nobody_named_are_an_error_and_not_green(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"NEEDS": wrong}) == 2
    assert "Try: set NEEDS" in capsys.readouterr().err
