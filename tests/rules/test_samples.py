from pathlib import Path

import pytest

from migration_guard.rules import all_rules

from .samples import FOLDER, expected, files, report_on, situations

RULES = [entry.rule.id for entry in all_rules()]


@pytest.mark.parametrize("situation", situations(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_all_rules_say_what_the_sample_marks_and_nothing_else(situation: Path, tmp_path: Path) -> None:
    report = report_on(tmp_path, {file.name: file.read_bytes() for file in files(situation)})

    said = {(Path(finding.at.path).name, finding.at.line, finding.rule.id) for finding in report.findings}

    assert said == expected(files(situation))


@pytest.mark.parametrize("rule", sorted(path.name for path in FOLDER.iterdir()))
def test_samples_stand_in_the_folder_of_a_rule_that_exists(rule: str) -> None:
    assert rule in RULES


@pytest.mark.parametrize("situation", situations(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_near_miss_is_called_fine_and_a_hazard_is_marked(situation: Path) -> None:
    own = {rule for _, _, rule in expected(files(situation))}

    assert (situation.parent.name in own) is not situation.name.startswith("fine")
