"""Commits in real git repositories, with the real hooks of this repository installed by pre-commit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMITS = ROOT / "tests" / "fixtures" / "commits"
BLOCKS = ["missing-downgrade", "multiple-heads", "not-null-without-default", "unreviewed-autogenerate"]
OTHER_HOOKS = "ruff-check,ruff-format,workflow-schema,zizmor"

pytestmark = pytest.mark.xdist_group("hooks")  # one worker, so that the hook environments are made once


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "SKIP": OTHER_HOOKS,
    }


@pytest.fixture
def repository(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A repository with the small project on main, the guard's own source, and this repository's hooks installed."""
    repository = tmp_path / "a repository"
    shutil.copytree(COMMITS / "project", repository)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "backend" / "migration_guard", repository / "backend" / "migration_guard", ignore=ignore)
    shutil.copy(ROOT / ".pre-commit-config.yaml", repository)
    git(repository, environment, "init", "--quiet")
    git(repository, environment, "add", ".")
    git(repository, environment, "commit", "--quiet", "-m", "chore: start")
    run([sys.executable, "-m", "pre_commit", "install"], repository, environment)
    return repository


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def git(folder: Path, environment: dict[str, str], *arguments: str) -> str:
    return run(["git", *arguments], folder, environment)


def commit(repository: Path, environment: dict[str, str], source: Path) -> subprocess.CompletedProcess[str]:
    target = repository / "alembic" / "versions" / "2c3d4e5f6071_people_have_an_age.py"
    shutil.copy(source, target)
    git(repository, environment, "add", ".")
    command = ["git", "commit", "-m", "feat: age"]
    return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_bad_commit_is_blocked_and_told_why(block: str, repository: Path, environment: dict[str, str]) -> None:
    before = git(repository, environment, "rev-parse", "HEAD")

    done = commit(repository, environment, COMMITS / block / "bad.py")

    assert done.returncode == 1
    assert block in done.stderr + done.stdout
    assert "Instead:" in done.stderr + done.stdout
    assert git(repository, environment, "rev-parse", "HEAD") == before


@pytest.mark.parametrize("block", BLOCKS)
def test_the_good_form_of_the_same_commit_passes(block: str, repository: Path, environment: dict[str, str]) -> None:
    done = commit(repository, environment, COMMITS / block / "good.py")

    assert done.returncode == 0, done.stdout + done.stderr
    assert git(repository, environment, "log", "-1", "--format=%s").strip() == "feat: age"


def test_what_is_staged_counts_and_not_what_stands_in_the_working_tree(
    repository: Path, environment: dict[str, str]
) -> None:
    target = repository / "alembic" / "versions" / "2c3d4e5f6071_people_have_an_age.py"
    shutil.copy(COMMITS / "missing-downgrade" / "bad.py", target)
    git(repository, environment, "add", ".")
    shutil.copy(COMMITS / "missing-downgrade" / "good.py", target)

    guard = [sys.executable, "-m", "migration_guard", "check", "--staged"]
    where = {**environment, "PYTHONPATH": str(ROOT / "backend")}
    done = subprocess.run(guard, cwd=repository, env=where, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "missing-downgrade" in done.stdout


def test_another_project_gets_the_hook_from_this_repository(tmp_path: Path, environment: dict[str, str]) -> None:
    published = tmp_path / "published"
    shutil.copytree(ROOT / "backend" / "migration_guard", published / "backend" / "migration_guard")
    for name in ("pyproject.toml", ".pre-commit-hooks.yaml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, published / name)
    project = tmp_path / "project"
    shutil.copytree(COMMITS / "project", project)
    shutil.copy(COMMITS / "missing-downgrade" / "bad.py", project / "alembic" / "versions" / "2c3d4e5f6071_age.py")
    for folder in (published, project):
        git(folder, environment, "init", "--quiet")
        git(folder, environment, "add", ".")
        git(folder, environment, "commit", "--quiet", "-m", "chore: start")

    command = [sys.executable, "-m", "pre_commit", "try-repo", str(published), "migration-guard", "--all-files"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "missing-downgrade" in done.stdout
