"""What the rules on SQLite claim, held against Alembic and SQLite themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import alembic
import pytest

from migration_guard.rules.shared.rebuilds import rebuilds

from .alembic_on_sqlite import OPEN, Ran, judged, migration, run

ALEMBIC = tuple(map(int, alembic.__version__.split(".")[:2]))
BASE = """
op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True))
op.create_table(
    "persona",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("name", sa.Text()),
    sa.Column("age", sa.Integer()),
    sa.Column("plain", sa.Text()),
    sa.Column("email", sa.Text(), unique=True),
    sa.Column("slug", sa.Text()),
    sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id")),
    sa.Column("tab_id", sa.Integer()),
    sa.Column("nick", sa.Text()),
    sa.Column("part", sa.Integer()),
    sa.Column("size", sa.Integer()),
    sa.Column("rank", sa.Integer(), sa.CheckConstraint("rank > 0")),
    sa.ForeignKeyConstraint(["tab_id"], ["account.id"], name="fk_persona_tab"),
    sa.UniqueConstraint("nick", "size", name="uq_persona_nick"),
    sa.CheckConstraint("age > 0", name="ck_persona_age"),
)
op.create_index("ix_persona_slug", "persona", ["slug"])
op.create_index("ix_persona_lower", "persona", [sa.text("lower(name)")])
op.create_index("ix_persona_part", "persona", ["id"], sqlite_where=sa.text("part > 0"))
"""
ROW = "op.execute(\"INSERT INTO persona (id, name, age) VALUES (1, 'a', 5)\")\n"
RULES = {"sqlite-needs-batch", "sqlite-default-not-constant"}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """The databases of a test end with it."""
    yield
    while OPEN:
        connection = OPEN.pop()
        connection.close()
        connection.engine.dispose()


def added(column: str) -> str:
    return f'op.add_column("persona", sa.Column("n", {column}))'


# Outside of a batch block: whatever stops SQLite with a row in the table, a rule has to name; and nothing else.
IN_PLACE = [
    'op.create_check_constraint("ck", "persona", "age > 0")',
    'op.create_unique_constraint("uq", "persona", ["name"])',
    'op.create_foreign_key("fk", "persona", "account", ["age"], ["id"])',
    'op.create_primary_key("pk", "persona", ["id"])',
    'op.drop_constraint("ck_persona_age", "persona", type_="check")',
    'op.drop_constraint("uq_persona_nick", "persona")',
    'op.alter_column("persona", "name", nullable=False)',
    'op.alter_column("persona", "name", type_=sa.String(20))',
    'op.alter_column("persona", "name", server_default="x")',
    'op.alter_column("persona", "name", server_default=None)',
    'op.alter_column("persona", "name", new_column_name="title")',
    'op.alter_column("persona", "name", existing_type=sa.Text())',
    'op.alter_column("persona", "name", comment="hi")',
    'op.alter_column("persona", "name", existing_comment="hi", existing_nullable=True)',
    'op.alter_column("persona", "name", new_column_name="title", nullable=False)',
    'op.rename_table("persona", "people")',
    *(
        f'op.drop_column("persona", "{name}")'
        for name in [
            "id",
            "name",
            "age",
            "plain",
            "email",
            "slug",
            "account_id",
            "tab_id",
            "nick",
            "part",
            "size",
            "rank",
        ]
    ),
    added("sa.Text()"),
    added("sa.Text(), unique=True"),
    added("sa.Text(), index=True"),
    added("sa.Text(), index=True, unique=True"),
    added('sa.Integer(), sa.ForeignKey("account.id")'),
    added('sa.Integer(), sa.ForeignKey("account.id", name="fk_n")'),
    added('sa.Integer(), sa.CheckConstraint("n > 0", name="ck_n")'),
    added('sa.Boolean(create_constraint=True, name="ck_n")'),
    added('sa.Enum("a", "b", name="kind")'),
    added('sa.Text(), server_default="x"'),
    added('sa.Text(), server_default="CURRENT_TIMESTAMP"'),
    added('sa.Text(), server_default="now()"'),
    added('sa.Integer(), server_default=sa.text("0")'),
    added('sa.Integer(), server_default=sa.text("-1.5e3")'),
    added('sa.Integer(), server_default=sa.text("((0))")'),
    added("sa.Text(), server_default=sa.text(\"('x')\")"),
    added("sa.Text(), server_default=sa.text(\"x'00'\")"),
    added('sa.Boolean(), server_default=sa.text("true")'),
    added("sa.Boolean(), server_default=sa.true()"),
    added("sa.Boolean(), server_default=sa.sql.expression.false()"),
    added("sa.Boolean(), server_default=sa.literal(True)"),
    added('sa.Integer(), server_default=sa.text("NULL")'),
    added('sa.Integer(), server_default=sa.text("1 + 1")'),
    added('sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP")'),
    added('sa.DateTime(), server_default=sa.text("(CURRENT_TIMESTAMP)")'),
    added('sa.Date(), server_default=sa.text("current_date")'),
    added("sa.DateTime(), server_default=sa.func.now()"),
    added("sa.Date(), server_default=sa.func.current_date()"),
    added("sa.Text(), server_default=sa.text(\"(datetime('now'))\")"),
    added("sa.Text(), server_default=sa.func.lower('X')"),
    added('sa.Integer(), sa.Computed("age + 1")'),
    added('sa.Integer(), sa.Computed("age + 1", persisted=True)'),
    added('sa.Integer(), sa.Computed("age + 1", persisted=False)'),
    *(
        f'op.execute("ALTER TABLE persona {change}")'
        for change in (
            "ADD CONSTRAINT x CHECK (age > 0)",
            "DROP CONSTRAINT ck_persona_age",
            "ALTER COLUMN name SET NOT NULL",
            "ALTER COLUMN name TYPE TEXT",
            "ADD COLUMN n INTEGER UNIQUE",
            "ADD COLUMN n INTEGER REFERENCES account (id)",
            "ADD COLUMN n INTEGER CHECK (n > 0)",
            "ADD COLUMN n TEXT DEFAULT CURRENT_TIMESTAMP",
            "ADD COLUMN n TEXT DEFAULT (1 + 1)",
            "ADD COLUMN n TEXT DEFAULT 'x'",
            "ADD COLUMN n INTEGER DEFAULT -1",
            "ADD COLUMN n INTEGER DEFAULT TRUE",
            "ADD COLUMN n INTEGER GENERATED ALWAYS AS (age + 1) STORED",
            "ADD COLUMN n INTEGER GENERATED ALWAYS AS (age + 1) VIRTUAL",
            "RENAME COLUMN name TO title",
            "RENAME TO people",
            "DROP COLUMN plain",
            "DROP COLUMN slug",
        )
    ),
]
if ALEMBIC >= (1, 18):
    IN_PLACE.append(
        'op.add_column("persona", sa.Column("n", sa.Integer(), sa.ForeignKey("account.id")), inline_references=True)'
    )


@pytest.mark.parametrize("line", IN_PLACE)
def test_a_rule_speaks_where_sqlite_stops_and_nowhere_else(line: str, tmp_path: Path) -> None:
    ran = run(BASE + ROW, line)

    said = [found for found in judged(tmp_path, BASE, line) if found.rule.id in RULES]

    learnt = sqlite3.sqlite_version_info >= (3, 53) and any("SQLite before 3.53" in found.says for found in said)
    assert bool(said) is (ran.error is not None or learnt), ran.error
    assert not (learnt and ran.error), ran.error


@pytest.mark.parametrize("line", [line for line in IN_PLACE if "add_column" in line])
def test_an_empty_table_hides_what_a_row_shows(line: str) -> None:
    empty, filled = run(BASE, line), run(BASE + ROW, line)

    if "server_default" in line or "Computed" in line:
        assert (
            filled.error is None
            or "non-constant" in str(filled.error)
            or "STORED" in str(filled.error)
            or "1 + 1" in line
        )
        assert empty.error is None or "1 + 1" in line  # SQLAlchemy before 2.0.10 writes it without brackets
    else:
        assert type(empty.error) is type(filled.error)


# Inside of one: what makes Alembic rebuild the table.
IN_BLOCK = [
    'drop_column("plain")',
    'alter_column("name", nullable=True)',
    'alter_column("name", existing_type=sa.Text())',
    'alter_column("name", new_column_name="title")',
    'create_check_constraint("ck", "age > 0")',
    'create_unique_constraint("uq", ["name"])',
    'create_foreign_key("fk", "account", ["age"], ["id"])',
    'drop_constraint("ck_persona_age", type_="check")',
    'create_index("ix", ["name"])',
    'drop_index("ix_persona_slug")',
    *(
        f'add_column(sa.Column("n", {column}))'
        for column in (
            "sa.Text()",
            'sa.Text(), server_default="x"',
            'sa.Integer(), server_default=sa.text("0")',
            "sa.Boolean(), server_default=sa.false()",
            "sa.DateTime(), server_default=sa.func.now()",
            'sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP")',
            "sa.Text(), unique=False",
            "sa.Text(), index=True",
            'sa.Integer(), sa.ForeignKey("account.id", name="fk_n")',
            'sa.Integer(), sa.CheckConstraint("n > 0", name="ck_n")',
            'sa.Boolean(create_constraint=True, name="ck_n")',
            'sa.Enum("a", "b", name="kind", create_constraint=True)',
            'sa.Enum("a", "b", name="kind")',
            'sa.Integer(), sa.Computed("age + 1", persisted=True)',
            'sa.Integer(), sa.Computed("age + 1", persisted=False)',
            'sa.Integer(), sa.Computed("age + 1")',
        )
    ),
]


@pytest.mark.parametrize("recreate", ["auto", "always", "never"])
@pytest.mark.parametrize("line", IN_BLOCK)
def test_rebuilds_agrees_with_alembic(line: str, recreate: str) -> None:
    block = f'with op.batch_alter_table("persona", recreate="{recreate}") as batch_op:\n    batch_op.{line}'

    ran = run(BASE, block)

    assert any(rebuilds(op) for op in migration(block)) is ran.rebuilt


REBUILD = 'with op.batch_alter_table("persona"{}) as batch_op:\n    batch_op.alter_column("plain", nullable=True)'


def schema(ran: Ran, kind: str = "%") -> str:
    return "\n".join(str(row[0]) for row in ran.rows(f"SELECT sql FROM sqlite_master WHERE type LIKE '{kind}'"))


TABLE = 'op.create_table("persona", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("plain", sa.Text()){})\n'
LOST = {
    "trigger": (
        TABLE.format("") + 'op.execute("CREATE TRIGGER kept AFTER UPDATE ON persona BEGIN SELECT 1; END")',
        "kept",
    ),
    "index": (TABLE.format("") + 'op.create_index("kept", "persona", [sa.text("lower(plain)")])', "kept"),
    "collated index": (
        TABLE.format("") + 'op.create_index("ix", "persona", [sa.text("plain COLLATE NOCASE")])',
        "COLLATE NOCASE",
    ),
    "collation": (TABLE.format(', sa.Column("name", sa.Text(collation="NOCASE"))'), "COLLATE"),
    "autoincrement": (TABLE.format(", sqlite_autoincrement=True"), "AUTOINCREMENT"),
    "autoincrement in sql": (
        'op.execute("CREATE TABLE persona (id INTEGER PRIMARY KEY AUTOINCREMENT, plain TEXT)")',
        "AUTOINCREMENT",
    ),
    "unnamed check": (TABLE.format(", sa.CheckConstraint(\"plain <> 'x'\")"), "CHECK"),
}
KEPT = {
    "partial index": (
        TABLE.format("") + 'op.create_index("kept", "persona", ["id"], sqlite_where=sa.text("id > 0"))',
        "WHERE id > 0",
    ),
    "unnamed unique constraint": (TABLE.format(', sa.UniqueConstraint("plain")'), "UNIQUE"),
    "named check": (TABLE.format(', sa.CheckConstraint("id > 0", name="kept")'), "CHECK"),
    "foreign key": (
        'op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True))\n'
        + TABLE.format(', sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"))'),
        "FOREIGN KEY",
    ),
    "a view of another table": (
        'op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True))\n'
        + TABLE.format("")
        + 'op.execute("CREATE VIEW kept AS SELECT id AS persona FROM account")',
        "VIEW kept",
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_the_rule_says_is_lost_is_lost(name: str, tmp_path: Path) -> None:
    base, words = LOST[name]

    ran = run(base, REBUILD.format(""))

    assert ran.error is None
    assert words in schema(run(base, ""))
    assert words not in schema(ran)
    assert "batch-loses" in {found.rule.id for found in judged(tmp_path, base, REBUILD.format(""))}


@pytest.mark.parametrize("name", KEPT)
def test_what_the_rule_says_nothing_about_is_kept(name: str, tmp_path: Path) -> None:
    base, words = KEPT[name]

    ran = run(base, REBUILD.format(""))

    assert ran.error is None
    assert words in schema(ran)
    assert judged(tmp_path, base, REBUILD.format("")) == []


@pytest.mark.parametrize("name", ["collation", "autoincrement", "unnamed check", "index", "trigger"])
def test_the_advice_keeps_what_would_be_lost(name: str, tmp_path: Path) -> None:
    base, words = LOST[name]
    (found,) = [one for one in judged(tmp_path, base, REBUILD.format("")) if one.rule.id == "batch-loses"]

    ran = run(base, found.instead)

    assert ran.error is None, found.instead
    assert ran.rebuilt
    assert words in schema(ran)


READING = {
    "view": 'op.execute("CREATE VIEW calm AS SELECT id FROM persona")',
    "trigger": 'op.create_table("post", sa.Column("id", sa.Integer(), primary_key=True))\n'
    'op.execute("CREATE TRIGGER calm AFTER INSERT ON post BEGIN UPDATE persona SET plain = 1; END")',
}


@pytest.mark.parametrize("kind", READING)
def test_a_rebuild_fails_under_a_view_or_another_trigger_unless_that_is_dropped(kind: str, tmp_path: Path) -> None:
    base = TABLE.format("") + READING[kind]
    (found,) = [one for one in judged(tmp_path, base, REBUILD.format("")) if one.rule.id == "batch-loses"]

    stopped, fixed = run(base, REBUILD.format("")), run(base, found.instead)

    assert f"error in {kind} calm" in str(stopped.error)
    assert fixed.error is None
    assert "calm" in schema(fixed, kind)


ON = 'event.listen(engine, "connect", lambda connection, record: connection.execute("PRAGMA foreign_keys=ON"))'
CHILDREN = (
    TABLE.format("")
    + 'op.create_table("post", sa.Column("id", sa.Integer(), primary_key=True), '
    + 'sa.Column("persona_id", sa.Integer(), sa.ForeignKey("persona.id"{})))\n'
)
ROWS = 'op.execute("INSERT INTO persona VALUES (1, NULL)")\nop.execute("INSERT INTO post VALUES (1, 1), (2, 1)")\n'


@pytest.mark.parametrize(
    ("rule", "rows", "says"),
    [
        ("CASCADE", [], "deletes the rows of post"),
        ("SET NULL", [(1, None), (2, None)], "clears the keys of post"),
        ("SET DEFAULT", [(1, None), (2, None)], "clears the keys of post"),
        ("RESTRICT", "FOREIGN KEY constraint failed", "the DROP fails as soon as post"),
        (None, "FOREIGN KEY constraint failed", "the DROP fails as soon as post"),
    ],
)
def test_a_rebuild_with_foreign_keys_on_does_to_children_what_is_said(
    rule: str | None, rows: object, says: str, tmp_path: Path
) -> None:
    base = CHILDREN.format(f', ondelete="{rule}"' if rule else "")

    ran = run(base + ROWS, REBUILD.format(""), foreign_keys=True)
    off = run(base + ROWS, REBUILD.format(""))
    (found,) = [
        one for one in judged(tmp_path / "on", base, REBUILD.format(""), env=ON) if one.rule.id == "batch-cascades"
    ]

    assert (str(ran.error.__cause__) if ran.error else ran.rows("SELECT * FROM post")) == rows
    assert off.rows("SELECT * FROM post") == [(1, 1), (2, 1)]
    assert says in found.says
    assert judged(tmp_path / "off", base, REBUILD.format("")) == []


def test_a_table_that_points_to_itself_loses_rows_too(tmp_path: Path) -> None:
    base = TABLE.format(', sa.Column("parent_id", sa.Integer(), sa.ForeignKey("persona.id", ondelete="CASCADE"))')
    rows = 'op.execute("INSERT INTO persona VALUES (1, NULL, NULL), (2, NULL, 1)")\n'

    ran = run(base + rows, REBUILD.format(""), foreign_keys=True)

    assert ran.rows("SELECT id FROM persona") == [(1,)]
    assert [one.rule.id for one in judged(tmp_path, base, REBUILD.format(""), env=ON)] == ["batch-cascades"]


def test_the_advice_keeps_the_children(tmp_path: Path) -> None:
    base = CHILDREN.format(', ondelete="CASCADE"')
    (found,) = judged(tmp_path, base, REBUILD.format(""), env=ON)

    ran = run(base + ROWS + "op.get_bind().commit()\n", found.instead, foreign_keys=True)

    assert ran.rows("SELECT * FROM post") == [(1, 1), (2, 1)]


BEFORE = {
    "an update": 'op.execute("UPDATE account SET id = 2 WHERE id = 1")',
    "an insert": 'op.bulk_insert(sa.table("account", sa.column("id")), [{"id": 7}])',
    "a rebuild": REBUILD.format(""),
    "nothing": "",
    "a new table": 'op.create_table("mood", sa.Column("id", sa.Integer(), primary_key=True))',
    "a new column": 'op.add_column("persona", sa.Column("n", sa.Text()))',
}


@pytest.mark.parametrize("what", BEFORE)
def test_the_pragma_is_ignored_where_the_rule_says_so(what: str, tmp_path: Path) -> None:
    line = f'{BEFORE[what]}\nop.execute("PRAGMA foreign_keys=OFF")'

    ran = run(BASE, line, foreign_keys=True)

    said = {found.rule.id for found in judged(tmp_path, BASE, line)}
    assert ("pragma-in-transaction" in said) is (ran.rows("PRAGMA foreign_keys") == [(1,)])


UNNAMED = TABLE.format(
    ', sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id")), sa.UniqueConstraint("plain")'
)


@pytest.mark.parametrize(
    "line",
    [
        'drop_constraint("persona_plain_key", type_="unique")',
        'drop_constraint("persona_account_id_fkey", type_="foreignkey")',
        'drop_constraint("uq_persona_plain", type_="unique")',
    ],
)
def test_a_constraint_without_a_name_cannot_be_dropped_but_by_the_advice(line: str, tmp_path: Path) -> None:
    account = 'op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True))\n'
    block = f'with op.batch_alter_table("persona") as batch_op:\n    batch_op.{line}'
    (found,) = [
        one for one in judged(tmp_path, account + UNNAMED, block, careful=False) if one.rule.id == "batch-drops-unnamed"
    ]

    stopped, fixed = run(account + UNNAMED, block), run(account + UNNAMED, found.instead)

    assert isinstance(stopped.error, ValueError)
    assert "No such constraint" in str(stopped.error)
    assert fixed.error is None, found.instead
    gone = "UNIQUE" if "unique" in line else "FOREIGN KEY"
    assert gone not in schema(fixed)
