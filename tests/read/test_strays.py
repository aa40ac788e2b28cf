from __future__ import annotations

from pathlib import Path

import pytest

from migration_guard.config import load
from migration_guard.errors import NothingFound
from migration_guard.lint import check
from migration_guard.read.discovery import projects
from migration_guard.read.strays import strays


def revisions(folder: Path, *ids: str, root: str | None = None) -> None:
    """A chain of revisions in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    parent = root
    for name in ids:
        (folder / f"{name}.py").write_text(
            f'"""{name}"""\n\nrevision = "{name}"\ndown_revision = {parent!r}\n\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n'
        )
        parent = name


def with_ini(root: Path) -> Path:
    revisions(root / "alembic" / "versions", "a1", "b2")
    (root / "alembic.ini").write_text("[alembic]\nscript_location = alembic\n")
    (root / "alembic" / "env.py").write_text("from alembic import context\n")
    return root


def test_a_package_whose_revisions_lie_alone_in_a_folder_is_found(tmp_path: Path) -> None:
    revisions(tmp_path / "shop_accounts" / "alembic", "c1", "c2")

    with pytest.raises(NothingFound):
        projects(tmp_path)
    assert [one.place.path for one in projects(tmp_path, bare=True)] == ["shop_accounts/alembic"]
    assert check(tmp_path, load(tmp_path)).looked_at.files == 2


@pytest.mark.parametrize("plugins", ["plugins", "contrib"])
def test_a_plugins_chain_is_judged_beside_the_projects_own(tmp_path: Path, plugins: str) -> None:
    root = with_ini(tmp_path)
    revisions(root / plugins / "polls" / "migrations", "p1", "p2")

    report = check(root, load(root))

    assert report.looked_at.files == 4
    assert report.looked_at.heads == ("b2", "p2")


@pytest.mark.parametrize("folder", ["alembic/old", "archive/migrations"])
def test_retired_revisions_are_reported_and_not_judged(tmp_path: Path, folder: str) -> None:
    root = with_ini(tmp_path)
    revisions(root / folder, *(("a1",) if "archive" in folder else ("z1", "z2")))

    report = check(root, load(root))

    assert report.looked_at.files == 2
    assert [gap.path for gap in report.not_judged] == [folder]


@pytest.mark.parametrize("folder", ["tests/migrations", "docs/examples/alembic/versions", ".venv/x/migrations"])
def test_samples_and_installed_packages_are_nobodys_history(tmp_path: Path, folder: str) -> None:
    root = with_ini(tmp_path)
    revisions(root / folder, "s1", "s2")

    assert strays(root, projects(root)) == strays(root, projects(root), only=())


def test_files_in_are_files_judged_and_files_reported(tmp_path: Path) -> None:
    root = with_ini(tmp_path)
    revisions(root / "plugins" / "polls" / "migrations", "p1", "p2")
    revisions(root / "alembic" / "retired", "z1", "z2", "z3")
    revisions(root / "service" / "db" / "versions", "q1")
    (root / "alembic" / "versions" / "broken.py").write_text('revision = "x"\ndown_revision = (\n')

    found = projects(root)
    beside = strays(root, found)
    held = {file for one in (*found, *beside.chains) for file in one.files()}

    every = {file for file in root.rglob("*.py") if "down_revision" in file.read_text()}
    assert len(held) + sum(count for _, count in beside.others) == len(every) == 9
    assert check(root, load(root)).looked_at.files == len(held)


def test_a_file_of_a_stray_chain_that_is_asked_for_is_judged(tmp_path: Path) -> None:
    root = with_ini(tmp_path)
    revisions(root / "plugins" / "polls" / "migrations", "p1", "p2")

    report = check(root, load(root), paths=[root / "plugins" / "polls" / "migrations" / "p2.py"])

    assert report.not_judged == ()
    assert "p2" in report.looked_at.heads


def test_code_that_shows_a_revision_in_its_docstring_is_none(tmp_path: Path) -> None:
    root = with_ini(tmp_path)
    package = root / "migration_tools" / "checks"
    package.mkdir(parents=True)
    (package / "order.py").write_text('"""A sample:\n\nrevision = "p1"\ndown_revision = None\n"""\n\nRULE = "order"\n')
    (package / "other.py").write_text("RULE = 'other'\n")

    assert strays(root, projects(root)).chains == ()
    assert check(root, load(root)).findings == ()
