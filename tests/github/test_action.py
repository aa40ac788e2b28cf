"""The action, run for real by act: what a pull request, the merge queue and a fork see of it."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path
from typing import Any

from tests.acting import ON_LINUX, Acted, act, commit, git
from tests.github.conftest import push, revision

pytestmark = ON_LINUX

USES = "migration-guard/migration-guard@v0.1.0"
WORKFLOW = """\
on: [pull_request, pull_request_target, merge_group, push]
permissions: {}
jobs:
  guard:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - id: guard
        uses: USES
        with:
          WITH
      - if: always()
        shell: bash
        run: echo "errors=$ERRORS warnings=$WARNINGS verdict=$VERDICT report=${REPORT##*/}"
        env:
          ERRORS: ${{ steps.guard.outputs.errors }}
          WARNINGS: ${{ steps.guard.outputs.warnings }}
          VERDICT: ${{ steps.guard.outputs.verdict }}
          REPORT: ${{ steps.guard.outputs.report }}
"""
MODEL = """
things = Table("r3_things", metadata, Column("id", Integer, primary_key=True))
"""
EVIL = "add `mood` ::error::pwned ##[error]x | <b>"


def guarded(project: Path, **inputs: str) -> None:
    """Put the workflow with these inputs into the project."""
    folder = project / ".github" / "workflows"
    folder.mkdir(parents=True, exist_ok=True)
    given = "\n          ".join(f"{name.replace('_', '-')}: {json.dumps(value)}" for name, value in inputs.items())
    (folder / "guard.yml").write_text(WORKFLOW.replace("USES", USES).replace("WITH", given))
    commit(project, "ci: guard")


def acted(project: Path, guard: Path, event: str, payload: dict[str, Any]) -> Acted:
    return act(project, "guard.yml", event, payload, instead={USES: guard})


def pull_request(project: Path, *, head: str = "HEAD", base: str = "main", fork: bool = False) -> dict[str, Any]:
    of = {"full_name": "me/project"}
    return {
        "pull_request": {
            "number": 7,
            "base": {"ref": "main", "sha": git(project, "rev-parse", base), "repo": of},
            "head": {
                "ref": "mood",
                "sha": git(project, "rev-parse", head),
                "repo": {"full_name": "you/project"} if fork else of,
            },
        }
    }


def test_a_good_migration_passes_on_its_database_and_leaves_its_reports(project: Path, guard: Path) -> None:
    guarded(project, databases="sqlite")
    git(project, "checkout", "--quiet", "-b", "mood")
    revision(project, "r3", "r2")
    models = project / "service" / "models.py"
    models.write_text(models.read_text() + MODEL)
    commit(project, "feat: mood")

    done = acted(project, guard, "pull_request", pull_request(project))

    assert done.code == 0, done.log
    assert [each for each in done.annotations if each.level == "error"] == []
    assert "errors=0" in done.log
    assert "verdict=passed report=report.json" in done.log
    assert "run on SQLite" in done.log
    assert len(list((project.parent / "artifacts" / "migration-guard").rglob("report.json"))) == 1


def test_a_bad_migration_of_a_fork_is_stopped_with_annotations_and_one_line_on_what_a_fork_lacks(
    project: Path, guard: Path
) -> None:
    guarded(project, databases="sqlite", comment="true", sarif="true")
    git(project, "checkout", "--quiet", "-b", "mood")
    revision(project, "r3", "r1", EVIL)
    commit(project, "feat: mood")

    done = acted(project, guard, "pull_request", pull_request(project, fork=True))

    assert done.code == 1
    errors = [each for each in done.annotations if each.level == "error"]
    assert {"multiple-heads"} <= {each.at["title"] for each in errors}
    assert {each.at["file"] for each in errors} == {"migrations/versions/r3.py"}
    assert any(EVIL in each.message for each in errors)
    assert [each.message for each in done.annotations if each.level == "notice"] == [
        "no comment and no code scanning: a pull request from a fork has no token that may write"
    ]
    assert "verdict=failed" in done.log
    assert "multiple-heads" in unescape(done.summary())
    assert "<b>" not in done.summary()


def test_two_pull_requests_that_are_green_each_and_two_heads_together_are_stopped_in_the_merge_queue(
    project: Path, guard: Path
) -> None:
    guarded(project, databases="none")
    for name in ("r3", "r4"):
        git(project, "checkout", "--quiet", "-b", name, "main")
        revision(project, name, "r2")
        commit(project, f"feat: {name}")
    alone = acted(project, guard, "pull_request", pull_request(project, head="r4"))
    for name in ("r3", "r4"):  # the queue merges them one upon the other
        git(project, "checkout", "--quiet", "-B", f"queue-{name}", "queue-r3" if name == "r4" else "main")
        git(project, "merge", "--quiet", "--no-ff", "-m", f"merge {name}", name)
    push(project)
    before = git(project, "rev-parse", "queue-r3")

    done = acted(project, guard, "merge_group", {"merge_group": {"base_ref": "refs/heads/main", "base_sha": before}})

    assert alone.code == 0, alone.log
    assert done.code == 1
    (stopped,) = [each for each in done.annotations if each.at.get("title") == "multiple-heads"]
    assert stopped.at["file"] == "migrations/versions/r4.py"
    assert 'r3 ("more", migrations/versions/r3.py)' in stopped.message
    assert "migration-guard rebase --base origin/main" in stopped.message


def test_two_projects_of_a_repository_in_folders_with_blanks_and_quotes_are_guarded_one_by_one(
    project: Path, guard: Path
) -> None:
    name = 'it\'s "two" `id` $x'
    (project / name).mkdir()
    for part in ("alembic.ini", "migrations", "service"):
        git(project, "mv", part, f"{name}/{part}")
    (project / "other" / "migrations" / "versions").mkdir(parents=True)
    (project / "other" / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (project / "other" / "migrations" / "env.py").write_text("")
    revision(project / "other", "x1", None)
    revision(project / "other", "x2", "gone")
    guarded(project, databases="none", working_directory=name)

    done = acted(project, guard, "push", {"ref": "refs/heads/main"})

    assert done.code == 0, done.log
    assert all(each.at["file"].startswith(f"{name}/migrations/") for each in done.annotations)
    assert "unknown-parent" not in done.log  # that of the other project


def test_a_service_that_never_comes_up_is_one_line_and_the_migrations_are_still_read(
    project: Path, guard: Path
) -> None:
    guarded(project, databases="postgresql://ada:s3cret@127.0.0.1:9/x", wait="0", fail_on="never")

    done = acted(project, guard, "push", {"ref": "refs/heads/main"})

    assert done.code == 1
    (told,) = [each for each in done.annotations if each.level == "error"]
    assert told.message.startswith("no PostgreSQL server answered at 127.0.0.1:9 within 0 s")
    assert "verdict=unfinished" in done.log
    assert "batch-mode-off" in done.log
    assert "s3cret" not in done.summary()


def test_pull_request_target_is_refused_before_anything_is_installed(project: Path, guard: Path) -> None:
    guarded(project, databases="sqlite")

    done = acted(project, guard, "pull_request_target", pull_request(project))

    assert done.code == 1
    (told,) = done.annotations
    assert "does not run on pull_request_target" in told.message
    assert "verdict=unfinished" in done.log
