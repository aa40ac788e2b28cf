"""The reusable workflow, called from another repository and run for real by act: jobs in parallel, one verdict."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from tests.acting import ON_LINUX, ROOT, Acted, act, commit

pytestmark = ON_LINUX

CALLED = "migration-guard/migration-guard@main"
AFTER = """\
  after:
    if: always()
    needs: migrations
    runs-on: ubuntu-latest
    steps:
      - run: echo "verdict=$VERDICT errors=$ERRORS artifact=$ARTIFACT"
        env:
          VERDICT: ${{ needs.migrations.outputs.verdict }}
          ERRORS: ${{ needs.migrations.outputs.errors }}
          ARTIFACT: ${{ needs.migrations.outputs.artifact-url }}
"""


def called(project: Path, guard: Path, more: str = "") -> Acted:
    """The workflow that docs/github.md shows first, and a job that uses what it came to."""
    (workflow, *_) = re.findall(
        r"^```yaml\n(.*?)^```", (ROOT / "docs" / "github.md").read_text(), re.MULTILINE | re.DOTALL
    )
    folder = project / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "guard.yml").write_text(workflow + more + AFTER)
    commit(project, "ci: guard")
    return act(project, "guard.yml", "push", {"ref": "refs/heads/main"}, instead={CALLED: guard})


def test_each_database_has_a_job_and_all_of_them_one_summary_and_one_verdict(project: Path, guard: Path) -> None:
    done = called(project, guard)

    assert {name: done.jobs[name] for name in ("plan", "check", "verify", "report")} == {
        "plan": "success",
        "check": "success",
        "verify": "success",
        "report": "success",
    }, done.log
    assert "verdict=passed errors=0 artifact=https://github.com/artifacts/migration-guard\n" in done.log
    assert done.summary() == done.summary("report")
    assert done.summary().count("## ") > 0
    assert "PostgreSQL 16" in done.summary()
    assert "SQLite" in done.summary()
    # What `check` read and `verify` saw is one finding, and no job but the last annotates.
    places = [(each.at.get("title"), each.at.get("line")) for each in done.annotations]
    assert len(places) == len(set(places)) > 0
    kept = sorted(folder.name for folder in (project.parent / "artifacts").iterdir())
    assert kept == [
        "migration-guard",
        *(f"migration-guard--part--{name}" for name in ("check", "verify-1", "verify-2", "verify-3")),
    ]


def test_what_stops_every_job_before_it_runs_is_told_once_with_its_reason(project: Path, guard: Path) -> None:
    done = called(project, guard, "      shards: 2\n      install: poetry\n")

    (told,) = done.annotations
    assert told.message.startswith("the input install is poetry, and no poetry.lock or pyproject.toml of it is in"), (
        done.log
    )
    assert told.message.partition("\n")[0] in unescape(done.summary("report")).replace("<!-- -->", "")
    assert {done.jobs[job] for job in ("check", "verify", "report")} == {"failure"}
    assert "verdict=unfinished" in done.log
