"""The command line: exit codes, errors of two lines, and what each command prints."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from migration_guard.cli import main

COMMITS = Path(__file__).parent / "fixtures" / "commits"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return shutil.copytree(COMMITS / "project", tmp_path / "project")


def add(project: Path, block: str, quality: str) -> Path:
    target = project / "alembic" / "versions" / "2c3d4e5f6071_people_have_an_age.py"
    shutil.copy(COMMITS / block / f"{quality}.py", target)
    return target


def test_nothing_found_is_0_and_says_what_was_looked_at(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["-C", str(project), "check"])

    out = capsys.readouterr().out
    assert code == 0
    assert "2 revisions" in out
    assert "1b2c3d4e5f60" in out


@pytest.mark.parametrize(
    "block", ["missing-downgrade", "multiple-heads", "not-null-without-default", "unreviewed-autogenerate"]
)
def test_each_block_is_1_and_the_good_form_0(block: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(project, block, "bad")
    bad = main(["-C", str(project), "check"])
    said = capsys.readouterr().out

    add(project, block, "good")
    good = main(["-C", str(project), "check"])

    assert (bad, good) == (1, 0)
    assert block in said


def test_json_has_the_documented_shape(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(project, "missing-downgrade", "bad")

    code = main(["-C", str(project), "check", "--format", "json"])

    report = json.loads(capsys.readouterr().out)
    (finding,) = report["findings"]
    assert code == 1
    assert report["version"] == 1
    assert finding["rule"] == "missing-downgrade"
    assert finding["path"] == "alembic/versions/2c3d4e5f6071_people_have_an_age.py"
    assert finding["revision"] == "2c3d4e5f6071"
    assert finding["depth"] == "read"
    assert report["looked_at"] == {**report["looked_at"], "files": 3, "revisions": 3, "heads": ["2c3d4e5f6071"]}


def test_paths_limit_what_is_judged(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(project, "missing-downgrade", "bad")

    code = main(["-C", str(project), "check", "alembic/versions/0a1b2c3d4e5f_people.py"])

    assert code == 0, capsys.readouterr().out


@pytest.mark.parametrize(("url", "batch"), [("postgresql+asyncpg://x@y/z", False), ("sqlite:///x.db", True)])
def test_advice_is_for_the_databases_that_the_ini_names(
    url: str, batch: bool, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(project, "not-null-without-default", "bad")
    with (project / "alembic.ini").open("a") as ini:
        ini.write(f"sqlalchemy.url = {url}\n")

    main(["-C", str(project), "check"])

    assert ("op.batch_alter_table" in capsys.readouterr().out) is batch


def test_a_file_that_is_no_migration_is_said_not_to_be_judged(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "settings.py").write_text("")

    main(["-C", str(project), "check", "alembic.ini", "settings.py"])

    out = capsys.readouterr().out
    assert "alembic.ini:1  no project that was found loads this file" in out
    assert "settings.py" not in out  # a commit hook hands over every changed Python file


def test_no_migrations_is_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["-C", str(tmp_path), "check"])

    error = capsys.readouterr().err
    assert code == 3
    assert error.startswith("error: ")
    assert "\n  Try: " in error


@pytest.mark.parametrize(
    "arguments",
    [
        ["chek"],
        ["check", "--format", "xml"],
        ["check", "no-such-file.py"],
        ["explain", "no-such-rule"],
        ["review", "--oops"],
        ["-C", "no-such-folder", "check"],
    ],
)
def test_wrong_arguments_are_2_in_two_lines(
    arguments: list[str], project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)

    code = main(arguments)

    error = capsys.readouterr().err
    assert code == 2
    assert error.startswith("error: ")
    assert len(error.splitlines()) == 2
    assert "\n  Try: " in error


def test_a_base_that_does_not_exist_is_2_and_the_rest_is_still_judged(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(project, "missing-downgrade", "bad")
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)

    code = main(["-C", str(project), "check", "--base", "origin/nowhere"])

    out = capsys.readouterr()
    assert code == 2
    assert "origin/nowhere" in out.out + out.err
    assert "missing-downgrade" in out.out


def test_an_unknown_rule_in_the_severity_settings_is_2(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text('[tool.migration-guard.severity]\nmultiple-head = "off"\n')

    code = main(["-C", str(project), "check"])

    assert code == 2
    assert "did you mean 'multiple-heads'?" in capsys.readouterr().err


def test_rules_lists_each_block_and_explain_shows_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    listed = capsys.readouterr().out
    assert main(["explain", "not-null-without-default"]) == 0
    page = capsys.readouterr().out

    assert all(rule in listed for rule in ("multiple-heads", "upgrade-fails", "models-drift", "rows-lost"))
    assert page.startswith("# not-null-without-default (error")
    assert "## Why it hurts" in page
    assert "# guard: allow not-null-without-default" in page


def test_annotations_come_with_a_job_summary(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(project, "missing-downgrade", "bad")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))

    code = main(["-C", str(project), "check", "--format", "github"])

    assert code == 1
    assert "::error file=alembic/versions/2c3d4e5f6071_people_have_an_age.py" in capsys.readouterr().out
    assert "missing-downgrade" in html.unescape((tmp_path / "summary.md").read_text())


def test_annotations_of_a_project_in_a_subfolder_point_into_the_checkout(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(project, "missing-downgrade", "bad")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))

    main(["-C", str(project), "check", "--format", "github"])

    assert f"::error file={project.name}/alembic/versions/2c3d4e5f6071" in capsys.readouterr().out


def test_an_interruption_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("migration_guard.catalogue.every_rule", interrupt)

    assert main(["rules"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_bug_of_ours_is_70_with_a_log_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr("migration_guard.catalogue.every_rule", break_down)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    code = main(["rules"])

    error = capsys.readouterr().err
    (log,) = tmp_path.glob("migration-guard-*.log")
    assert code == 70
    assert "Traceback" not in error
    assert str(log) in error
    assert "ValueError: broken" in log.read_text()


def test_a_reader_that_goes_away_is_no_error(project: Path) -> None:
    command = f"{sys.executable} -m migration_guard rules | true"
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "backend")}

    done = subprocess.run(["bash", "-c", command], cwd=project, env=where, capture_output=True, text=True, check=False)

    assert done.stderr == ""
