"""The way back from a drop or a change, written from what the replay knows."""

from pathlib import Path

import pytest

from migration_guard.facts import AlterColumn, Context, DropColumn, Policy
from migration_guard.rules.shared.back import Undo, altered_back, column_back, made_again
from tests.replay.projects import read, source

LITE, PG = (Policy(dialects=frozenset({name})) for name in ("sqlite", "postgresql"))
TABLE = """\
op.create_table(
    "persona",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("mood", sa.String(20), nullable=False, server_default="calm"),
    sa.Column("tag", sa.String(20), index=True, unique=True),
    sa.Column("kind", sa.Enum("a", "b", name="kind")),
    sa.Column("owner_id", sa.Integer(), sa.ForeignKey("owner.id"), nullable=False),
    sa.CheckConstraint("length(name) > 0", name="ck_persona_name"),
)"""
BATCH = 'with op.batch_alter_table("persona") as batch_op:\n    batch_op.'


def undone(folder: Path, *upgrades: str | list[str], policy: Policy = PG) -> Undo | None:
    """What undoes the last operation of the last of these upgrades; one line each, or several."""
    names = [f"r{i}" for i in range(len(upgrades))]
    listed = [[one] if isinstance(one, str) else one for one in upgrades]
    one = read(folder, {name: source(name, names[i - 1 : i] if i else [], listed[i]) for i, name in enumerate(names)})
    migration = one.by_id[names[-1]]
    assert migration.upgrade is not None
    op, context = migration.upgrade.operations[-1], Context(policy, one, migration)
    if isinstance(op, AlterColumn):
        return altered_back(context, op)
    return column_back(context, op) if isinstance(op, DropColumn) else made_again(context, op)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("above", "drop", "lines", "certain"),
    [
        ([], "mood", ['op.add_column("persona", sa.Column("mood", sa.String(20), nullable=False, server_default="calm"))'], True),
        ([], "tag", ['op.add_column("persona", sa.Column("tag", sa.String(20), index=True, unique=True))'], True),
        ([], "kind", ['op.add_column("persona", sa.Column("kind", sa.Enum("a", "b", name="kind")))'], False),
        (
            [],
            "name",
            [
                '# "" is for the rows that were written without it',
                'op.add_column("persona", sa.Column("name", sa.String(40), nullable=False, server_default=""))',
                'op.alter_column("persona", "name", existing_type=sa.String(40), server_default=None)',
                'op.create_check_constraint("ck_persona_name", "persona", "length(name) > 0")',
            ],
            False,
        ),
        (
            [],
            "owner_id",
            [
                'op.add_column("persona", sa.Column("owner_id", sa.Integer(), sa.ForeignKey("owner.id"), nullable=True))',
                "# it was NOT NULL: forbid NULL again once every row of persona has a value",
            ],
            False,
        ),
        (
            ['op.create_index("ix_mood", "persona", ["mood", "name"])', 'op.create_unique_constraint("uq_mood", "persona", ["mood"])'],
            "mood",
            [
                'op.add_column("persona", sa.Column("mood", sa.String(20), nullable=False, server_default="calm"))',
                'op.create_index("ix_mood", "persona", ["mood", "name"])',
                'op.create_unique_constraint("uq_mood", "persona", ["mood"])',
            ],
            True,
        ),
        (
            ['op.execute("ALTER TABLE persona ADD CONSTRAINT ex EXCLUDE (mood WITH =)")'],
            "mood",
            ['op.add_column("persona", sa.Column("mood", sa.String(20), nullable=False, server_default="calm"))'],
            None,
        ),
    ],
)  # fmt: skip
def test_a_column_comes_back_with_what_hung_on_it(
    above: list[str], drop: str, lines: list[str], certain: bool | None, tmp_path: Path
) -> None:
    found = undone(tmp_path, [TABLE, *above], f'op.drop_column("persona", "{drop}")')

    assert found is not None
    assert found.lines == lines
    assert certain is None or found.certain is certain


def test_on_sqlite_an_enum_is_no_type_and_a_default_goes_in_a_block(tmp_path: Path) -> None:
    kind = undone(tmp_path / "kind", TABLE, 'op.drop_column("persona", "kind")', policy=LITE)
    name = undone(tmp_path / "name", TABLE, 'op.drop_column("persona", "name")', policy=LITE)

    assert kind is not None
    assert kind.certain
    assert name is not None
    assert name.lines[2:] == [
        'with op.batch_alter_table("persona") as batch_op:',
        '    batch_op.alter_column("name", existing_type=sa.String(40), server_default=None)',
        'op.create_check_constraint("ck_persona_name", "persona", "length(name) > 0")',
    ]


