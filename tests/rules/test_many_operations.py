"""One revision with very many operations takes as much longer as it has more of them."""

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

import pytest

from .samples import report_on

HEAD = "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = {}\ndown_revision = {}\n"
Lines = Callable[[int], str]
# What a revision does and undoes, over and over: {t} is a table that is there, {n} the number of the line.
KINDS = {
    "add_column": ('op.add_column("{t}", sa.Column("n{n}", sa.Integer()))', 'op.drop_column("{t}", "n{n}")'),
    "drop_column": ('op.drop_column("{t}", "c{n}")', 'op.add_column("{t}", sa.Column("c{n}", sa.String(9)))'),
    "alter_column": (
        'op.alter_column("{t}", "c{n}", type_=sa.String(4), nullable=False)',
        'op.alter_column("{t}", "c{n}", type_=sa.String(9), nullable=True)',
    ),
    "rename_column": (
        'op.alter_column("{t}", "c{n}", new_column_name="d{n}")',
        'op.alter_column("{t}", "d{n}", new_column_name="c{n}")',
    ),
    "create_index": ('op.create_index("ix{n}", "{t}", ["c{n}"])', 'op.drop_index("ix{n}", "{t}")'),
    "foreign_key": (
        'op.create_foreign_key("fk{n}", "{t}", "mood", ["c{n}"], ["id"])',
        'op.drop_constraint("fk{n}", "{t}", type_="foreignkey")',
    ),
    "check": (
        'op.create_check_constraint("ck{n}", "{t}", "c{n} > 0")',
        'op.drop_constraint("ck{n}", "{t}", type_="check")',
    ),
    "unique": (
        'op.create_unique_constraint("uq{n}", "{t}", ["c{n}"])',
        'op.drop_constraint("uq{n}", "{t}", type_="unique")',
    ),
    "create_table": ('op.create_table("x{n}", sa.Column("id", sa.Integer()))', 'op.drop_table("x{n}")'),
    "rename_table": ('op.rename_table("{t}", "{t}_{n}")', 'op.rename_table("{t}_{n}", "{t}")'),
    "drop_table": ('op.drop_table("{t}")', 'op.create_table("{t}", sa.Column("c{n}", sa.String(9)))'),
    "update": ("op.execute(\"UPDATE {t} SET c{n} = 'calm'\")", "pass"),
    "insert": ("op.execute(\"INSERT INTO {t} (c{n}) VALUES ('calm')\")", 'op.execute("DELETE FROM {t}")'),
    "view": ('op.execute("CREATE VIEW v{n} AS SELECT c{n} FROM {t}")', 'op.execute("DROP VIEW v{n}")'),
    "enum_value": ("op.execute(\"ALTER TYPE mood ADD VALUE 'v{n}'\")", "pass"),
}
ON_ONE_TABLE = sorted(KINDS.keys() - {"rename_table", "drop_table"})


def project(kind: str, number: int, *, one_table: bool) -> dict[str, bytes]:
    """A revision that makes tables, and one that does a thing to them so many times; "mixed" is each thing in turn."""
    kinds = ON_ONE_TABLE if kind == "mixed" else [kind]
    made = 'op.create_table("mood", sa.Column("id", sa.Integer(), primary_key=True))'
    columns = [f'sa.Column("c{n}", sa.String(9))' for n in range(number)]
    tables = [", ".join(columns)] if one_table else columns
    first = [made, *(f'op.create_table("t{n}", sa.Column("id", sa.Integer()), {one})' for n, one in enumerate(tables))]
    lines = [
        [text.format(t="t0" if one_table else f"t{n}", n=n) for text in KINDS[kinds[n % len(kinds)]]]
        for n in range(number)
    ]
    ups, downs = [up for up, _ in lines], [down for _, down in reversed(lines)]
    return {
        "a1.py": source("a1", None, first, ['op.drop_table("mood")']),
        "b2.py": source("b2", "a1", ups, downs),
    }


def source(revision: str, below: str | None, up: list[str], down: list[str]) -> bytes:
    functions = [
        f"\n\ndef {name}() -> None:\n    " + "\n    ".join(s) for name, s in (("upgrade", up), ("downgrade", down))
    ]
    return "\n".join([HEAD.format(repr(revision), repr(below)), *functions, ""]).encode()


def calls(folder: Path, files: dict[str, bytes]) -> int:
    """How many function calls it takes to read and to judge a project; no clock is asked."""
    folder.mkdir()
    profile = cProfile.Profile()
    profile.enable()
    report_on(folder, files)
    profile.disable()
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


CASES = [(kind, False) for kind in [*KINDS, "mixed"]] + [(kind, True) for kind in [*ON_ONE_TABLE, "mixed"]]


@pytest.mark.parametrize(
    ("kind", "one_table"), CASES, ids=lambda one: one if isinstance(one, str) else f"one table={one}"
)
def test_twice_the_operations_cost_less_than_two_and_a_half_times_the_calls(
    tmp_path: Path, kind: str, one_table: bool
) -> None:
    calls(tmp_path / "first", project(kind, 3, one_table=one_table))  # what is loaded once
    some = calls(tmp_path / "some", project(kind, 200, one_table=one_table))
    twice = calls(tmp_path / "twice", project(kind, 400, one_table=one_table))

    assert twice < 2.5 * some
