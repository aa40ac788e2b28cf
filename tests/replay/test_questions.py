"""The schema before each operation, as the revisions below and the lines above leave it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from migration_guard.facts import (
    AddColumn,
    AlterColumn,
    Base,
    Column,
    Context,
    CreateTable,
    Environment,
    Function,
    History,
    Migration,
    Operation,
    Policy,
    Unread,
)
from migration_guard.replay import (
    column_before,
    is_new,
    objects_on,
    referring,
    same_transaction,
    table_before,
    type_before,
)

from .projects import AT, PROBE, after_all, chain, read, source, table

CREATE = "op.create_table('persona', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('mood', sa.String(20)))"


def test_a_column_is_known_as_it_was_last_changed(tmp_path: Path) -> None:
    history = chain(
        tmp_path,
        [CREATE],
        ["op.alter_column('persona', 'mood', type_=sa.Text(), nullable=False, server_default='calm')"],
        ["op.alter_column('persona', 'mood', new_column_name='temper')"],
    )

    known = table(history, "persona")
    temper = known.columns["temper"]

    assert (temper.type, temper.nullable, temper.server_default, temper.made_by) == ("sa.Text()", False, "'calm'", "r0")
    assert "mood" not in known.columns
    assert known.whole


def test_a_renamed_table_keeps_what_it_was(tmp_path: Path) -> None:
    history = chain(tmp_path, [CREATE], ["op.rename_table('persona', 'character')"])

    assert table(history, "character").made_by == "r0"
    assert table(history, "character").whole
    assert table(history, "persona").exists is False


def test_a_table_that_nothing_makes_is_unread_and_not_whole(tmp_path: Path) -> None:
    history = chain(tmp_path, ["op.add_column('belief', sa.Column('mood', sa.Text(), nullable=True))"])

    known = table(history, "belief")

    assert isinstance(known.exists, Unread)
    assert not known.whole
    assert known.columns["mood"].nullable is True


def test_what_is_made_under_a_condition_is_unread(tmp_path: Path) -> None:
    lines = ["import os", f"if os.environ.get('X'):\n    {CREATE}"]
    history = chain(tmp_path, lines)

    assert isinstance(table(history, "persona").exists, Unread)


def test_a_condition_that_asks_the_database_leaves_the_table_there_in_either_case(tmp_path: Path) -> None:
    lines = [f"if 'persona' not in sa.inspect(op.get_bind()).get_table_names():\n    {CREATE}"]
    history = chain(tmp_path, lines)

    assert table(history, "persona").exists is True
    assert table(history, "persona").columns["mood"].type == "sa.String(20)"


def test_after_a_call_that_cannot_be_followed_nothing_is_missing_for_certain(tmp_path: Path) -> None:
    history = chain(tmp_path, [CREATE], ["from elsewhere import tidy", "tidy(op)"])

    known = table(history, "persona")

    assert not known.whole
    assert known.columns["mood"].type == "sa.String(20)"
    assert isinstance(known.columns["mood"].filled, Unread)


def test_sql_that_names_the_column_takes_back_what_it_may_have_changed(tmp_path: Path) -> None:
    block = "DO $$ BEGIN EXECUTE 'ALTER TABLE persona ALTER mood SET NOT NULL'; END $$"
    history = chain(tmp_path, [CREATE], [f'op.execute("{block}")'])

    mood = table(history, "persona").columns["mood"]

    assert mood.nullable is not True
    assert mood.type == "sa.String(20)"


def test_on_two_databases_only_what_both_agree_on_is_known(tmp_path: Path) -> None:
    branch = "if op.get_context().dialect.name == 'postgresql':\n    op.alter_column('persona', 'mood', nullable=False)"
    history = chain(tmp_path, [CREATE], [branch])
    context = after_all(history)

    both = column_before(context, PROBE, "persona", "mood")
    there = column_before(context, PROBE, "persona", "mood", dialect="postgresql")
    here = column_before(context, PROBE, "persona", "mood", dialect="sqlite")

    assert both is not None and isinstance(both.nullable, Unread)
    assert there is not None and there.nullable is False
    assert here is not None and here.nullable is True


def test_a_merge_sees_both_sides_and_a_side_only_itself(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        {
            "base": source("base", [], [CREATE]),
            "left": source("left", ["base"], ["op.add_column('persona', sa.Column('x', sa.Text()))"]),
            "right": source("right", ["base"], ["op.drop_column('persona', 'mood')"]),
            "merge": source("merge", ["left", "right"], ["op.add_column('persona', sa.Column('y', sa.Text()))"]),
        },
    )

    merge = history.by_id["merge"]
    assert merge.upgrade is not None
    inside = table_before(Context(Policy(), history, merge), merge.upgrade.operations[0], "persona")
    assert set(inside.columns) == {"id", "x"}
    assert set(table(history, "persona").columns) == {"id", "x", "y"}
    assert set(table(history, "persona", "left").columns) == {"id", "mood", "x"}
    assert set(table(history, "persona", "right").columns) == {"id"}
    assert set(table(history, "persona", "right", "left").columns) == {"id", "x"}


def test_the_downgrade_starts_where_the_upgrade_ended(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        {
            "a": source("a", [], [CREATE]),
            "b": source(
                "b",
                ["a"],
                ["op.drop_column('persona', 'mood')"],
                ["op.add_column('persona', sa.Column('mood', sa.Text()))", "op.drop_table('persona')"],
            ),
        },
    )
    down = history.by_id["b"].downgrade
    assert down is not None
    context = Context(Policy(), history, history.by_id["b"])

    before = [table_before(context, op, "persona").columns.keys() for op in down.operations]

    assert [set(names) for names in before] == [{"id"}, {"id", "mood"}]


def test_constraints_are_found_under_the_name_that_the_database_gives_them(tmp_path: Path) -> None:
    history = chain(
        tmp_path,
        [
            "op.create_table('persona', sa.Column('id', sa.Integer(), primary_key=True),"
            " sa.Column('mood', sa.Text(), unique=True), sa.Column('parent_id', sa.ForeignKey('persona.id')))"
        ],
        ["op.drop_constraint('persona_mood_key', 'persona')"],
    )

    kinds = {one.kind for one in table(history, "persona").constraints}

    assert kinds == {"primary key", "foreign key"}
    assert table(history, "persona").columns["mood"].unique is False


def test_a_long_name_is_cut_as_postgresql_cuts_it(tmp_path: Path) -> None:
    name = "hierarchy_node_by_connector_credential_pair"
    keys = "['connector_id', 'credential_id'], ['pair.connector_id', 'pair.credential_id']"
    history = chain(
        tmp_path,
        [f"op.create_table({name!r}, sa.Column('connector_id', sa.Integer()), sa.ForeignKeyConstraint({keys}))"],
        [f"op.drop_constraint('hierarchy_node_by_connector_cre_connector_id_credential_id_fkey', {name!r})"],
    )

    assert table(history, name).constraints == ()
    assert table(history, name).whole


def test_an_index_is_dropped_by_its_name_alone(tmp_path: Path) -> None:
    history = chain(tmp_path, [CREATE, "op.create_index('ix', 'persona', ['mood'])"], ["op.execute('DROP INDEX ix')"])

    assert [one.name for one in table(history, "persona", "r0").indexes] == ["ix"]
    assert table(history, "persona").indexes == ()


def test_a_validated_check_is_known_as_such(tmp_path: Path) -> None:
    add = "op.execute('ALTER TABLE persona ADD CONSTRAINT ck CHECK (mood IS NOT NULL) NOT VALID')"
    history = chain(tmp_path, [CREATE, add], ["op.execute('ALTER TABLE persona VALIDATE CONSTRAINT ck')"])

    assert [one.validated for one in table(history, "persona", "r0").constraints if one.name == "ck"] == [False]
    assert [one.validated for one in table(history, "persona").constraints if one.name == "ck"] == [True]


def test_foreign_keys_to_a_table_are_found_also_after_it_was_renamed(tmp_path: Path) -> None:
    history = chain(
        tmp_path,
        [CREATE, "op.create_table('post', sa.Column('persona_id', sa.Integer(), sa.ForeignKey('persona.id')))"],
        ["op.rename_table('persona', 'character')"],
    )

    (key,) = referring(after_all(history), PROBE, "character")

    assert (key.table, key.columns) == ("post", ("persona_id",))


def test_a_table_that_is_dropped_takes_the_foreign_keys_to_it_along(tmp_path: Path) -> None:
    history = chain(
        tmp_path,
        [CREATE, "op.create_table('post', sa.Column('persona_id', sa.Integer(), sa.ForeignKey('persona.id')))"],
        ["op.execute('DROP TABLE persona CASCADE')"],
    )

    assert referring(after_all(history), PROBE, "persona") == ()
    assert [one.kind for one in table(history, "post").constraints] == []


def test_views_and_triggers_stand_on_the_tables_that_they_name(tmp_path: Path) -> None:
    view = "op.execute('CREATE VIEW moods AS SELECT mood FROM persona')"
    history = chain(tmp_path, [CREATE, view], ["op.execute('DROP VIEW moods')"])

    assert [one.name for one in objects_on(after_all(history, "r0"), PROBE, "persona")] == ["moods"]
    assert objects_on(after_all(history), PROBE, "persona") == ()


def test_the_labels_of_an_enum_type_are_followed(tmp_path: Path) -> None:
    history = chain(
        tmp_path,
        ["op.create_table('persona', sa.Column('mood', sa.Enum('calm', 'angry', name='mood')))"],
        ["op.execute(\"ALTER TYPE mood ADD VALUE 'sad'\")"],
    )

    known = type_before(after_all(history), PROBE, "mood")

    assert known.exists is True
    assert known.labels == ("calm", "angry", "sad")


def test_a_temporary_table_is_gone_with_its_revision(tmp_path: Path) -> None:
    history = chain(tmp_path, ["op.execute('CREATE TEMPORARY TABLE persona (id integer)')"])

    assert isinstance(table(history, "persona").exists, Unread)


def test_schemas_are_told_apart_and_the_default_one_needs_no_name(tmp_path: Path) -> None:
    history = chain(
        tmp_path,
        ["op.create_table('persona', sa.Column('a', sa.Text()), schema='app')"],
        ["op.execute('CREATE TABLE public.persona (b text)')"],
    )
    context = after_all(history)

    assert set(table_before(context, PROBE, "persona", "app").columns) == {"a"}
    assert set(table_before(context, PROBE, "persona").columns) == {"b"}
    assert set(table_before(after_all(history, "r0"), PROBE, "persona").columns) == {"a"}


def made(name: str, *operations: Operation, parents: tuple[str, ...] = ()) -> Migration:
    return Migration(f"{name}.py", AT, name, parents=parents, upgrade=Function(AT, operations))


def alter(column: str, **more: bool) -> AlterColumn:
    return AlterColumn(at=AT, direction="upgrade", table="persona", name=column, nullable=False, **more)  # type: ignore[arg-type]


PERSONA = CreateTable(at=AT, direction="upgrade", table="persona", columns=(Column("id"),))


def test_a_table_of_this_branch_is_new_until_the_base_branch_has_it() -> None:
    one, two = made("a", PERSONA), made("b", alter("id"), parents=("a",))
    assert two.upgrade is not None
    op = two.upgrade.operations[0]

    def asked(base: Base | None) -> bool:
        return is_new(Context(Policy(), History(AT, (one, two), base=base), two), op, "persona")

    assert asked(Base("main", migrations=())) is True
    assert asked(Base("main", migrations=(one,))) is False
    assert asked(None) is False


def test_pending_revisions_share_a_transaction_where_env_py_runs_them_in_one() -> None:
    first, second, third = alter("a"), alter("b"), alter("c")
    one, two = made("a", first), made("b", second, third, parents=("a",))
    for_all = Environment(AT, found=True)
    each = Environment(AT, found=True, transaction_per_migration=True)

    def asked(base: Base | None, environment: Environment | None) -> tuple[Operation, ...]:
        history = History(AT, (one, two), base=base, environment=environment)
        return same_transaction(Context(Policy(), history, two), third)

    assert asked(Base("main"), for_all) == (first, second)
    assert asked(Base("main"), each) == (second,)
    assert asked(Base("main", migrations=(one,)), for_all) == (second,)
    assert asked(None, for_all) == (second,)
    assert asked(None, None) == (second,)


def test_an_autocommit_block_ends_the_transaction() -> None:
    block, after, last = alter("b", in_autocommit=True), alter("c"), alter("d")
    one, two = made("a", alter("a")), made("b", block, after, last, parents=("a",))
    context = Context(Policy(), History(AT, (one, two), base=Base("main")), two)

    assert same_transaction(context, last) == (after,)
    assert same_transaction(context, block) == ()


Shape = list[tuple[set[int], bool]]


@given(st.lists(st.tuples(st.sets(st.integers(0, 11), max_size=3), st.booleans()), min_size=1, max_size=12))
@settings(deadline=None)
def test_every_revision_sees_its_ancestors_and_no_other(shape: Shape) -> None:
    """Each revision adds a column of its own, or none; what is there before it tells which ones ran."""
    made_ = [made("root", PERSONA)]
    below: dict[str, set[str]] = {"root": set()}
    touching = {"root"}
    for number, (parents, touches) in enumerate(shape):
        names = tuple(f"r{p}" for p in sorted(parents) if p < number) or ("root",)
        add = AddColumn(at=AT, direction="upgrade", table="persona", column=Column(f"c{number}", "sa.Text()"))
        made_.append(made(f"r{number}", *([add] if touches else []), alter("none"), parents=names))
        below[f"r{number}"] = set(names).union(*(below[name] for name in names))
        if touches:
            touching.add(f"r{number}")
    history = History(AT, tuple(made_))

    for migration in made_[1:]:
        assert migration.upgrade is not None
        context = Context(Policy(), history, migration)
        seen = set(table_before(context, migration.upgrade.operations[0], "persona").columns) - {"id", "none"}

        assert seen == {f"c{name[1:]}" for name in below[migration.id] & touching if name != "root"}
