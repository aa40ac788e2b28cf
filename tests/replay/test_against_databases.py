"""What the replay says of generated histories is what the database's own catalogue says once Alembic ran them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migration_guard.facts import History, Policy
from migration_guard.live import Server

from .projects import read, source, table

NAMES = ("persona", "belief", "stance", "episode")
COLUMNS = ("mood", "title", "weight", "note", "rank")
TYPES = ("sa.Integer()", "sa.String(20)", "sa.Text()", "sa.Numeric(10, 2)")
DEFAULTS = (None, '"0"', 'sa.text("7")')


class Writer:
    """Draws operations that fit the schema so far, and writes them as source."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.tables: dict[str, set[str]] = {}
        self.indexes: dict[str, tuple[str, str]] = {}
        self.uniques: dict[str, tuple[str, str]] = {}
        self.count = 0
        self.taken: set[str] = set()  # names that an index of any table may have

    def revision(self) -> list[str]:
        return [line for _ in range(self.draw(st.integers(1, 4))) for line in self.operation()]

    def operation(self) -> list[str]:
        kinds = ["create_table"] if len(self.tables) < len(NAMES) else []
        if self.tables:
            kinds += ["add", "add_sql", "index", "unique", "fill"]
            kinds += ["drop_table", "rename_table"] if len(self.tables) > 1 else []
        if any(self.tables.values()):
            kinds += ["drop", "alter", "alter", "rename", "rename_sql"]
        kinds += ["drop_index"] if self.indexes else []
        kinds += ["drop_unique"] if self.uniques else []
        lines: list[str] = getattr(self, self.draw(st.sampled_from(kinds)))()
        return lines

    def table(self, *, filled: bool = False) -> str:
        return str(self.draw(st.sampled_from(sorted(name for name, own in self.tables.items() if own or not filled))))

    def column(self, table: str) -> str:
        return str(self.draw(st.sampled_from(sorted(self.tables[table]))))

    def free(self, names: tuple[str, ...], taken: Any) -> str | None:
        left = sorted(set(names) - set(taken))
        return self.draw(st.sampled_from(left)) if left else None

    def written(self, name: str, *, on_rows: bool) -> str:
        nullable = self.draw(st.booleans())
        default = self.draw(st.sampled_from(DEFAULTS[1:] if on_rows and not nullable else DEFAULTS))
        index = not on_rows and self.draw(st.booleans())
        more = f", server_default={default}" if default else ""
        return f"sa.Column({name!r}, {self.draw(st.sampled_from(TYPES))}, nullable={nullable}{more}, index={index})"

    def create_table(self) -> list[str]:
        name = self.free(NAMES, self.tables)
        names = self.draw(st.lists(st.sampled_from(COLUMNS), unique=True, max_size=4))
        columns = [self.written(one, on_rows=False) for one in names]
        self.tables[str(name)] = set(names)
        # an index of an older table may have the name: it keeps it when its table is renamed
        for at, one in enumerate(names):
            if f"ix_{name}_{one}" in self.taken:
                columns[at] = columns[at].replace("index=True", "index=False")
            elif "index=True" in columns[at]:
                self.indexes[f"ix_{name}_{one}"] = (str(name), one)
        self.taken |= {f"ix_{name}_{one}" for one in names}
        return [f"op.create_table({name!r}, sa.Column('id', sa.Integer(), primary_key=True), {', '.join(columns)})"]

    def drop_table(self) -> list[str]:
        name = self.table()
        del self.tables[name]
        for listed in (self.indexes, self.uniques):
            for one in [one for one, (owner, _) in listed.items() if owner == name]:
                del listed[one]
        return [f"op.drop_table({name!r})" if self.draw(st.booleans()) else f"op.execute('DROP TABLE {name}')"]

    def rename_table(self) -> list[str]:
        old = self.table()
        new = self.free(NAMES, self.tables)
        if new is None:
            return []
        self.tables[new] = self.tables.pop(old)
        for listed in (self.indexes, self.uniques):
            for one, (owner, column) in listed.items():
                if owner == old:
                    listed[one] = (new, column)
        if self.draw(st.booleans()):
            return [f"op.execute('ALTER TABLE {old} RENAME TO {new}')"]
        return [f"op.rename_table({old!r}, {new!r})"]

    def add(self) -> list[str]:
        table = self.table()
        name = self.free(COLUMNS, self.tables[table])
        if name is None:
            return []
        self.tables[table].add(name)
        column = self.written(name, on_rows=True).replace(", index=False", "")
        if self.draw(st.booleans()):
            return [f"with op.batch_alter_table({table!r}) as batch_op:\n    batch_op.add_column({column})"]
        return [f"op.add_column({table!r}, {column})"]

    def add_sql(self) -> list[str]:
        table = self.table()
        name = self.free(COLUMNS, self.tables[table])
        if name is None:
            return []
        self.tables[table].add(name)
        tail = self.draw(st.sampled_from(["", " DEFAULT 3", " NOT NULL DEFAULT 3"]))
        return [f"op.execute('ALTER TABLE {table} ADD COLUMN {name} INTEGER{tail}')"]

    def drop(self) -> list[str]:
        table = self.table(filled=True)
        name = self.column(table)
        self.tables[table].discard(name)
        lines = []
        for listed, verb in ((self.indexes, "index"), (self.uniques, "constraint")):
            for one in [one for one, place in listed.items() if place == (table, name)]:
                del listed[one]
                call = f"op.drop_index({one!r}, {table!r})" if verb == "index" else ""
                lines.append(
                    call
                    or f"with op.batch_alter_table({table!r}) as b:\n    b.drop_constraint({one!r}, type_='unique')"
                )
        return [*lines, f"with op.batch_alter_table({table!r}) as batch_op:\n    batch_op.drop_column({name!r})"]

    def alter(self) -> list[str]:
        table = self.table(filled=True)
        name = self.column(table)
        change = self.draw(
            st.sampled_from(
                ["nullable=False", "nullable=True", "server_default='9'", "server_default=None", "type_=sa.Text()"]
            )
        )
        return [f"with op.batch_alter_table({table!r}) as batch_op:\n    batch_op.alter_column({name!r}, {change})"]

    def rename(self) -> list[str]:
        table = self.table(filled=True)
        old, new = self.column(table), self.free(COLUMNS, self.tables[table])
        if new is None:
            return []
        self._renamed(table, old, new)
        call = f"batch_op.alter_column({old!r}, new_column_name={new!r})"
        return [f"with op.batch_alter_table({table!r}) as batch_op:\n    {call}"]

    def rename_sql(self) -> list[str]:
        table = self.table(filled=True)
        old, new = self.column(table), self.free(COLUMNS, self.tables[table])
        if new is None:
            return []
        self._renamed(table, old, new)
        return [f"op.execute('ALTER TABLE {table} RENAME COLUMN {old} TO {new}')"]

    def _renamed(self, table: str, old: str, new: str) -> None:
        self.tables[table] = self.tables[table] - {old} | {new}
        for listed in (self.indexes, self.uniques):
            for one, place in listed.items():
                if place == (table, old):
                    listed[one] = (table, new)

    def index(self) -> list[str]:
        table = self.table()
        if not self.tables[table]:
            return []
        name, self.count = f"ix_{self.count}", self.count + 1
        column = self.column(table)
        self.indexes[name] = (table, column)
        if self.draw(st.booleans()):
            return [f"op.execute('CREATE INDEX {name} ON {table} ({column})')"]
        return [f"op.create_index({name!r}, {table!r}, [{column!r}])"]

    def drop_index(self) -> list[str]:
        name = self.draw(st.sampled_from(sorted(self.indexes)))
        table, _ = self.indexes.pop(name)
        if self.draw(st.booleans()):
            return [f"op.execute('DROP INDEX {name}')"]
        return [f"op.drop_index({name!r}, table_name={table!r})"]

    def unique(self) -> list[str]:
        table = self.table()
        if not self.tables[table]:
            return []
        name, self.count = f"uq_{self.count}", self.count + 1
        column = self.column(table)
        if (table, column) in self.uniques.values():  # SQLite keeps one of two
            return []
        self.uniques[name] = (table, column)
        return [
            f"with op.batch_alter_table({table!r}) as batch_op:\n"
            f"    batch_op.create_unique_constraint({name!r}, [{column!r}])"
        ]

    def drop_unique(self) -> list[str]:
        name = self.draw(st.sampled_from(sorted(self.uniques)))
        table, _ = self.uniques.pop(name)
        return [
            f"with op.batch_alter_table({table!r}) as batch_op:\n    batch_op.drop_constraint({name!r}, type_='unique')"
        ]

    def fill(self) -> list[str]:
        table = self.table()
        return [f"op.execute('DELETE FROM {table}')"]


