"""Whether a table is there, asked by itself: the answer is that of the whole replay."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from migration_guard.facts import Context, Policy
from migration_guard.replay import Life, life_before, table_before

from .projects import read, source

TABLES = ("post", "reply", "draft")
CALLS = (
    'op.create_table("{0}", sa.Column("id", sa.Integer(), primary_key=True))',
    'op.create_table("{0}", sa.Column("id", sa.Integer(), primary_key=True), schema="attic")',
    'op.create_table("{0}", sa.Column("id", sa.Integer()), if_not_exists=True)',
    'op.drop_table("{0}")',
    'op.drop_table("{0}", schema="attic")',
    'op.rename_table("{0}", "{1}")',
    'op.add_column("{0}", sa.Column("mood", sa.Text()))',
    'op.add_column("{0}", sa.Column("mood", sa.Text()), schema="attic")',
    'op.create_foreign_key("fk", "{0}", "{1}", ["id"], ["id"])',
    'op.drop_index("ix_mood", "{0}")',
    'op.execute("UPDATE {0} SET mood = 1")',
    'op.execute("CREATE TEMPORARY TABLE {0} (id integer)")',
    'op.execute("ALTER TABLE {0} SET SCHEMA attic")',
    'op.execute("CREATE VIEW {0} AS SELECT 1")',
    'op.execute("SELECT change({0})")',
    'op.execute(make("{0}"))',
    "op.invoke(change({0}))",
)
AROUND = ("{0}", "if maybe():\n    {0}", 'if op.get_bind().dialect.name == "sqlite":\n    {0}')
CALL = st.builds(
    lambda around, call, tables: around.format(call.format(*tables)),
    st.sampled_from(AROUND),
    st.sampled_from(CALLS),
    st.permutations(TABLES),
)


@given(st.lists(st.tuples(st.lists(CALL, max_size=4), st.lists(CALL, max_size=3), st.integers(0, 2)), max_size=5))
@example(
    [
        ([], ['op.rename_table("post", "draft")'], 0),
        ([AROUND[2].format(CALLS[0].format("post"))], [], 0),
        ([CALLS[6].format("draft")], [], 0),
    ]
)
@settings(max_examples=60, deadline=None)
def test_a_life_is_what_the_whole_table_says(revisions: list[tuple[list[str], list[str], int]]) -> None:
    sources: dict[str, str] = {}
    for number, (up, down, back) in enumerate(revisions):  # a branch where one goes further back
        parents = [f"r{max(0, number - 1 - back)}"] if number else []
        sources[f"r{number}"] = source(f"r{number}", parents, up, down)
    tips = [f"r{number}" for number in range(len(revisions))]
    if len(tips) > 2:
        sources["merge"] = source("merge", tips[-2:], ['op.create_table("post")'], ['op.drop_table("post")'])
    with tempfile.TemporaryDirectory() as folder:
        history = read(Path(folder), sources)

    for migration in history.migrations:
        context = Context(Policy(), history, migration)
        for function in filter(None, (migration.upgrade, migration.downgrade)):
            for op, table, schema in product(function.operations, TABLES, (None, "attic")):
                whole = table_before(context, op, table, schema)
                assert life_before(context, op, table, schema) == Life(whole.exists, whole.made_by, whole.temporary)
