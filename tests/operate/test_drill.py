"""Drills: a backup restored elsewhere and looked at, while the database goes on."""

from __future__ import annotations

from .conftest import BEHIND, Project
from .test_deploy import revision
from .test_postgresql import OnPostgresql, there

__all__ = ["there"]


def test_a_sound_backup_can_be_relied_on(project: Project) -> None:
    project.here("backup")
    before = project.database.read_bytes()

    printed = project.here("drill")

    assert "9 tables, 20 rows, as when it was made" in printed
    assert f"it stands at {BEHIND}, 4 revisions behind" in printed
    assert "integrity_check: ok" in printed
    assert f"the schema is what {BEHIND} makes" in printed
    assert printed.endswith("It can be relied on.\n")
    assert project.database.read_bytes() == before


def test_what_is_wrong_inside_a_backup_is_said(project: Project) -> None:
    project.sql("ALTER TABLE personas ADD COLUMN by_hand TEXT")
    project.here("backup")

    printed = project.here("drill", code=1)

    assert f"error: the schema is not what {BEHIND} makes" in printed
    assert "It holds what is wrong above." in printed


def test_a_dump_is_restored_into_a_server_of_its_own(there: OnPostgresql) -> None:
    # PostgreSQL puts a check on varchar into other words when it reads it back from a dump.
    column = 'sa.Column("mood", sa.String(9), sa.CheckConstraint("mood IN (\'up\', \'down\')", name="ck_mood"))'
    revision(there.project, f'op.create_table("moods", {column})')
    there.project.here("deploy", "--no-backup", "--force")
    there.project.here("backup")

    printed = there.project.here("drill")

    assert "the schema is what ffffffffffff makes" in printed
    assert "It can be relied on." in printed