def agrees(url: str, data: st.DataObject) -> None:
    """A generated history leaves an empty database as the replay says."""
    writer = Writer(data.draw)
    revisions = [writer.revision() for _ in range(data.draw(st.integers(1, 7)))]
    sources = {f"r{i}": source(f"r{i}", [f"r{i - 1}"] if i else [], lines) for i, lines in enumerate(revisions)}
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with tempfile.TemporaryDirectory() as folder, engine.connect() as connection, connection.begin() as transaction:
        context = MigrationContext.configure(connection, opts={"render_as_batch": True})
        for text in sources.values():
            module: dict[str, Any] = {}
            exec(text, module)  # noqa: S102 - our own text
            with Operations.context(context):
                module["upgrade"]()
        same_catalogue(read(Path(folder), sources), sa.inspect(connection), engine.dialect.name)
        transaction.rollback()


def same_catalogue(history: History, inspector: sa.Inspector, dialect: str) -> None:
    """What is known of each table is what the database says of it."""
    there = set(inspector.get_table_names())

    assert {name for name in NAMES if table(history, name).exists is True} == there
    for name in sorted(there):
        known = table(history, name, policy=Policy(dialects=frozenset({dialect})))
        assert known.whole
        # a serial key gets its default from PostgreSQL
        assert {
            column.name: (column.nullable, column.server_default is not None or column.name == "id")
            for column in known.columns.values()
        } == {
            column["name"]: (column["nullable"], column["default"] is not None or column["name"] == "id")
            for column in inspector.get_columns(name)
        }
        assert {index.name for index in known.indexes} == {
            index["name"] for index in inspector.get_indexes(name) if "duplicates_constraint" not in index
        }
        assert {one.name for one in known.constraints if one.kind == "unique"} == {
            one["name"] for one in inspector.get_unique_constraints(name)
        }


TRIES = settings(
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


@given(st.data())
@settings(TRIES, max_examples=60)
def test_the_replay_agrees_with_sqlite(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        agrees(f"sqlite:///{folder}/scratch.db", data)


@pytest.fixture(scope="module")
def empty(postgresql: Server) -> str:
    """An empty database; what the tests do in it is rolled back."""
    return str(postgresql.new_database()).replace("postgresql://", "postgresql+psycopg://")


@given(st.data())
@settings(TRIES, max_examples=40)
def test_the_replay_agrees_with_postgresql(empty: str, data: st.DataObject) -> None:
    agrees(empty, data)
