"""The steps as the YAML calls them, with what the runner gives them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from migration_guard.errors import CannotFinish
from migration_guard.github.base import Clone
from migration_guard.github.runner import put_outputs
from migration_guard.github.steps import main
from tests.acting import ROOT, commit, git
from tests.github.conftest import revision


@pytest.fixture
def runner(project: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a step that runs for a push to main of the project."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "backend"))
    temporary = project.parent / "temp"
    temporary.mkdir()
    event = project.parent / "event.json"
    event.write_text(json.dumps({"ref": "refs/heads/main"}))
    return {
        "GITHUB_WORKSPACE": str(project),
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_OUTPUT": str(project.parent / "outputs"),
        "RUNNER_TEMP": str(temporary),
    }


def outputs(runner: dict[str, str]) -> dict[str, str]:
    """What the step set, as the runner reads the file."""
    text = Path(runner["GITHUB_OUTPUT"]).read_text()
    return {name: value for name, _, value in re.findall(r"^(\S+)<<(\S+)\n(.*?)\n\2$", text, re.DOTALL | re.MULTILINE)}


def happens(runner: dict[str, str], payload: dict[str, Any], name: str = "push") -> None:
    Path(runner["GITHUB_EVENT_PATH"]).write_text(json.dumps(payload))
    runner["GITHUB_EVENT_NAME"] = name


def test_the_plan_says_which_python_and_which_environment(runner: dict[str, str]) -> None:
    assert main(["plan"], runner) == 0

    planned = outputs(runner)
    assert planned["python"] == "3.13"
    assert re.fullmatch(r"migration-guard-[0-9a-f]{32}", planned["key"])
    assert planned["environment"].startswith(runner["RUNNER_TEMP"])


@pytest.mark.parametrize("name", ["Pipfile", "pdm.lock", "environment.yml"])
def test_a_file_of_a_tool_that_is_not_known_is_named_with_what_to_give_instead(
    name: str, runner: dict[str, str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / name).write_text("")

    assert main(["plan"], runner) == 0
    said = capsys.readouterr().out
    assert main(["plan"], {**runner, "GUARD_REQUIREMENTS": "psycopg"}) == 0
    assert main(["plan"], {**runner, "GUARD_DATABASES": "none"}) == 0
    (project / "requirements.txt").write_text("")
    assert main(["plan"], runner) == 0

    assert f"::notice title=migration-guard::{name} is not read: name what env.py and the models import" in said
    assert "::notice" not in capsys.readouterr().out


def test_jobs_whose_environments_hold_the_same_share_a_kept_one(runner: dict[str, str]) -> None:
    keys = []
    for databases in ("postgresql-16", "sqlite, postgresql-18", "sqlite", "postgresql://h/x", "none"):
        main(["plan"], {**runner, "GUARD_DATABASES": databases})
        keys.append(outputs(runner)["key"])

    assert keys[0] == keys[1]
    assert keys[2] == keys[3]
    assert len(set(keys)) == 3


def test_the_jobs_are_those_of_the_databases_that_the_settings_name(runner: dict[str, str], project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.migration-guard]\ndatabases = ["postgresql>=15"]\n')

    assert main(["matrix"], runner) == 0

    made = outputs(runner)
    assert [entry["databases"] for entry in json.loads(made["matrix"])["include"]] == ["postgresql"]
    assert json.loads(made["expected"]) == ["check:the job that reads the migrations", "verify-1:the job of postgresql"]
    assert (made["live"], made["nothing"], made["root"]) == ("true", "false", ".")


def test_without_settings_the_files_of_the_project_name_the_databases(runner: dict[str, str]) -> None:
    assert main(["matrix"], runner) == 0

    names = [entry["name"] for entry in json.loads(outputs(runner)["matrix"])["include"]]
    assert names == ["sqlite", "postgresql", "sqlite and postgresql"]


def test_databases_none_is_no_job_but_the_one_that_reads(runner: dict[str, str]) -> None:
    assert main(["matrix"], {**runner, "GUARD_DATABASES": "none"}) == 0

    assert outputs(runner)["live"] == "false"
    assert len(json.loads(outputs(runner)["expected"])) == 1


def test_a_deleted_branch_ends_every_step_with_one_line(
    runner: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    happens(runner, {"deleted": True})

    codes = [main([step], runner) for step in ("matrix", "run")] + [
        main(["report"], {**runner, "GUARD_NOTHING": "true"})
    ]

    assert codes == [0, 0, 0]
    assert outputs(runner)["nothing"] == "true"
    assert capsys.readouterr().out.count("a branch was deleted: there is nothing to guard") == 2


def test_a_branch_answers_for_what_it_changes_and_main_for_all(
    runner: dict[str, str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = {**runner, "GUARD_DATABASES": "none"}
    revision(project, "r3", "r2")

    assert main(["run"], read) == 0
    whole = json.loads(Path(outputs(runner)["report"]).read_text())
    assert main(["run"], {**read, "GUARD_HISTORY": "new", "GUARD_BASE": "main"}) == 0
    own = json.loads(Path(outputs(runner)["report"]).read_text())

    assert "index-blocks-writes" in {found["rule"] for found in whole["findings"]}  # that of r2
    assert "index-blocks-writes" not in {found["rule"] for found in own["findings"]}
    assert "Verdict: passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("part", "more", "name", "shard"),
    [
        ("check", {"GUARD_PATHS": "migrations/versions/r1_create_person.py\n"}, "check.json", None),
        (
            "verify",
            {"GUARD_DATABASES": "sqlite", "GUARD_REPORT": "verify-2", "GUARD_SHARD": "1/2"},
            "verify-2.json",
            {"number": 1, "of": 2},
        ),
    ],
)
def test_a_run_of_one_job_among_several_leaves_its_report_and_no_verdict(
    runner: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    part: str,
    more: dict[str, str],
    name: str,
    shard: dict[str, int] | None,
) -> None:
    assert main(["run"], {**runner, "GUARD_PART": part, **more}) == 0

    report = Path(outputs(runner)["report"])
    assert report.name == name
    told = json.loads(report.read_text())
    assert told["looked_at"].get("shard") == shard
    assert "index-blocks-writes" not in {
        finding["rule"] for finding in told["findings"]
    }  # of r2, which is not asked for
    printed = capsys.readouterr().out
    assert "Verdict" not in printed
    assert "::warning" not in printed


def test_code_of_a_pull_request_finds_no_token_in_its_environment(
    runner: dict[str, str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = project / "migrations" / "env.py"
    seen = project.parent / "seen"
    env.write_text(f"import os\nopen({str(seen)!r}, 'w').write(repr(dict(os.environ)))\n" + env.read_text())
    monkeypatch.setenv("GUARD_TOKEN", "s3cret")

    assert main(["run"], {**runner, "GUARD_DATABASES": "sqlite", "GUARD_TOKEN": "s3cret"}) == 0

    assert "PATH" in seen.read_text()
    assert "s3cret" not in seen.read_text()


def test_a_config_that_the_workflow_names_takes_the_place_of_looking(runner: dict[str, str], project: Path) -> None:
    (project / "other" / "versions").mkdir(parents=True)
    (project / "other" / "env.py").write_text("")
    (project / "other.ini").write_text("[alembic]\nscript_location = %(here)s/other\n")
    for name, below in (("x1", None), ("x2", None)):
        revision(project, name, below).rename(project / "other" / "versions" / f"{name}.py")

    codes = [
        main(["run"], {**runner, "GUARD_DATABASES": "none", "GUARD_CONFIG": config})
        for config in ("alembic.ini", "other.ini", "alembic.ini\nother.ini")
    ]

    assert codes == [0, 1, 1]


def test_the_sarif_report_of_a_project_in_a_folder_names_that_folder(runner: dict[str, str], project: Path) -> None:
    (project.parent / "own").mkdir()
    project.rename(project.parent / "own" / "api")
    given = {"GITHUB_WORKSPACE": str(project.parent / "own"), "GUARD_WORKING_DIRECTORY": "api"}

    assert main(["run"], {**runner, **given, "GUARD_DATABASES": "none", "GUARD_CONFIG": "alembic.ini"}) == 0

    (log,) = json.loads(Path(outputs(runner)["sarif"]).read_text())["runs"]
    assert log["automationDetails"]["id"] == "migration-guard/check/api/config:alembic.ini/"
    assert log["results"]


def test_a_run_sets_the_outputs_that_the_action_reads_and_no_others(runner: dict[str, str]) -> None:
    assert main(["run"], {**runner, "GUARD_DATABASES": "none"}) == 0

    read = re.findall(r"\bsteps\.guard\.outputs\.([\w-]+)", (ROOT / "action.yml").read_text())
    assert set(outputs(runner)) == set(read)


def test_a_config_that_does_not_exist_is_a_verdict_with_its_reason(
    runner: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run"], {**runner, "GUARD_DATABASES": "none", "GUARD_CONFIG": "gone.ini"}) == 2

    assert outputs(runner)["verdict"] == "unfinished"
    assert "::error title=migration-guard could not finish::config names gone.ini" in capsys.readouterr().out


def test_a_comment_is_written_for_the_step_that_may_post_it(runner: dict[str, str], project: Path) -> None:
    main_sha = git(project, "rev-parse", "HEAD")
    repo = {"full_name": "me/project"}
    pull = {
        "number": 7,
        "base": {"ref": "main", "sha": main_sha, "repo": repo},
        "head": {"sha": main_sha, "repo": repo},
    }
    happens(runner, {"pull_request": pull}, "pull_request")

    assert main(["run"], {**runner, "GUARD_DATABASES": "none", "GUARD_COMMENT": "true"}) == 0

    kept = json.loads(Path(outputs(runner)["reports"], "comment.md").read_text())
    assert kept["news"] is False
    assert kept["body"].startswith("### migration-guard: passed")


@pytest.mark.parametrize(
    ("arguments", "more", "says"),
    [
        ([], {}, "nothing is no step"),
        (["rm", "-rf"], {}, "rm -rf is no step"),
        (["plan"], {"GITHUB_WORKSPACE": "/nowhere"}, "GITHUB_WORKSPACE names no folder"),
        (["report"], {}, "this run has no plan"),
        (["report"], {"GUARD_EXPECTED": "{"}, "the plan of this run cannot be read"),
        (["run"], {"GUARD_FAIL_ON": "x"}, "the input fail-on is 'x'"),
    ],
)
def test_what_cannot_be_done_is_an_annotation_of_one_line(
    runner: dict[str, str],
    arguments: list[str],
    more: dict[str, str],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(arguments, {**runner, **more}) == 2

    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    assert line.startswith("::error title=migration-guard could not finish::")
    assert says in line


@pytest.mark.once
def test_a_script_of_ten_thousand_lines_is_told_by_its_beginning_and_its_length(
    runner: dict[str, str], project: Path
) -> None:
    rows = [f"INSERT INTO place (id, name) VALUES ({n}, 'it''s ::error::{n}');" for n in range(10_000)]
    versions = project / "migrations" / "versions"
    (versions / "places.sql").write_text("\n".join(["CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT);", *rows]))
    script = """for line in (Path(__file__).parent / "places.sql").read_text().splitlines():
        op.execute(line)"""
    file = revision(project, "r3", "r2")
    made = file.read_text().replace(
        'op.create_table("r3_things", sa.Column("id", sa.Integer, primary_key=True))', script
    )
    file.write_text(made.replace("r3_things", "place").replace("import sqlalchemy as sa", "from pathlib import Path\n"))
    pull = {"number": 7, "base": {"ref": "main", "sha": git(project, "rev-parse", "HEAD")}, "head": {}}
    commit(project, "feat: places")
    happens(runner, {"pull_request": pull}, "pull_request")
    page = project.parent / "page.md"

    assert main(["run"], {**runner, "GUARD_DATABASES": "sqlite", "GITHUB_STEP_SUMMARY": str(page)}) == 1

    said = page.read_text()
    assert "10,001 statements up, 1 down" in said
    assert "more statements of this line\n" in said
    assert "| <code>place</code> | no table | 10,000 | no table | 10,000 |" in said
    assert len(said.encode()) < 100_000
    assert not any(line.lstrip().startswith("::") for line in said.splitlines())


@pytest.mark.parametrize(("step", "more"), [("plan", {"GUARD_INSTALL": "poetry"}), ("run", {"GUARD_BASE": "gone"})])
def test_a_job_that_cannot_begin_leaves_its_reason_for_the_last_one(
    step: str, more: dict[str, str], runner: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([step], {**runner, **more, "GUARD_PART": "verify", "GUARD_REPORT": "verify-2"})

    assert code != 0
    left = Path(outputs(runner)["report"])
    assert left.name == "verify-2.json"
    (problem,) = json.loads(left.read_text())["errors"]
    said = capsys.readouterr().out
    assert f"error: {problem['message']}\n" in said
    assert "::error" not in said  # the last job annotates it, once for all


def test_a_job_that_is_all_there_is_says_on_its_page_why_it_cannot_begin(runner: dict[str, str]) -> None:
    page = Path(runner["RUNNER_TEMP"]) / "page.md"

    assert main(["plan"], {**runner, "GUARD_INSTALL": "poetry", "GITHUB_STEP_SUMMARY": str(page)}) != 0

    assert "the input install is poetry" in page.read_text()
    assert "Could not be done" in page.read_text()


def test_an_output_holds_lines_and_what_looks_like_another_output(tmp_path: Path) -> None:
    file = tmp_path / "outputs"

    put_outputs({"GITHUB_OUTPUT": str(file)}, {"a": "1\nverdict=passed\nEOF", "b": ""})

    assert outputs({"GITHUB_OUTPUT": str(file)}) == {"a": "1\nverdict=passed\nEOF", "b": ""}


def test_without_git_it_says_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))

    with pytest.raises(CannotFinish, match="there is no git program"):
        Clone(project)._lines("rev-parse", "HEAD")
