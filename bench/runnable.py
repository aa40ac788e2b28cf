"""A made-up Alembic history of any length that runs on SQLite and PostgreSQL: one to four changes a revision."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from history import HEADER, WORDS

INI = """\
[alembic]
script_location = %(here)s/alembic
sqlalchemy.url = sqlite:///bench.db
"""
ENV = """\
import os

from alembic import context
from sqlalchemy import Connection, MetaData, create_engine, pool

given = context.config.attributes.get("connection")
url = os.environ.get("BENCH_URL") or context.config.get_main_option("sqlalchemy.url")


def run(connection):
    context.configure(connection=connection, target_metadata=MetaData(), transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


if isinstance(given, Connection):
    run(given)
else:
    with (given or create_engine(url, poolclass=pool.NullPool)).connect() as connection:
        run(connection)
"""
PYPROJECT = '[tool.migration-guard]\ndatabases = ["sqlite", "postgresql"]\n'
# A test project of pytest-alembic's, with its built-in tests and the nearest one to a stairway.
CONFTEST = """\
import os

import pytest
from sqlalchemy import create_engine, event, pool, text


@pytest.fixture
def alembic_engine():
    engine = create_engine(os.environ["BENCH_URL"], poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":
        # Real transactions: https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        if os.path.exists(engine.url.database):
            os.remove(engine.url.database)
    else:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    return engine
"""
TESTS = """\
from pytest_alembic.tests import test_single_head_revision, test_up_down_consistency, test_upgrade
from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace
"""
TYPES = {
    "sa.String(length=40)": "sa.String(length=120)",
    "sa.Integer()": "sa.BigInteger()",
    "sa.Text()": None,
    "sa.Boolean()": None,
    "sa.DateTime(timezone=True)": None,
    "sa.Numeric(precision=12, scale=2)": None,
    "sa.JSON()": None,
    "sa.Date()": None,
}
Lines = list[str]


@dataclass
class Table:
    """A table that stands so far. `enums` are the names of PostgreSQL types that came with it."""

    columns: dict[str, str] = field(default_factory=dict)
    indexes: dict[str, str] = field(default_factory=dict)
    enums: list[str] = field(default_factory=list)


class Runnable:
    """Writes one revision after the other. Every revision goes up and down without a trace."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the same history on every machine
        self.tables: dict[str, Table] = {}
        self.count = 0
        # Weights: a table comes with every sixth change or so, as in grown applications.
        self.kinds: list[tuple[Callable[[], tuple[Lines, Lines]], int]] = [
            *((self.table, 4), (self.column, 6), (self.required, 2), (self.index, 4), (self.unindex, 1)),
            *((self.widen, 3), (self.rename, 1), (self.key, 3), (self.backfill, 3), (self.batch, 3)),
        ]

    def revision(self) -> tuple[str, Lines, Lines]:
        """The message and both bodies of the next revision."""
        up, down = self.table() if len(self.tables) < 3 else ([], [])
        for _ in range(self.random.randint(1, 4)):
            kind = self.random.choices([kind for kind, _ in self.kinds], [weight for _, weight in self.kinds])[0]
            there, back = kind()
            up, down = up + there, back + down
        return f"change {len(self.tables)} tables", up, down

    def name(self) -> str:
        self.count += 1
        return f"{self.random.choice(WORDS)}_{self.count}"

    def any_table(self) -> str:
        return self.random.choice(list(self.tables))

    def any_type(self) -> str:
        return self.random.choice(list(TYPES))

    def table(self) -> tuple[Lines, Lines]:
        name, table = self.name(), Table()
        rows = ['sa.Column("id", sa.Integer(), nullable=False)']
        for _ in range(self.random.randint(3, 9)):
            column = self.name()
            table.columns[column] = self.any_type()
            rows.append(f'sa.Column("{column}", {table.columns[column]}, nullable={self.random.random() < 0.6})')
        if self.random.random() < 0.25:
            column = self.name()
            table.enums.append(f"kind_{column}")
            rows.append(f'sa.Column("{column}", sa.Enum("new", "open", "done", name="kind_{column}"), nullable=True)')
        rows.append(f'sa.PrimaryKeyConstraint("id", name="pk_{name}")')
        for other in self.random.sample(sorted(self.tables), k=min(len(self.tables), self.random.choice((0, 1, 1, 2)))):
            column = self.name()
            rows.insert(1, f'sa.Column("{column}", sa.Integer(), nullable=True)')
            rows.append(f'sa.ForeignKeyConstraint(["{column}"], ["{other}.id"], name="fk_{column}")')
        first = next(iter(table.columns))
        if table.columns[first].startswith("sa.String") and self.random.random() < 0.5:
            rows.append(f'sa.UniqueConstraint("{first}", name="uq_{first}")')
        self.tables[name] = table
        up = ["op.create_table(", f'    "{name}",', *(f"    {row}," for row in rows), ")"]
        down = [f'op.drop_table("{name}")']
        down += [f'sa.Enum(name="{enum}").drop(op.get_bind(), checkfirst=False)' for enum in table.enums]
        return up, down

    def column(self) -> tuple[Lines, Lines]:
        table, column = self.any_table(), self.name()
        kind = self.tables[table].columns[column] = self.any_type()
        return [f'op.add_column("{table}", sa.Column("{column}", {kind}, nullable=True))'], [
            f'op.drop_column("{table}", "{column}")'
        ]

    def required(self) -> tuple[Lines, Lines]:
        table, column = self.any_table(), self.name()
        self.tables[table].columns[column] = "sa.Integer()"
        up = f'op.add_column("{table}", sa.Column("{column}", sa.Integer(), nullable=False, server_default="0"))'
        return [up], [f'op.drop_column("{table}", "{column}")']

    def index(self) -> tuple[Lines, Lines]:
        table = self.any_table()
        fitting = [column for column, kind in self.tables[table].columns.items() if "JSON" not in kind]
        if not fitting:
            return self.column()
        name, column = f"ix_{self.name()}", self.random.choice(fitting)
        self.tables[table].indexes[name] = column
        return [f'op.create_index("{name}", "{table}", ["{column}"])'], [
            f'op.drop_index("{name}", table_name="{table}")'
        ]

    def unindex(self) -> tuple[Lines, Lines]:
        table = next((name for name, table in self.tables.items() if table.indexes), None)
        if table is None:
            return self.index()
        name, column = self.tables[table].indexes.popitem()
        return [f'op.drop_index("{name}", table_name="{table}")'], [
            f'op.create_index("{name}", "{table}", ["{column}"])'
        ]

    def widen(self) -> tuple[Lines, Lines]:
        found = [(name, c, k) for name, table in self.tables.items() for c, k in table.columns.items() if TYPES.get(k)]
        if not found:
            return self.column()
        table, column, kind = self.random.choice(found)
        wide = self.tables[table].columns[column] = str(TYPES[kind])
        block = f'with op.batch_alter_table("{table}") as batch_op:'
        up = f'    batch_op.alter_column("{column}", existing_type={kind}, type_={wide})'
        return [block, up], [block, f'    batch_op.alter_column("{column}", existing_type={wide}, type_={kind})']

    def rename(self) -> tuple[Lines, Lines]:
        table, new = self.any_table(), self.name()
        columns = self.tables[table].columns
        fitting = [c for c, kind in columns.items() if c not in self.tables[table].indexes.values() and kind in TYPES]
        if not fitting:
            return self.column()
        old = self.random.choice(fitting)
        kind = columns[new] = columns.pop(old)
        block = f'with op.batch_alter_table("{table}") as batch_op:'
        up = f'    batch_op.alter_column("{old}", new_column_name="{new}", existing_type={kind})'
        return [block, up], [
            block,
            f'    batch_op.alter_column("{new}", new_column_name="{old}", existing_type={kind})',
        ]

    def key(self) -> tuple[Lines, Lines]:
        table, other, column = self.any_table(), self.any_table(), self.name()
        block = f'with op.batch_alter_table("{table}") as batch_op:'
        up = [
            block,
            f'    batch_op.add_column(sa.Column("{column}", sa.Integer(), nullable=True))',
            f'    batch_op.create_foreign_key("fk_{column}", "{other}", ["{column}"], ["id"], ondelete="SET NULL")',
        ]
        down = [
            block,
            f'    batch_op.drop_constraint("fk_{column}", type_="foreignkey")',
            f'    batch_op.drop_column("{column}")',
        ]
        return up, down

    def backfill(self) -> tuple[Lines, Lines]:
        table, column = self.any_table(), self.name()
        self.tables[table].columns[column] = "sa.Text()"
        up = [
            f'op.add_column("{table}", sa.Column("{column}", sa.Text(), nullable=True))',
            f'rows = sa.table("{table}", sa.column("id", sa.Integer()), sa.column("{column}", sa.Text()))',
            f'op.execute(rows.update().where(rows.c.{column}.is_(None)).values({column}="none"))',
        ]
        return up, [f'op.drop_column("{table}", "{column}")']

    def batch(self) -> tuple[Lines, Lines]:
        table, column, index = self.any_table(), self.name(), f"ix_{self.name()}"
        self.tables[table].columns[column] = "sa.Date()"
        self.tables[table].indexes[index] = column
        block = f'with op.batch_alter_table("{table}") as batch_op:'
        up = [
            block,
            f'    batch_op.add_column(sa.Column("{column}", sa.Date(), nullable=True))',
            f'    batch_op.create_index("{index}", ["{column}"])',
        ]
        return up, [block, f'    batch_op.drop_index("{index}")', f'    batch_op.drop_column("{column}")']


def write(folder: Path, revisions: int, seed: int = 4242) -> Path:
    """A project with that many revisions, and pytest-alembic's tests, in a missing folder; the folder."""
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    for name, text in (
        ("alembic.ini", INI),
        ("alembic/env.py", ENV),
        ("pyproject.toml", PYPROJECT),
        ("conftest.py", CONFTEST),
        ("test_migrations.py", TESTS),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    history = Runnable(seed)
    parent = None
    for number in range(revisions):
        message, up, down = history.revision()
        revision = f"{number:05d}{history.random.getrandbits(28):07x}"
        head = HEADER.format(
            message=message, revision=revision, parent=parent or "", down=f'"{parent}"' if parent else None
        )
        bodies = [
            "\n".join([f"def {name}() -> None:", *(f"    {line}" for line in body)])
            for name, body in (("upgrade", up), ("downgrade", down))
        ]
        text = "\n\n\n".join([head.rstrip(), *bodies]) + "\n"
        (versions / f"{revision}_{message.replace(' ', '_')}.py").write_text(text, encoding="utf-8")
        parent = revision
    return folder
