"""Which database a backup is of, where several have one name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migration_guard.config import Settings
from migration_guard.operate.backup import address_of
from migration_guard.operate.manifest import _digest
from migration_guard.operate.target import target_of

from .conftest import Project


def namesake(project: Project) -> str:
    """The URL of another database whose backups begin with the same name, and have been made last."""
    folder = project.root / "staging"
    folder.mkdir()
    (folder / "reddit_agent.sqlite3").write_bytes(project.database.read_bytes())
    url = f"sqlite:///{folder / 'reddit_agent.sqlite3'}"
    project.here("backup", "--url", url)
    return url


def test_the_newest_backup_is_not_that_of_another_database_of_the_same_name(project: Project) -> None:
    project.here("backup")
    (own,) = project.made()
    url = namesake(project)

    assert f"restore {own}" in project.here("restore", "--dry-run")
    assert own.name in project.here("status", "--quick", code=1)
    assert own.name not in project.here("restore", "--dry-run", "--url", url)
    assert project.here("verify").count("is whole") == 2
    assert "remove" not in project.here(
        "prune", "--keep-last", "1", "--keep-daily", "0", "--keep-weekly", "0", "--dry-run"
    )


def test_only_by_its_name_is_the_backup_of_another_database_restored(project: Project) -> None:
    namesake(project)
    (other,) = project.made()

    refused = project.here("restore", "--yes", code=3)
    assert "there is no backup of data/reddit_agent.db in" in refused
    assert "are of staging/reddit_agent.sqlite3" in refused
    assert "which is a backup of staging/reddit_agent.sqlite3, another database" in project.here(
        "restore", str(other), "--yes"
    )


def test_a_backup_that_does_not_say_of_what_it_is_counts_by_its_name(project: Project) -> None:
    project.here("backup")
    (file,) = project.made()
    manifest = file.with_name(f"{file.name}.manifest.json")
    said = json.loads(manifest.read_text())
    assert said.pop("database") == "data/reddit_agent.db"
    del said["digest"]
    manifest.write_text(json.dumps({**said, "digest": _digest(said)}))

    assert file.name in project.here("restore", "--dry-run")
    project.here("backup")
    printed = project.here(
        "prune", "--keep-last", "1", "--keep-daily", "0", "--keep-weekly", "0", "--keep-monthly", "0", "--dry-run"
    )
    assert f"remove  {file.name}" in printed


def test_the_backup_before_a_deploy_is_of_the_database_and_not_of_its_copy(project: Project) -> None:
    project.here("deploy", code=None)
    (file,) = project.made()

    said = json.loads(file.with_name(f"{file.name}.manifest.json").read_text())

    assert said["database"] == "data/reddit_agent.db"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql+psycopg://ada:secret@prod.example/app", "postgresql://prod.example:5432/app"),
        (
            "postgresql://bob@prod.example:5432/app?password=secret&sslmode=require",
            "postgresql://prod.example:5432/app",
        ),
        ("postgresql://bob@prod.example:5433/app", "postgresql://prod.example:5433/app"),
        ("postgresql:///app?host=/run/pg&port=6000", "postgresql:///run/pg:6000/app"),
    ],
)
def test_a_server_s_database_is_known_by_its_place_whoever_connects(template: Path, url: str, address: str) -> None:
    target = target_of(Settings(root=template), url)

    assert address_of(target, template / "backups") == address


def test_a_file_is_known_by_its_place_in_the_project_where_its_backups_are_there_too(template: Path) -> None:
    target = target_of(Settings(root=template), f"sqlite:///{template}/data/app.db")

    assert address_of(target, template / "backups") == "data/app.db"
    assert address_of(target, template.parent) == str(template.resolve() / "data" / "app.db")
