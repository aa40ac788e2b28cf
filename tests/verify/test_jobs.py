"""Where people run Alembic, as a project's files tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_guard.read.discovery import projects
from migration_guard.verify.jobs import folder_of

FLASK = "import flask\nfrom flask import current_app\nfrom alembic import context\ncontext.run_migrations()\n"


@pytest.mark.parametrize(
    ("ini", "script", "packages", "expected"),
    [
        ("migrations/alembic.ini", "migrations", (), "."),
        ("shop/web/migrations/alembic.ini", "shop/web/migrations", ("shop", "shop/web"), "."),  # of Flask-Migrate
        ("api/migrations/alembic.ini", "api/migrations", (), "api"),
        ("shop/db/alembic.ini", "shop/db/migrations", ("shop", "shop/db"), "shop/db"),
        ("conf/alembic.ini", "migrations", (), "."),
    ],
)
def test_the_folder_of_a_project(
    ini: str, script: str, packages: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    (tmp_path / script / "versions").mkdir(parents=True)
    (tmp_path / script / "env.py").write_text(FLASK)
    for package in packages:
        (tmp_path / package / "__init__.py").touch()
    place = "" if ini.startswith(script) else f"script_location = {tmp_path / script}\n"
    (tmp_path / ini).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / ini).write_text(f"[alembic]\n{place}")

    (project,) = projects(tmp_path)

    assert folder_of(project) == (tmp_path / expected)
