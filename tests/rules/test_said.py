from pathlib import Path

import pytest

from .said import KEPT, rules, said


@pytest.mark.parametrize("rule", rules())
def test_words_are_those_that_were_read_before_they_were_committed(rule: str, tmp_path: Path) -> None:
    kept = KEPT / f"{rule}.txt"

    assert kept.is_file(), "write it: python -m tests.rules.said"
    assert said(rule, tmp_path) == kept.read_text(encoding="utf-8")


def test_no_words_are_kept_of_rules_that_are_gone() -> None:
    assert sorted(path.stem for path in KEPT.glob("*.txt")) == rules()
