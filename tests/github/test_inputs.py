from pathlib import Path

import pytest

from migration_guard.errors import UsageError
from migration_guard.github.inputs import Inputs, lines, listed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FAIL_ON", "warnings"),
        ("HISTORY", "all"),
        ("INSTALL", "pipenv"),
        ("COMMENT", "yes"),
        ("SHARD", "3/2"),
        ("SHARDS", "0"),
        ("SHARDS", "many"),
        ("WAIT", "-1"),
    ],
)
def test_a_value_that_means_nothing_is_named_with_its_input(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=rf"the input {name.lower().replace('_', '-')} is '{value}'"):
        Inputs.of({f"GUARD_{name}": value})


def test_an_empty_input_is_the_default() -> None:
    assert Inputs.of({"GUARD_FAIL_ON": " ", "GUARD_WORKING_DIRECTORY": ""}) == Inputs()


def test_names_are_parted_by_commas_and_lines_and_paths_by_lines_alone() -> None:
    assert listed("sqlite, postgresql-16\npostgresql-18\n") == ["sqlite", "postgresql-16", "postgresql-18"]
    assert lines("a, b.py\n\n c.py") == ["a, b.py", "c.py"]


def test_a_folder_with_blanks_and_quotes_is_found(tmp_path: Path) -> None:
    (tmp_path / 'it\'s "ours" `id`').mkdir()

    assert Inputs(working_directory='it\'s "ours" `id`').folder(tmp_path).is_dir()


@pytest.mark.parametrize("name", ["gone", "..", "/"])
def test_a_folder_outside_the_checkout_or_nowhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="the input working-directory is"):
        Inputs(working_directory=name).folder(tmp_path)


def test_databases_none_and_the_job_that_reads_run_nothing() -> None:
    assert not Inputs(databases="none").with_databases
    assert not Inputs(part="check", databases="sqlite").with_databases
    assert Inputs().with_databases
