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
    "tests/operate/test_packing.py": ("test_a_compressed_and_encrypted_backup_goes_through_every_command",),
    "tests/operate/test_several.py": ("test_an_env_py_that_cannot_run_is_named_with_its_line",),
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
    # Text about the code, which is the same for all.
    "tests/test_imports.py": (),
}


def runs_once(path: str, name: str) -> bool:
    """Whether a test, by the path of its file from the top of the repository and its name, is left to one session."""
    place = path if path in ONCE else path.rpartition("/")[0]
    return place in ONCE and name.partition("[")[0] not in ONCE[place]
