"""Tests that one session runs: what they show cannot depend on the Python, or on the SQLAlchemy and Alembic under it.

`tests-newest` runs everything, `tests-oldest` what may be different there: reading and judging of source (`ast` differs),
all that goes through Alembic, SQLAlchemy and the drivers, and the main way of each command.
"""

from __future__ import annotations

# What runs once -> names of its tests that run everywhere all the same.
ONCE: dict[str, tuple[str, ...]] = {
    # Which locks PostgreSQL takes, and what its catalogue holds: SQL of the tests' own, on three versions of the server.
    "tests/live/test_locks.py": ("test_a_connection_that_returns_dicts_is_no_hindrance",),
    "tests/live/test_schema_pairs_postgresql.py": (
        "test_a_change_is_seen_by_a_reader_that_reads_only_what_was_touched",
    ),
    "tests/rules/test_locks.py": (),
    "tests/trace/test_locks_judged.py": (),
    "tests/replay/test_changes_postgresql.py": (),
    # What a kill, a full disk or a second process does to files: the operating system's doing and SQLite's.
    "tests/test_harm.py": (),
    "tests/operate/test_harm.py": (),
    "tests/operate/test_postgresql_harm.py": (),
    "tests/operate/test_sqlite_damage.py": (),
    "tests/operate/test_transfer_harm.py": ("test_a_run_after_a_kill_makes_what_an_undisturbed_one_makes",),
    "tests/operate/test_packing.py": ("test_a_compressed_and_encrypted_backup_goes_through_every_command",),
    "tests/operate/test_several.py": ("test_an_env_py_that_cannot_run_is_named_with_its_line",),
    # The commands on a database: their main way runs everywhere, what they refuse is words and exit codes.
    "tests/operate/test_sqlite.py": (
        "test_a_backup_holds_what_only_the_write_ahead_log_has",
        "test_a_backup_under_a_writer_at_full_speed_is_of_one_moment",
        "test_a_restore_brings_the_rows_back_and_keeps_what_was_there",
        "test_status_for_machines",
        "test_status_knows_every_standing",
        "test_prune_keeps_the_newest_of_each_day_week_and_month",
        "test_a_checkpoint_empties_the_log",
    ),
    "tests/operate/test_postgresql.py": (
        "test_a_backup_is_restored_into_a_scratch_server_and_counted",
        "test_a_restore_renames_what_was_there",
        "test_a_deploy_runs_what_is_pending",
        "test_a_revision_that_waits_for_a_lock_is_tried_again",
        "test_status_sees_what_a_migration_left_half_done",
    ),
    "tests/operate/test_deploy.py": (
        "test_a_deploy_backs_up_migrates_and_writes_down_what_it_did",
        "test_a_first_deploy_makes_the_database",
        "test_a_deploy_that_fails_leaves_every_byte_as_it_was",
        "test_two_deploys_at_once_are_one_and_a_refusal",
    ),
    # What `fix` writes runs on databases: a plain one of each kind everywhere.
    "tests/change/test_fix_on_databases.py": (
        "test_written_downgrades_bring_the_schema_back",
        "test_names_that_are_given_are_found_when_they_are_dropped",
        "test_the_reference_application_gets_its_downgrades_back",
    ),
    "tests/live/test_vectors.py": (),
    # What databases do with rows and schemas: the ways there run everywhere in tests/test_verify.py.
    "tests/test_verify_accidents.py": (),
    "tests/test_verify_forks.py": ("test_branches_that_one_order_alone_lets_work_are_one_finding",),
    "tests/test_verify_drivers.py": ("test_a_failure_under_another_driver_is_told_as_one",),
    "tests/test_verify_base.py": (
        "test_a_new_revision_meets_the_schema_that_git_has_and_not_that_of_an_edited_file",
        "test_a_revision_of_the_base_branch_meets_the_helpers_of_that_branch",
    ),
    # That work is shared: what a share finds is found as by one process.
    "tests/test_verify_scale.py": ("test_several_processes_find_what_one_finds",),
    # Growth, in calls and bytes.
    "tests/rules/test_many_operations.py": (),
    "tests/lint/test_memory.py": (),
    # Other programs run these: git and pre-commit, a shell, act.
    "tests/test_hooks.py": (),
    "tests/test_docs.py": ("test_every_guard_command_that_a_page_names_is_understood",),
    "tests/test_guides.py": (),
    "tests/test_site.py": (),
    "tests/workflows": (),
    # What both pages say of one report; the pages themselves are compared with those on file everywhere.
    "tests/report/test_pages.py": (),
    # Text about the code, which is the same for all.
    "tests/rules/test_registry.py": (),
    "tests/rules/test_catalogue.py": (),
    "tests/test_imports.py": (),
}


def runs_once(path: str, name: str) -> bool:
    """Whether a test, by the path of its file from the top of the repository and its name, is left to one session."""
    place = path if path in ONCE else path.rpartition("/")[0]
    return place in ONCE and name.partition("[")[0] not in ONCE[place]
