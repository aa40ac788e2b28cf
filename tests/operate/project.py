"""A copy of the reference application with a database of its own, and the commands that look after it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from migration_guard.cli import main

ROOT = Path(__file__).parents[2]
BACKEND = ROOT / "backend"
HEAD = "7d1f4be02c95"
BEHIND = "054e5dde157b"  # four revisions below
OLDEST = "986041159ad8"  # the first one


class Project:
    """The reference application in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.database = root / "data" / "reddit_agent.db"
        self.backups = root / "backups"
        self.environment = {**os.environ, "PYTHONPATH": f"{BACKEND}{os.pathsep}{root / 'backend'}"}
        for name in ("SQLALCHEMY_URL", "DATABASE_URL"):
            self.environment.pop(name, None)

    def run(self, *arguments: str, code: int | None = 0) -> str:
        """What `migration-guard db ...` prints, on both streams, after ending with this code."""
        done = subprocess.run(
            self.command(*arguments), cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        printed = done.stdout + done.stderr
        assert code is None or done.returncode == code, printed
        assert "Traceback" not in printed
        return printed

    def here(self, *arguments: str, code: int | None = 0) -> str:
        """The same in this process, which needs no start: where no thread runs and nobody has the database open."""
        printed, folder, environment = StringIO(), Path.cwd(), dict(os.environ)
        os.chdir(self.root)
        os.environ.clear()
        os.environ.update(self.environment)
        try:
            with redirect_stdout(printed), redirect_stderr(printed):
                ended = main(["db", *arguments])
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
        assert code is None or ended == code, printed.getvalue()
        assert ended != 70, printed.getvalue()  # a bug of ours
        return printed.getvalue()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "migration_guard", "db", *arguments]

    def alembic(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        """The rows of the last statement, all committed."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            for statement in statements:
                rows = connection.execute(statement).fetchall()
        return rows

    @property
    def revision(self) -> str:
        return str(self.sql("SELECT version_num FROM alembic_version")[0][0])

    def made(self) -> list[Path]:
        """The files of the backups, oldest first."""
        return sorted(self.backups.glob("*.sqlite"))


def written(root: Path, revision: str = BEHIND, rows: int = 20) -> Project:
    """The project in an empty folder, with a database that holds rows and stands at a revision."""
    for name in ("alembic", "alembic.ini", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    shutil.copytree(BACKEND / "app", root / "backend" / "app", ignore=shutil.ignore_patterns("__pycache__"))
    project = Project(root)
    project.alembic("upgrade", revision)
    project.sql(
        *(
            f"INSERT INTO personas (id, reddit_username, traits, created_at, updated_at) "
            f"VALUES ('p{number}', 'ada{number}', '{{}}', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')"
            for number in range(rows)
        ),
        "PRAGMA wal_checkpoint(TRUNCATE)",
    )
    return project
