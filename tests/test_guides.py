"""The guides: what they call good is judged clean and runs, what they call bad is found by the rule that they name."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from migration_guard.cli import main
from migration_guard.live import Server

ROOT = Path(__file__).parents[1]
GUIDES = {path.stem: path for path in sorted((ROOT / "docs" / "guides").glob("*.md"))}
WITH_MIGRATIONS = ["expand-and-contract", "long-tables", "sqlite"]
HEADER = '''"""{says}

Revision ID: {name}
Revises: {below}
"""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{below}"


'''


@dataclass
class Guide:
    """A project with the good migrations of a guide in their order, and the bad ones, each after as many of these."""

    root: Path
    good: int = 0
    bad: list[tuple[int, frozenset[str], str, str]] = field(default_factory=list)  # after, rules, in env.py, text


def steps(text: str) -> Iterator[tuple[str, frozenset[str], str, str]]:
    """✓ or ✗, the rules that find a bad one, what env.py does before, and the functions."""
    found = re.findall(r"^([✓✗]) ([^\n]*)\n\n```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    for kind, says, functions in found:
        (before,) = re.findall(r", with `(.+)`$", says) or [""]
        yield kind, frozenset(re.findall(r"\[`([\w-]+)`\]\(\.\./rules/\1\.md\)", says)), before, functions


def add(root: Path, number: int, functions: str, name: str = "") -> Path:
    name = name or f"{number:03}"
    file = root / "alembic" / "versions" / f"{name}_step.py"
    file.write_text(HEADER.format(says=f"step {name}", name=name, below=f"{number - 1:03}") + functions)
    return file


def guide(name: str, folder: Path) -> Guide:
    text = GUIDES[name].read_text(encoding="utf-8")
    (databases,) = re.findall(r"<!-- databases: (.+) -->", text)
    made = Guide(Path(shutil.copytree(ROOT / "tests" / "fixtures" / "guides", folder / name)))
    settings = f"[tool.migration-guard]\ndatabases = {json.dumps(databases.split(', '))}\n"
    (made.root / "pyproject.toml").write_text(settings)
    for kind, rules, before, functions in steps(text):
        if kind == "✓":
            made.good += 1
            add(made.root, made.good, functions)
        else:
            made.bad.append((made.good, rules, before, functions))
    return made


def judged(root: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """The revision and rule of each finding."""
    main(["-C", str(root), "check", "--no-cache", "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    assert not report["not_judged"], report["not_judged"]
    return [(one["revision"], one["rule"]) for one in report["findings"]]


@pytest.mark.parametrize("name", WITH_MIGRATIONS)
def test_what_a_guide_calls_good_is_clean_and_what_it_calls_bad_is_found(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = guide(name, tmp_path)
    assert made.good + len(made.bad) == GUIDES[name].read_text(encoding="utf-8").count("def upgrade()")
    assert judged(made.root, capsys) == []
    assert made.good
    assert made.bad

    env = made.root / "alembic" / "env.py"
    usual = env.read_text()
    for number, (after, rules, before, functions) in enumerate(made.bad):
        then = Path(shutil.copytree(made.root, tmp_path / f"{name} {number}"))
        for late in range(after + 1, made.good + 1):
            (then / "alembic" / "versions" / f"{late:03}_step.py").unlink()
        add(then, after + 1, functions)
        if before:
            turned_on = f'    connection.execute(text("{before}"))\n    connection.commit()\n'
            before_all = usual.replace("    context.configure", f"{turned_on}    context.configure", 1)
            (then / "alembic" / "env.py").write_text(before_all)
        assert {rule for one, rule in judged(then, capsys) if one == f"{after + 1:03}"} == rules, functions


@pytest.mark.parametrize("name", WITH_MIGRATIONS)
def test_what_a_guide_calls_good_runs_up_and_down_and_up_again_with_rows(
    name: str, tmp_path: Path, postgresql: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    made = guide(name, tmp_path)
    database = "sqlite" if name == "sqlite" else postgresql.new_database()

    code = main(["-C", str(made.root), "verify", "--database", database, "--jobs", "1"])

    assert code == 0, capsys.readouterr().out


def git(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of a reader, on main: a revision with an old finding on top of another."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "ada@example.org")
    commits = ROOT / "tests" / "fixtures" / "commits"
    project = Path(shutil.copytree(commits / "project", tmp_path / "the project"))
    shutil.copy(commits / "missing-downgrade" / "bad.py", project / "alembic" / "versions" / "2c3d4e5f6071_age.py")
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "chore: start")
    return project


def ran(project: Path, script: str) -> str:
    """What the lines print, each of which has to succeed."""
    program = f'migration-guard() {{ "{sys.executable}" -m migration_guard "$@"; }}\n'
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "backend")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", program + script],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def script(name: str) -> str:
    """The shell lines of a guide. One that is to fail is marked, and has to."""
    found = re.findall(r"(<!-- fails -->\n)?^```bash\n(.*?)^```", GUIDES[name].read_text(), re.DOTALL | re.MULTILINE)
    return "\n".join(f"if {lines.strip()}; then exit 99; fi" if fails else lines for fails, lines in found)


def test_every_line_of_the_guide_to_adopting_runs(project: Path) -> None:
    said = ran(project, script("adopt").replace("verify --database sqlite", "verify --database sqlite || true"))

    assert "missing-downgrade" in said  # of verify too: the old revision has no way down
    assert "1 finding" in said
    assert (project / "migration-guard-baseline.json").is_file()
    assert "- id: migration-guard\n" in (project / ".pre-commit-config.yaml").read_text()


def test_every_setting_that_a_guide_shows_is_understood(project: Path) -> None:
    shown = re.findall(r"^```toml\n(.*?)^```", GUIDES["adopt"].read_text(), re.DOTALL | re.MULTILINE)
    assert len(shown) == 3

    for settings in shown:
        (project / "pyproject.toml").write_text(settings)
        assert main(["-C", str(project), "check", "--no-cache"]) in (0, 1)


def test_every_line_of_the_guide_to_hooks_runs(project: Path) -> None:
    assert "Nothing that is staged concerns migrations." in ran(project, script("hooks"))

    hooks = re.findall(r"^- id: (\S+)", (ROOT / ".pre-commit-hooks.yaml").read_text(), re.MULTILINE)
    shown = GUIDES["hooks"].read_text()
    assert re.findall(r"^\| `(migration-guard\S*)` \|", shown, re.MULTILINE) == hooks
    assert set(re.findall(r"- id: (\S+)", shown)) == set(hooks)


def test_the_way_out_of_the_guide_to_merge_queues_ends_with_one_head(project: Path) -> None:
    good = (ROOT / "tests" / "fixtures" / "commits" / "missing-downgrade" / "good.py").read_text()
    (project / "alembic" / "versions" / "2c3d4e5f6071_age.py").write_text(good)
    git(project, "commit", "--quiet", "--all", "-m", "fix: a way down")
    for branch in ("main", "feature"):
        git(project, "switch", "--quiet", *(["-c", branch, "HEAD^"] if branch == "feature" else [branch]))
        text = (
            good.replace("2c3d4e5f6071", branch).replace("1b2c3d4e5f60", "2c3d4e5f6071").replace('"age"', f'"{branch}"')
        )
        (project / "alembic" / "versions" / f"{branch}.py").write_text(text)
        git(project, "add", ".")
        git(project, "commit", "--quiet", "-m", branch)

    said = ran(project, script("merge-queue"))

    assert "Merged into main, this makes 2 heads" in said
    assert "migration-guard rebase --base main" in said
    assert "1 head (feature)" in said