def test_a_column_that_nobody_knows_does_not_come_back(tmp_path: Path) -> None:
    assert undone(tmp_path, TABLE, 'op.drop_column("persona", "temper")') is None
    assert undone(tmp_path / "type", TABLE, 'op.execute("ALTER TABLE persona ADD spot geometry")', 'op.drop_column("persona", "spot")') is None  # fmt: skip


@pytest.mark.parametrize(
    ("change", "lines", "certain"),
    [
        ('"mood", type_=sa.Text()', ["op.execute(\"UPDATE persona SET mood = substr(mood, 1, 20) WHERE length(mood) > 20\")  # or stop here, and say so", 'op.alter_column("persona", "mood", existing_type=sa.Text(), type_=sa.String(20))'], False),
        ('"mood", existing_type=sa.String(20), type_=sa.String(9)', ['op.alter_column("persona", "mood", existing_type=sa.String(9), type_=sa.String(20))'], True),
        ('"mood", type_=sa.String(9), postgresql_using="x"', ['op.alter_column("persona", "mood", existing_type=sa.String(9), type_=sa.String(20))'], False),
        ('"kind", type_=sa.String(9)', ['op.alter_column("persona", "kind", existing_type=sa.String(9), type_=sa.Enum("a", "b", name="kind"), postgresql_using="kind::kind")'], False),
        ('"visits", existing_type=sa.Integer(), type_=sa.Boolean(), postgresql_using="visits > 0"', ['op.alter_column("persona", "visits", existing_type=sa.Boolean(), type_=sa.Integer(), postgresql_using="visits::integer")'], False),
        ('"mood", new_column_name="temper"', ['op.alter_column("persona", "temper", new_column_name="mood", existing_type=sa.String(20))'], True),
        ('"mood", server_default=None', ['op.alter_column("persona", "mood", existing_type=sa.String(20), server_default="calm")'], True),
        ('"name", server_default="x"', ['op.alter_column("persona", "name", existing_type=sa.String(40), server_default=None)'], True),
        ('"tag", nullable=False', ['op.alter_column("persona", "tag", existing_type=sa.String(20), nullable=True)'], True),
        ('"tag", nullable=False, existing_nullable=False', ['op.alter_column("persona", "tag", existing_type=sa.String(20), nullable=False)'], True),
        ('"mood", nullable=True', ["op.execute(\"UPDATE persona SET mood = 'calm' WHERE mood IS NULL\")  # or what each row should hold", 'op.alter_column("persona", "mood", existing_type=sa.String(20), nullable=False)'], False),
        ('"temper", nullable=False', ['op.alter_column("persona", "temper", nullable=True)'], False),
        ('"temper", existing_type=sa.Text(), nullable=True', ["op.execute(\"UPDATE persona SET temper = '' WHERE temper IS NULL\")  # or what each row should hold", 'op.alter_column("persona", "temper", existing_type=sa.Text(), nullable=False)'], False),
    ],
)  # fmt: skip
def test_a_change_is_taken_back(change: str, lines: list[str], certain: bool, tmp_path: Path) -> None:
    assert undone(tmp_path, TABLE, f'op.alter_column("persona", {change})') == Undo(lines, certain)


@pytest.mark.parametrize(
    "change",
    [
        '"temper", type_=sa.Text()',
        '"mood", type_=kind()',
        '"mood", comment="x"',
        '"temper", server_default=None',
        '"mood", nullable=flag()',
    ],
)
def test_a_change_that_nobody_can_take_back_is_left_to_people(change: str, tmp_path: Path) -> None:
    assert undone(tmp_path, TABLE, f'op.alter_column("persona", {change})') is None


def test_on_sqlite_a_change_goes_back_in_a_block_and_a_name_without(tmp_path: Path) -> None:
    kind = undone(tmp_path / "type", TABLE, f'{BATCH}alter_column("mood", type_=sa.Text())', policy=LITE)
    name = undone(tmp_path / "name", TABLE, 'op.alter_column("persona", "mood", new_column_name="t")', policy=LITE)
    plain = undone(tmp_path / "plain", TABLE, 'op.alter_column("persona", "mood", nullable=True)', policy=LITE)

    assert kind == Undo(f'{BATCH}alter_column("mood", existing_type=sa.Text(), type_=sa.String(20))'.splitlines())
    assert name is not None
    assert name.lines[0].startswith('op.alter_column("persona", "t", new_column_name="mood"')
    assert plain is not None
    assert plain.lines[1] == 'with op.batch_alter_table("persona") as batch_op:'


