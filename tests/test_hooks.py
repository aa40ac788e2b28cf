"""Commits in real git repositories, with the real hooks of this repository installed by pre-commit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from migration_guard.cli import main

ROOT = Path(__file__).parents[1]
COMMITS = ROOT / "tests" / "fixtures" / "commits"
BLOCKS = ["missing-downgrade", "multiple-heads", "not-null-without-default", "unreviewed-autogenerate"]
OTHER_HOOKS = "ruff-check,ruff-format,workflow-schema,zizmor"

pytestmark = pytest.mark.xdist_group("hooks")  # one worker, so that the hook environments are made once


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # pre-commit locks what it keeps there
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "PRE_COMMIT_HOME": str(shared / "pre-commit"),
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


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """This repository's hook as others get it."""
    published = tmp_path_factory.mktemp("published") / "migration-guard"
    shutil.copytree(ROOT / "backend" / "migration_guard", published / "backend" / "migration_guard")
    for name in ("pyproject.toml", ".pre-commit-hooks.yaml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, published / name)
    git(published, environment, "init", "--quiet")
    git(published, environment, "add", ".")
    git(published, environment, "commit", "--quiet", "-m", "chore: start")
    return published


@pytest.fixture
def other(tmp_path: Path, published: Path, environment: dict[str, str]) -> Path:
    """Another project that took the hook over, with an old finding and the hook installed."""
    other = tmp_path / "other"
    shutil.copytree(COMMITS / "project", other)
    shutil.copy(COMMITS / "missing-downgrade" / "bad.py", other / "alembic" / "versions" / "2c3d4e5f6071_age.py")
    (other / "models.py").write_text("")
    head = git(published, environment, "rev-parse", "HEAD").strip()
    (other / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {published}\n    rev: {head}\n    hooks:\n      - id: migration-guard\n"
    )
    git(other, environment, "init", "--quiet")
    git(other, environment, "add", ".")
    git(other, environment, "commit", "--quiet", "-m", "chore: start")
    hooks = ["--hook-type", "pre-commit", "--hook-type", "pre-merge-commit"]
    run([sys.executable, "-m", "pre_commit", "install", *hooks], other, environment)
    return other


def committing(other: Path, environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    git(other, environment, "add", "--all")
    arguments = command or ("commit", "-m", "feat: x")
    return subprocess.run(["git", *arguments], cwd=other, env=environment, capture_output=True, text=True, check=False)


def test_the_hook_judges_every_file_where_all_are_asked_for(other: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pre_commit", "run", "migration-guard", "--all-files"]

    done = subprocess.run(command, cwd=other, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "missing-downgrade" in done.stdout


def test_a_commit_is_not_held_up_by_what_was_there_before(other: Path, environment: dict[str, str]) -> None:
    (other / "models.py").write_text("x = 1\n")

    done = committing(other, environment)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_commit_of_other_files_is_let_through_at_once(other: Path, environment: dict[str, str]) -> None:
    (other / "README.md").write_text("x\n")

    done = committing(other, environment)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_commit_that_only_deletes_a_revision_is_blocked(other: Path, environment: dict[str, str]) -> None:
    (other / "alembic" / "versions" / "1b2c3d4e5f60_people_have_a_mood.py").unlink()

    done = committing(other, environment)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "unknown-parent" in done.stdout + done.stderr


def test_a_merge_that_makes_two_heads_is_blocked(other: Path, environment: dict[str, str]) -> None:
    versions = other / "alembic" / "versions"
    old = versions / "2c3d4e5f6071_age.py"
    git(other, environment, "switch", "--quiet", "-c", "theirs")
    good = (COMMITS / "missing-downgrade" / "good.py").read_text()
    (versions / "33_theirs.py").write_text(
        good.replace("2c3d4e5f6071", "33").replace("1b2c3d4e5f60", "2c3d4e5f6071").replace("age", "size")
    )
    committing(other, environment, "commit", "--quiet", "--no-verify", "-m", "feat: theirs")
    git(other, environment, "switch", "--quiet", "-")
    (versions / "44_ours.py").write_text(
        good.replace("2c3d4e5f6071", "44").replace("1b2c3d4e5f60", "2c3d4e5f6071").replace("age", "length")
    )
    committing(other, environment, "commit", "--quiet", "--no-verify", "-m", "feat: ours")
    assert old.exists()

    done = committing(other, environment, "merge", "theirs", "-m", "merge")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "multiple-heads" in done.stdout + done.stderr
    assert "migration-guard rebase --base HEAD  # which writes:" in done.stdout + done.stderr
    assert main(["-C", str(other), "rebase", "--base", "HEAD"]) == 0
    git(other, environment, "add", "--update")
    done = committing(other, environment, "commit", "-m", "merge")
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'down_revision = "44"' in (versions / "33_theirs.py").read_text()


def test_a_merge_is_not_held_up_by_a_finding_that_it_brings_along(other: Path, environment: dict[str, str]) -> None:
    bad = (COMMITS / "missing-downgrade" / "bad.py").read_text()
    git(other, environment, "switch", "--quiet", "-c", "theirs")
    (other / "alembic" / "versions" / "33_theirs.py").write_text(
        bad.replace("2c3d4e5f6071", "33").replace("1b2c3d4e5f60", "2c3d4e5f6071").replace("age", "size")
    )
    committing(other, environment, "commit", "--quiet", "--no-verify", "-m", "feat: theirs")
    git(other, environment, "switch", "--quiet", "-")
    (other / "models.py").write_text("x = 1\n")
    committing(other, environment, "commit", "--quiet", "--no-verify", "-m", "feat: ours")

    done = committing(other, environment, "merge", "theirs", "-m", "merge")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hook_that_init_writes_for_a_project_in_a_folder_judges_its_commits(
    tmp_path: Path, published: Path, environment: dict[str, str]
) -> None:
    top = tmp_path / "top"
    inner = Path(shutil.copytree(COMMITS / "project", top / "back end"))
    git(top, environment, "init", "--quiet")
    assert main(["-C", str(inner), "init", "--yes"]) == 0
    head = git(published, environment, "rev-parse", "HEAD").strip()
    config = top / ".pre-commit-config.yaml"
    written = config.read_text().replace("https://github.com/migration-guard/migration-guard", str(published))
    config.write_text(written.replace("rev: main", f"rev: {head}"))
    run([sys.executable, "-m", "pre_commit", "install"], top, environment)
    revision = inner / "alembic" / "versions" / "2c3d4e5f6071_age.py"

    shutil.copy(COMMITS / "missing-downgrade" / "bad.py", revision)
    bad = committing(top, environment)
    shutil.copy(COMMITS / "missing-downgrade" / "good.py", revision)
    good = committing(top, environment)

    assert "missing-downgrade" in bad.stdout + bad.stderr
    assert (bad.returncode, good.returncode) == (1, 0), good.stdout + good.stderr


EVERY_HOOK = ["pre-commit", "pre-merge-commit", "pre-push", "post-checkout", "post-merge", "post-rewrite"]


@pytest.fixture
def shared(tmp_path: Path, published: Path, environment: dict[str, str]) -> tuple[Path, Path]:
    """A project with every hook on, that is pushed, and a colleague's clone without any."""
    ours, remote, theirs = tmp_path / "ours", tmp_path / "remote.git", tmp_path / "theirs"
    shutil.copytree(COMMITS / "project", ours)
    hooks = ["migration-guard", *(f"migration-guard-{stage}" for stage in ("pre-push", "post-merge", "post-checkout"))]
    listed = "".join(f"      - id: {hook}\n" for hook in hooks)
    head = git(published, environment, "rev-parse", "HEAD").strip()
    (ours / ".pre-commit-config.yaml").write_text(
        f"default_install_hook_types: [{', '.join(EVERY_HOOK)}]\n"
        f"repos:\n  - repo: {published}\n    rev: {head}\n    hooks:\n{listed}"
    )
    git(ours, environment, "init", "--quiet")
    git(ours, environment, "add", ".")
    git(ours, environment, "commit", "--quiet", "-m", "chore: start")
    git(ours, environment, "init", "--quiet", "--bare", str(remote))
    git(ours, environment, "remote", "add", "origin", str(remote))
    git(ours, environment, "push", "--quiet", "--set-upstream", "origin", "main")
    git(ours, environment, "clone", "--quiet", str(remote), str(theirs))
    run([sys.executable, "-m", "pre_commit", "install"], ours, environment)
    return ours, theirs


def revision(project: Path, environment: dict[str, str], name: str, below: str) -> None:
    """Commit one more revision, with a column of its own."""
    good = (COMMITS / "missing-downgrade" / "good.py").read_text()
    text = good.replace("2c3d4e5f6071", name).replace("1b2c3d4e5f60", below).replace('"age"', f'"column_{name}"')
    (project / "alembic" / "versions" / f"{name}.py").write_text(text)
    git(project, environment, "add", ".")
    git(project, environment, "commit", "--quiet", "-m", f"feat: {name}")


def tried(project: Path, environment: dict[str, str], *command: str) -> tuple[int, str]:
    done = subprocess.run(["git", *command], cwd=project, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("pull", ["--rebase", "--no-rebase"])
def test_a_pull_that_makes_two_heads_goes_through_and_names_the_command_that_mends_it(
    pull: str, shared: tuple[Path, Path], environment: dict[str, str]
) -> None:
    ours, theirs = shared
    revision(theirs, environment, "theirs", "1b2c3d4e5f60")
    git(theirs, environment, "push", "--quiet")
    revision(ours, environment, "ours", "1b2c3d4e5f60")

    pulled, said = tried(ours, environment, "pull", pull, "--no-verify", "--no-edit")
    pushed, told = tried(ours, environment, "push")

    assert (pulled, pushed) == (0, 1), said + told
    assert "migration guard, after the merge" in said
    for output in (said, told):
        assert "There are 2 heads: ours (" in output
        assert "migration-guard rebase --base origin/main  # which writes:" in output
    assert main(["-C", str(ours), "rebase", "--base", "origin/main"]) == 0
    git(ours, environment, "commit", "--quiet", "--all", "-m", "fix: one head")
    assert tried(ours, environment, "push")[0] == 0


def test_a_pull_and_an_amended_commit_are_silent_when_all_is_well(
    shared: tuple[Path, Path], environment: dict[str, str]
) -> None:
    ours, theirs = shared
    revision(theirs, environment, "theirs", "1b2c3d4e5f60")
    git(theirs, environment, "push", "--quiet")

    pulled, said = tried(ours, environment, "pull")
    amended, told = tried(ours, environment, "commit", "--amend", "--allow-empty", "--no-edit")

    assert (pulled, amended) == (0, 0)
    for output in (said, told):
        assert "migration guard, after the merge.........................................Passed\n" in output
        assert "hook id" not in output


def test_a_switch_of_branches_names_the_revisions_that_a_database_may_lack_or_have_too_many_of(
    shared: tuple[Path, Path], environment: dict[str, str]
) -> None:
    ours, _ = shared
    git(ours, environment, "switch", "--quiet", "-c", "feature")
    revision(ours, environment, "aged", "1b2c3d4e5f60")

    back, gone = tried(ours, environment, "switch", "main")
    forth, new = tried(ours, environment, "switch", "feature")

    assert (back, forth) == (0, 0)
    assert "Not on this branch: aged (people have an age), which the branch that you left has.\n" in gone
    assert "has to leave it there first:  git switch - && alembic downgrade -1\n" in gone
    assert "New on this branch: aged (people have an age).\n" in new
    assert "alembic upgrade head" in new
    assert "alembic" not in tried(ours, environment, "checkout", "--", "alembic.ini")[1]
