"""A made-up Alembic history of any length: varied revisions of 60 to 150 lines that follow each other and can run."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

INI = """\
[alembic]
script_location = %(here)s/alembic
sqlalchemy.url = postgresql+psycopg://localhost/bench
"""
ENV = """\
from alembic import context
from sqlalchemy import engine_from_config, pool, text

engine = engine_from_config(context.config.get_section("alembic"), poolclass=pool.NullPool)
with engine.connect() as connection:
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.commit()
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
HEADER = '''\
"""{message}

Revision ID: {revision}
Revises: {parent}
Create Date: 2026-01-01 00:00:00

"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

# revision identifiers, used by Alembic.
revision: str = "{revision}"
down_revision: str | Sequence[str] | None = {down}
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
'''
TYPES = (
    "sa.String(length={0})",
    "sa.Integer()",
    "sa.BigInteger()",
    "sa.Text()",
    "sa.Boolean()",
    "sa.DateTime(timezone=True)",
    "sa.Numeric(precision=12, scale=2)",
    "postgresql.JSONB(astext_type=sa.Text())",
)
WORDS = ("mood", "stance", "rank", "title", "body", "state", "origin", "weight", "locale", "note", "score", "slug")
Lines = list[str]


class History:
    """Writes one revision after the other, and knows the tables that stand so far."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the same history on every machine
        self.tables: dict[str, list[str]] = {}
        self.count = 0

    def revision(self) -> tuple[str, Lines, Lines]:
        """The message and both bodies of the next revision."""
        kinds: list[Callable[[], tuple[Lines, Lines]]] = [self.table]
        if len(self.tables) > 2:
            kinds += [self.table, self.columns, self.columns, self.index, self.fill, self.change, self.sql, self.key]
        up: Lines = []
        down: Lines = []
        while len(up) + len(down) < self.random.randint(30, 110):
            there, back = self.random.choice(kinds)()
            up += there
            down = back + down
        return f"change {len(self.tables)} tables", up, down

    def name(self) -> str:
        self.count += 1
        return f"{self.random.choice(WORDS)}_{self.count}"

    def column(self, name: str, *, nullable: bool) -> str:
        kind = self.random.choice(TYPES).format(self.random.choice((20, 80, 200)))
        return f'sa.Column("{name}", {kind}, nullable={nullable})'

    def any_table(self) -> str:
        return self.random.choice(list(self.tables))

    def table(self) -> tuple[Lines, Lines]:
        table = self.name()
        names = [self.name() for _ in range(self.random.randint(4, 12))]
        columns = [self.column(name, nullable=self.random.random() < 0.5) for name in names]
        self.tables[table] = names
        rows = [
            'sa.Column("id", sa.Integer(), nullable=False)',
            *columns,
            f'sa.PrimaryKeyConstraint("id", name="pk_{table}")',
        ]
        up = ["op.create_table(", f'    "{table}",', *(f"    {row}," for row in rows), ")"]
        up.append(f'op.create_index("ix_{table}_{names[0]}", "{table}", ["{names[0]}"], unique=False)')
        return up, [f'op.drop_index("ix_{table}_{names[0]}", table_name="{table}")', f'op.drop_table("{table}")']

    def columns(self) -> tuple[Lines, Lines]:
        table = self.any_table()
        names = [self.name() for _ in range(self.random.randint(1, 4))]
        self.tables[table] += names
        up = [f'op.add_column("{table}", {self.column(name, nullable=True)})' for name in names]
        return up, [f'op.drop_column("{table}", "{name}")' for name in reversed(names)]

    def index(self) -> tuple[Lines, Lines]:
        table = self.any_table()
        column, name = self.random.choice(self.tables[table]), f"ix_{self.name()}"
        block = "with op.get_context().autocommit_block():"
        up = f'op.create_index("{name}", "{table}", ["{column}"], postgresql_concurrently=True)'
        down = f'op.drop_index("{name}", table_name="{table}", postgresql_concurrently=True)'
        return [block, f"    {up}"], [block, f"    {down}"]

    def fill(self) -> tuple[Lines, Lines]:
        table = self.any_table()
        column = self.random.choice(self.tables[table])
        up = [
            f'{column} = sa.table("{table}", sa.column("id", sa.Integer()), sa.column("{column}"))',
            "bind = op.get_bind()",
            f"bind.execute(sa.update({column}).where({column}.c.id < 0).values({column}=None))",
        ]
        return up, []

    def change(self) -> tuple[Lines, Lines]:
        table = self.any_table()
        added = self.name()
        self.tables[table].append(added)
        up = [
            f'with op.batch_alter_table("{table}") as batch_op:',
            f'    batch_op.add_column(sa.Column("{added}", sa.String(length=20), nullable=True))',
            f'    batch_op.alter_column("{added}", existing_type=sa.String(length=20), type_=sa.String(length=80))',
        ]
        return up, [f'with op.batch_alter_table("{table}") as batch_op:', f'    batch_op.drop_column("{added}")']

    def sql(self) -> tuple[Lines, Lines]:
        table, added = self.any_table(), self.name()
        self.tables[table].append(added)
        up = [
            'op.execute("""',
            f"    ALTER TABLE {table}",
            f"    ADD COLUMN {added} VARCHAR(40)",
            '""")',
            f"op.execute(\"UPDATE {table} SET {added} = 'none' WHERE {added} IS NULL AND id < 0\")",  # noqa: S608 - only written
        ]
        return up, [f'op.execute("ALTER TABLE {table} DROP COLUMN {added}")']

    def key(self) -> tuple[Lines, Lines]:
        table, other = self.any_table(), self.any_table()
        added = self.name()
        name = f"fk_{added}"
        self.tables[table].append(added)
        up = [
            f'op.add_column("{table}", sa.Column("{added}", sa.Integer(), nullable=True))',
            "op.create_foreign_key(",
            f'    "{name}", "{table}", "{other}", ["{added}"], ["id"], ondelete="SET NULL", postgresql_not_valid=True',
            ")",
        ]
        down = [
            f'op.drop_constraint("{name}", "{table}", type_="foreignkey")',
            f'op.drop_column("{table}", "{added}")',
        ]
        return up, down


def write(folder: Path, revisions: int, seed: int = 4242) -> Path:
    """A project with that many revisions in an empty or missing folder; the folder. The same for the same arguments."""
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(INI, encoding="utf-8")
    (folder / "alembic" / "env.py").write_text(ENV, encoding="utf-8")
    history = History(seed)
    parent = None
    for number in range(revisions):
        message, up, down = history.revision()
        revision = f"{number:05d}{history.random.getrandbits(28):07x}"
        text = HEADER.format(
            message=message,
            revision=revision,
            parent=parent or "",
            down=f'"{parent}"' if parent else None,
        )
        for name, body in (("upgrade", up), ("downgrade", down)):
            lines = [f"    {line}" if line else "" for line in body] or ["    pass"]
            text += "\n".join(["", "", f"def {name}() -> None:", *lines, ""])
        (versions / f"{revision}_{message.replace(' ', '_')}.py").write_text(text, encoding="utf-8")
        parent = revision
    return folder