@pytest.mark.parametrize(
    ("above", "drop", "lines", "certain"),
    [
        ('op.create_index("ix", "persona", ["mood"])', 'op.drop_index("ix", "persona")', ['op.create_index("ix", "persona", ["mood"])'], True),
        (f'{BATCH}create_index("ix", ["mood"])', 'op.drop_index("ix", "persona")', ['op.create_index("ix", "persona", ["mood"])'], True),
        (f'{BATCH}create_unique_constraint("uq", ["mood"])', 'op.drop_constraint("uq", "persona")', ['op.create_unique_constraint("uq", "persona", ["mood"])'], True),
        ("pass", 'op.drop_constraint("ck_persona_name", "persona")', ['op.create_check_constraint("ck_persona_name", "persona", "length(name) > 0")'], True),
        ("op.execute(\"ALTER TABLE persona ADD CONSTRAINT ck CHECK (id > 0) NOT VALID\")", 'op.drop_constraint("ck", "persona")', ['op.create_check_constraint("ck", "persona", "id > 0")'], False),
    ],
)  # fmt: skip
def test_what_stood_on_a_table_is_made_again(
    above: str, drop: str, lines: list[str], certain: bool, tmp_path: Path
) -> None:
    assert undone(tmp_path, TABLE, above, drop) == Undo(lines, certain)


def test_what_nobody_made_is_not_made_again(tmp_path: Path) -> None:
    assert undone(tmp_path / "index", TABLE, 'op.drop_index("ix")') is None
    assert undone(tmp_path / "name", TABLE, 'op.drop_constraint(None, "persona")') is None
    assert undone(tmp_path / "other", TABLE, 'op.drop_constraint("uq", "persona")') is None


def test_a_table_with_an_enum_type_is_not_certain_to_come_back(tmp_path: Path) -> None:
    found, lite = (
        undone(tmp_path / str(one.dialects), TABLE, 'op.drop_table("persona")', policy=one) for one in (PG, LITE)
    )

    assert found is not None
    assert lite is not None
    assert found.lines[0].startswith('op.create_table(\n    "persona"')
    assert (found.certain, lite.certain) == (False, True)


def test_what_is_not_known_of_a_column_leaves_it_uncertain(tmp_path: Path) -> None:
    index = 'op.create_index("ix", "persona", [sa.text("lower(mood)"), "mood"], postgresql_where=sa.text("true"))'
    hidden = undone(tmp_path / "index", [TABLE, index], f'{BATCH}drop_column("mood")', policy=LITE)
    table = undone(tmp_path / "table", TABLE, 'op.drop_index("ix", tables())')
    renamed = undone(tmp_path / "renamed", TABLE, 'op.alter_column("persona", "mood", new_column_name=name())')
    identity = undone(tmp_path / "identity", TABLE, 'op.alter_column("persona", "id", server_default=sa.Identity())')

    assert hidden is not None
    assert table is None
    assert renamed is None or not renamed.certain
    assert identity is None or not identity.certain


def test_a_column_that_was_null_before_needs_no_values(tmp_path: Path) -> None:
    found = undone(tmp_path, TABLE, 'op.alter_column("persona", "tag", nullable=True, existing_nullable=True)')

    assert found == Undo(['op.alter_column("persona", "tag", existing_type=sa.String(20), nullable=True)'])


def test_a_change_for_one_database_goes_back_as_that_one_can(tmp_path: Path) -> None:
    both = Policy(dialects=frozenset({"sqlite", "postgresql"}))
    lines = ['if op.get_bind().dialect.name == "{}":', '    op.alter_column("persona", "tag", nullable=False)']
    found = {
        name: undone(tmp_path / name, TABLE, [lines[0].format(name), lines[1]], policy=both)
        for name in ("sqlite", "postgresql")
    }

    assert found["sqlite"] is not None
    assert found["sqlite"].lines[0] == 'with op.batch_alter_table("persona") as batch_op:'
    assert found["postgresql"] is not None
    assert found["postgresql"].lines == [
        'op.alter_column("persona", "tag", existing_type=sa.String(20), nullable=True)'
    ]
