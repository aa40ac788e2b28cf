from __future__ import annotations

from pathlib import Path

from tests.once import ONCE, runs_once

ROOT = Path(__file__).parents[1]


def test_everything_that_is_said_to_run_once_is_there() -> None:
    for place, names in ONCE.items():
        assert (ROOT / place).exists(), place
        text = (ROOT / place).read_text(encoding="utf-8") if names else ""
        assert [name for name in names if f"def {name}(" not in text] == []


def test_all_else_runs_everywhere() -> None:
    assert runs_once("tests/test_imports.py", "test_no_cycles")
    assert runs_once("tests/workflows/test_green.py", "test_jobs_that_succeeded_are_green")
    assert not runs_once("tests/rules/test_samples.py", "test_samples[a]")
    assert not runs_once("tests/test_verify_scale.py", "test_several_processes_find_what_one_finds[downgrade_raises]")
