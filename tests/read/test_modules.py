"""Helpers, constants and labels in other modules of the project are followed by reading their source."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migration_guard.facts import (
    AddColumn,
    CreateIndex,
    CreateTable,
    CreateType,
    DropTable,
    Migration,
    Operation,
    OtherCall,
    Unread,
    WriteRows,
)
from migration_guard.read.commits import resolve
from migration_guard.read.discovery import projects
from migration_guard.read.git import Repository
from migration_guard.read.graph import history
from migration_guard.read.sources import Sources

PIECES = [
    "def f(op):\n", "class C:\n", "    def f(self, *a):\n", "    def __init__(self, op):\n", "        self.op = op\n",
    "    ", "        ", "\n", "g = ", "f(op)", "C", "C(op)", "g", "g.append(f)", "return g\n", "raise C\n", "yield\n",
    "@f\n", "@C.f\n", "op.drop_table(g)\n", "op.execute(f'{g}')\n", "while f(g):\n", "for g in g:\n", "try:\n",
    "except C:\n", "with f(op) as g:\n", "from app.tools import g\n", "from . import tools\n", "from .tools import *\n",
    "[g for g in f(g)]", "{g: C}", "lambda g: f(g)", "if g:\n", "else:\n", "pass\n", "self.g", "(", ")", " + ", ", ",
]  # fmt: skip
INI = "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n"
HEAD = 'import sqlalchemy as sa\nfrom alembic import op\nrevision = "a1"\ndown_revision = None\n'


def tree(root: Path, files: dict[str, str]) -> Path:
    """A project with these files beside an ini and an env.py."""
    for name, text in {"alembic.ini": INI, "alembic/env.py": "from alembic import context\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def read(root: Path, name: str = "alembic/versions/a1.py") -> Migration:
    """One migration of a project, as it is now."""
    (project,) = projects(root)
    return next(each for each in Sources(root).working_tree(project) if each.path == name)


def migration(root: Path, text: str, modules: dict[str, str]) -> Migration:
    """A migration of this text in a project with these modules."""
    files = {f"{name}.py": source for name, source in modules.items()}
    return read(tree(root, {"alembic/versions/a1.py": HEAD + text, **files}))


def operations(found: Migration) -> tuple[Operation, ...]:
    assert found.upgrade is not None
    return found.upgrade.operations


HELPER = """
import sqlalchemy as sa
from alembic import op

def add_mood(table):
    op.add_column(table, sa.Column("mood", sa.Text(), nullable=False))
"""


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from app.ddl import add_mood", 'add_mood("persona")'),
        ("from app.ddl import add_mood as add", 'add(table="persona")'),
        ("from app import ddl", 'ddl.add_mood("persona")'),
        ("import app.ddl", 'app.ddl.add_mood("persona")'),
        ("import app.ddl as d", 'd.add_mood("persona")'),
        ("from app.ddl import *", 'add_mood("persona")'),
        ("from functools import partial\nfrom app.ddl import add_mood", 'partial(add_mood, "persona")()'),
        ("from app.ddl import add_mood", 'for t in ["persona"]:\n        add_mood(t)'),
    ],
)
def test_helper_of_another_module_is_followed_however_it_is_imported(tmp_path: Path, imports: str, call: str) -> None:
    text = f"{imports}\n\n\ndef upgrade():\n    {call}\n"
    found = migration(tmp_path, text, {"app/__init__": "", "app/ddl": HELPER})

    (added,) = operations(found)
    assert isinstance(added, AddColumn)
    assert (added.table, added.column.name, added.column.nullable) == ("persona", "mood", False)
    assert added.at.path == "alembic/versions/a1.py"
    assert added.source in text
    assert text[: text.index(added.source)].count("\n") + 5 == added.at.line
    assert added.column.source == 'sa.Column("mood", sa.Text(), nullable=False)'
    assert found.unread == ()


def test_import_inside_the_function_is_followed_too(tmp_path: Path) -> None:
    text = "def upgrade():\n    from app.ddl import add_mood\n    add_mood('persona')\n"

    assert isinstance(operations(migration(tmp_path, text, {"app/ddl": HELPER}))[0], AddColumn)


def test_helper_beside_the_migration_is_found_by_a_relative_import(tmp_path: Path) -> None:
    files = {"alembic/versions/a1.py": HEAD + "from .shared import add_mood\ndef upgrade():\n    add_mood('t')\n"}
    found = read(tree(tmp_path, {**files, "alembic/versions/__init__.py": "", "alembic/versions/shared.py": HELPER}))

    assert isinstance(operations(found)[0], AddColumn)


def test_relative_imports_between_helpers_and_names_handed_on_are_followed(tmp_path: Path) -> None:
    text = "from app.db import add_mood, TABLE\ndef upgrade():\n    add_mood(TABLE)\n"
    found = migration(
        tmp_path,
        text,
        {
            "app/db/__init__": "from .ddl import add_mood\nfrom ..names import TABLE\n",
            "app/db/ddl": HELPER,
            "app/names": 'PREFIX = "per"\nTABLE = PREFIX + "sona"\n',
        },
    )

    (added,) = operations(found)
    assert isinstance(added, AddColumn)
    assert added.table == "persona"


def test_op_that_is_handed_over_works_as_in_the_file(tmp_path: Path) -> None:
    text = "import app.tools as t\ndef upgrade():\n    t.Tools(op).drop('persona')\n    t.drop(op, 'node')\n"
    tools = (
        "def drop(alembic_op, table):\n    alembic_op.drop_table(table)\n"
        "class Tools:\n"
        "    def __init__(self, op):\n        self.op = op\n"
        "    def drop(self, table):\n        drop(self.op, table)\n"
    )
    found = migration(tmp_path, text, {"app/tools": tools})

    assert [(type(each), each.table, each.at.line) for each in operations(found)] == [  # type: ignore[attr-defined]
        (DropTable, "persona", 7),
        (DropTable, "node", 8),
    ]


def test_decorator_of_another_module_decides_where_the_function_runs(tmp_path: Path) -> None:
    text = "from app.only import on_postgresql\n@on_postgresql\ndef upgrade():\n    op.drop_table('t')\n"
    only = (
        "import functools\nfrom alembic import op\n"
        "def on_postgresql(function):\n"
        "    @functools.wraps(function)\n"
        "    def wrapper(*args, **kwargs):\n"
        "        if op.get_bind().dialect.name == 'postgresql':\n            return function(*args, **kwargs)\n"
        "    return wrapper\n"
    )
    (dropped,) = operations(migration(tmp_path, text, {"app/only": only}))

    assert dropped.dialects == frozenset({"postgresql"})
    assert dropped.at.line == 8


def test_context_manager_of_another_module_runs_around_its_block(tmp_path: Path) -> None:
    text = "from app.around import without_index\ndef upgrade():\n    with without_index('ix'):\n        op.drop_table('t')\n"
    around = (
        "import contextlib\nfrom alembic import op\n@contextlib.contextmanager\n"
        "def without_index(name):\n    op.drop_index(name)\n    yield\n"
    )
    found = migration(tmp_path, text, {"app/around": around})

    assert [type(each).__name__ for each in operations(found)] == ["DropIndex", "DropTable"]


def test_condition_that_a_helper_answers_is_understood(tmp_path: Path) -> None:
    text = (
        "from app.ask import is_sqlite, has_table\ndef upgrade():\n"
        "    if is_sqlite(op.get_bind()):\n        op.drop_table('a')\n"
        "    if not has_table('b'):\n        op.create_table('b')\n"
    )
    ask = (
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "def is_sqlite(bind):\n    return bind.dialect.name == 'sqlite'\n"
        "def has_table(name):\n    return name in sa.inspect(op.get_bind()).get_table_names()\n"
    )
    dropped, made = operations(migration(tmp_path, text, {"app/ask": ask}))

    assert (dropped.dialects, dropped.conditional, dropped.inspected) == (frozenset({"sqlite"}), False, False)
    assert (made.conditional, made.inspected) == (True, True)


def test_constants_enums_and_models_of_other_modules_are_known(tmp_path: Path) -> None:
    text = (
        "from app.models import Status, Persona, TABLES\ndef upgrade():\n"
        "    sa.Enum(Status, name='status').create(op.get_bind())\n"
        "    op.get_bind().execute(sa.update(Persona).values(mood='calm'))\n"
        "    for table in TABLES:\n        op.create_index(f'ix_{table}', table, ['id'])\n"
    )
    models = (
        "import enum\nfrom sqlalchemy.orm import declarative_base\nfrom sqlalchemy import Column, Text\n"
        "Base = declarative_base()\n"
        "class Status(str, enum.Enum):\n    open = 'open'\n    done = 'done'\n"
        "class Persona(Base):\n    __tablename__ = 'persona'\n    mood = Column(Text)\n"
        "TABLES = ['persona']\nTABLES.append('node')\n"
    )
    found = migration(tmp_path, text, {"app/models": models})
    enum, written, first, second = operations(found)

    assert isinstance(enum, CreateType)
    assert enum.enum is not None
    assert enum.enum.labels == ("open", "done")
    assert isinstance(written, WriteRows)
    assert written.table == "persona"
    assert isinstance(first, CreateIndex)
    assert isinstance(second, CreateIndex)
    assert (first.table, second.table) == ("persona", "node")
    assert found.unread == ()


def test_what_one_migration_adds_to_a_list_of_another_module_is_not_there_for_the_next(tmp_path: Path) -> None:
    text = "from app.names import TABLES\ndef upgrade():\n    TABLES.append('x')\n    for t in TABLES:\n        op.drop_table(t)\n"
    root = tree(
        tmp_path,
        {
            "alembic/versions/a1.py": HEAD + text,
            "alembic/versions/b2.py": HEAD.replace("a1", "b2").replace("None", '"a1"') + text,
            "app/names.py": "TABLES = ['a']\n",
        },
    )

    assert len(operations(read(root))) == len(operations(read(root, "alembic/versions/b2.py"))) == 2


def test_ids_and_labels_from_other_modules_make_the_graph_right(tmp_path: Path) -> None:
    labels = "EXPAND, CONTRACT = 'expand', 'contract'\nFIRST = 'a1'\n"
    top = "from app.db import labels\nfrom app.db.labels import FIRST\n"
    root = tree(
        tmp_path,
        {
            "app/db/labels.py": labels,
            "alembic/versions/a1.py": "from app.db import labels\nrevision = labels.FIRST\ndown_revision = None\n",
            "alembic/versions/b.py": f"{top}revision = 'b'\ndown_revision = FIRST\nbranch_labels = (labels.EXPAND,)\n",
            "alembic/versions/c.py": f"{top}revision = 'c'\ndown_revision = FIRST\nbranch_labels = (labels.CONTRACT,)\n",
        },
    )
    (project,) = projects(root)
    one = history(project.place, Sources(root).working_tree(project))

    assert [head.revision for head in one.heads] == ["b", "c"]
    assert one.labels == {"b": frozenset({"expand"}), "c": frozenset({"contract"})}
    assert all(each.unread == () for each in one.migrations)


def test_downgrade_that_a_helper_refuses_raises(tmp_path: Path) -> None:
    text = (
        "from app.policy import irreversible\ndef upgrade(): pass\ndef downgrade():\n    irreversible('no way back')\n"
    )
    policy = "def irreversible(why):\n    raise RuntimeError(why)\n"
    found = migration(tmp_path, text, {"app/policy": policy})

    assert found.downgrade is not None
    assert (found.downgrade.does, found.downgrade.operations) == ("raises", ())


def test_functions_that_stand_in_another_module_are_read_there(tmp_path: Path) -> None:
    text = "from app.both import upgrade, downgrade\n"
    both = (
        "from alembic import op\ndef upgrade():\n    op.create_table('t')\ndef downgrade():\n    op.drop_table('t')\n"
    )
    found = migration(tmp_path, text, {"app/both": both})

    assert isinstance(operations(found)[0], CreateTable)
    assert operations(found)[0].at.line == 5
    assert found.downgrade is not None
    assert isinstance(found.downgrade.operations[0], DropTable)


# What is not followed


def test_application_code_is_an_opaque_call_and_a_use(tmp_path: Path) -> None:
    text = "from app.service import notify\ndef upgrade():\n    notify('all')\n"
    service = "from app.mail import Mailer\ndef notify(who):\n    Mailer().send(who)\n"
    found = migration(tmp_path, text, {"app/service": service})

    (call,) = operations(found)
    assert isinstance(call, OtherCall)
    assert call.name == "app.service.notify"
    assert [each.why for each in found.unread] == ["a helper from another module: app.service.notify"]
    assert found.upgrade is not None
    assert [(use.kind, use.name) for use in found.upgrade.uses] == [("application", "app.service.notify")]


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("import enum\nclass Mood(enum.Enum):\n    CALM = 1\n", []),
        ("class Mood(str, Enum):\n    CALM = 'calm'\n", ["app.models.Mood"]),  # nobody can say what Enum is here
        ("from enum import Enum\nclass Mood(str, Enum):\n    CALM = 'calm'\n", []),
        ("from sqlalchemy.types import TypeDecorator\nclass Mood(TypeDecorator):\n    CALM = 1\n", []),
        ("from .db import Base\nclass Mood(Base):\n    CALM = 1\n", ["app.models.Mood"]),
        ("class Mood:\n    __tablename__ = 'mood'\n    CALM = 1\n", ["app.models.Mood"]),
    ],
)
def test_a_class_of_the_application_that_stands_for_no_table_is_no_dependency(
    source: str, used: list[str], tmp_path: Path
) -> None:
    body = "from app.models import Mood\ndef upgrade():\n    op.execute(f'UPDATE t SET c = {Mood.CALM.value}')\n"
    tree(tmp_path, {"app/__init__.py": "", "app/models.py": source, "alembic/versions/a1.py": HEAD + body})

    found = read(tmp_path).upgrade

    assert found is not None
    assert [use.name.removesuffix(".CALM.value") for use in found.uses] == used


def test_switch_of_the_application_decides_nothing(tmp_path: Path) -> None:
    text = "from app.flags import ON, on\ndef upgrade():\n    if ON:\n        op.drop_table('a')\n    if on():\n        op.drop_table('b')\n"
    found = migration(tmp_path, text, {"app/flags": "ON = False\ndef on():\n    return False\n"})

    assert [(each.table, each.conditional) for each in operations(found)] == [("a", True), ("b", True)]  # type: ignore[attr-defined]


def test_library_is_never_read(tmp_path: Path) -> None:
    text = "from ddl_tools import drop\ndef upgrade():\n    drop(op, 't')\n"
    body = "def drop(op, t):\n    op.drop_table(t)\n"
    found = migration(tmp_path, text, {"venv/lib/site-packages/ddl_tools": body})

    assert [type(each) for each in operations(found)] == [OtherCall]


def test_helper_without_end_is_left(tmp_path: Path) -> None:
    text = "from app.ddl import forever\ndef upgrade():\n    forever(op)\n    op.drop_table('t')\n"
    forever = "def forever(op):\n" + "".join(f"    for i{n} in range(100):\n{'    ' * n}" for n in range(1, 2))
    forever += "        for j in range(1000):\n            x = i1 + j\n"
    found = migration(tmp_path, text, {"app/ddl": forever})

    assert [type(each) for each in operations(found)] == [OtherCall, DropTable]


@pytest.mark.parametrize(
    "module",
    [
        "from app.ddl import add_mood\n",
        "from app.ddl import *\n",
        "from . import ddl\nadd_mood = ddl.add_mood\n",
        "add_mood = add_mood\n",
        "def add_mood(t):\n    add_mood(t)\n",
        "def add_mood(:\n",
        "\0",
        "class add_mood(add_mood): pass\n",
        "add_mood = [add_mood] * 2\n",
        "x = " + "(" * 300 + ")" * 300,
    ],
)
def test_helpers_that_lead_nowhere_or_round_in_circles_do_no_harm(tmp_path: Path, module: str) -> None:
    text = "from app.ddl import add_mood\ndef upgrade():\n    add_mood('t')\n    op.drop_table('u')\n"
    found = migration(tmp_path, text, {"app/__init__": "", "app/ddl": module})

    assert found.broken is None
    assert isinstance(operations(found)[-1], DropTable)


def test_modules_outside_of_the_root_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("NAME = 'out'\n")
    text = "from ....secret import NAME\ndef upgrade():\n    op.drop_table(NAME)\n"
    found = migration(tmp_path / "project", text, {})

    (dropped,) = operations(found)
    assert isinstance(dropped, DropTable)
    assert isinstance(dropped.table, Unread)


# Where the source comes from


def test_helper_is_read_from_the_index_and_the_commit_like_the_migration(tmp_path: Path) -> None:
    text = HEAD + "from app.names import TABLE\ndef upgrade():\n    op.drop_table(TABLE)\n"
    root = tree(tmp_path, {"alembic/versions/a1.py": text, "app/names.py": "TABLE = 'committed'\n"})

    def git(*arguments: str) -> None:
        command = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        subprocess.run(command, check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    (root / "app/names.py").write_text("TABLE = 'staged'\n")
    git("add", "-A")
    (root / "app/names.py").write_text("TABLE = 'now'\n")
    repository = Repository.at(root)
    assert repository is not None
    (project,) = projects(root)
    sources = Sources(root)

    found = [
        *sources.working_tree(project),
        *sources.index(project, repository),
        *sources.commit(project, repository, resolve(repository, "HEAD")),
    ]

    assert [operations(each)[0].table for each in found] == ["now", "staged", "committed"]  # type: ignore[attr-defined]
    assert len({each.digest for each in found}) == 1
    assert sources.dependencies("alembic/versions/a1.py") == {"app/names.py"}


def test_migration_without_helpers_depends_on_no_other_file(tmp_path: Path) -> None:
    root = tree(
        tmp_path, {"alembic/versions/a1.py": HEAD + "from app.names import T\ndef upgrade():\n    op.drop_table('t')\n"}
    )
    (root / "app").mkdir()
    (root / "app/names.py").write_text("T = 1\n")
    (project,) = projects(root)
    sources = Sources(root)
    sources.working_tree(project)

    assert sources.dependencies("alembic/versions/a1.py") == frozenset()
    assert sources.dependencies("elsewhere.py") == frozenset()


def test_package_below_src_or_above_the_migrations_is_found(tmp_path: Path) -> None:
    text = "from shop.ddl import add_mood\nfrom tools import add_mood as other\ndef upgrade():\n    add_mood('a')\n    other('b')\n"
    root = tree(
        tmp_path,
        {"backend/alembic/env.py": "from alembic import context\n", "backend/alembic/versions/a1.py": HEAD + text},
    )
    (root / "alembic.ini").write_text("[alembic]\nscript_location = backend/alembic\n")
    (root / "src/shop").mkdir(parents=True)
    (root / "src/shop/ddl.py").write_text(HELPER)
    (root / "backend/tools.py").write_text(HELPER)

    assert [type(each) for each in operations(read(root, "backend/alembic/versions/a1.py"))] == [AddColumn, AddColumn]


@pytest.mark.parametrize(
    "sql",
    [
        "open(os.path.join(os.path.dirname(__file__), '..', 'sql', 'a.sql')).read()",
        "(Path(__file__).parent.parent / 'sql/a.sql').read_text()",
        "Path(__file__).parents[1].joinpath('sql', 'a.sql').open().read()",
        "sa.text((Path(__file__).resolve().parent / '../sql/a.sql').read_text(encoding='utf-8'))",
    ],
)
def test_sql_that_lies_beside_the_migration_is_read(tmp_path: Path, sql: str) -> None:
    text = f"import os\nfrom pathlib import Path\ndef upgrade():\n    op.execute({sql})\n"
    files = {"alembic/versions/a1.py": HEAD + text, "alembic/sql/a.sql": "DROP TABLE persona;\nDROP TABLE node;\n"}
    root = tree(tmp_path, files)
    (project,) = projects(root)
    sources = Sources(root)
    (found,) = sources.working_tree(project)

    assert [each.table for each in operations(found)] == ["persona", "node"]  # type: ignore[attr-defined]
    assert sources.dependencies(found.path) == {"alembic/sql/a.sql"}


def test_sql_in_an_opened_file_is_read_and_that_of_any_other_place_is_not(tmp_path: Path) -> None:
    (tmp_path / "out.sql").write_text("DROP TABLE out;")
    text = (
        "import os\nHERE = os.path.dirname(os.path.abspath(__file__))\ndef upgrade():\n"
        "    with open(f'{HERE}/a.sql') as file:\n        op.execute(file.read())\n"
        f"    op.execute(open('{tmp_path}/out.sql').read())\n    op.execute(open(f'{{HERE}}/no.sql').read())\n"
    )
    files = {"alembic/versions/a1.py": HEAD + text, "alembic/versions/a.sql": "DROP TABLE persona"}
    found = read(tree(tmp_path / "project", files))

    assert [type(each).__name__ for each in operations(found)] == ["DropTable", "OtherSql", "OtherSql"]
    assert [each.why for each in found.unread] == ["SQL made in another file", "SQL made in another file"]


def test_methods_of_a_helper_class_are_followed_whatever_their_kind(tmp_path: Path) -> None:
    tools = (
        "from alembic import op\n"
        "class Base:\n"
        "    suffix = '_new'\n"
        "    def drop(self):\n        op.drop_table(self.name)\n"
        "class Table(Base):\n"
        "    def __init__(self, name, copy=False):\n"
        "        self.plain = name\n        if copy:\n            self.plain = 'x'\n"
        "    @property\n    def name(self):\n        return self.plain + self.suffix\n"
        "    @classmethod\n    def of(cls, name):\n        return cls(name)\n"
        "    @staticmethod\n    def rename(old, new):\n        op.rename_table(old, new)\n"
    )
    text = (
        "from app.tools import Table\ndef upgrade():\n    Table('a').drop()\n    Table.of('b').drop()\n"
        "    Table.rename('c', 'd')\n    Table('e', copy=op.get_bind()).rename('f', 'g')\n"
    )
    found = operations(migration(tmp_path, text, {"app/tools": tools}))

    assert [each.table for each in found] == ["a_new", "b_new", "c", "f"]  # type: ignore[attr-defined]


def test_attribute_that_a_condition_sets_is_not_known(tmp_path: Path) -> None:
    tools = (
        "import os\nclass Naming:\n    def __init__(self):\n        self.table = 'a'\n"
        "        if os.environ.get('B'):\n            self.table = 'b'\n"
    )
    text = "from app.tools import Naming\ndef upgrade():\n    op.drop_table(Naming().table)\n"
    (dropped,) = operations(migration(tmp_path, text, {"app/tools": tools}))

    assert isinstance(dropped, DropTable)
    assert isinstance(dropped.table, Unread)


def test_names_of_columns_and_labels_of_types_are_told_to_helpers(tmp_path: Path) -> None:
    tools = (
        "from alembic import op\n"
        "def add(table, column):\n    op.add_column(table.name, column)\n    op.create_index('ix_' + column.name, table.name, [column.name])\n"
        "def grow(enum, *values):\n    for value in values:\n        if value not in enum.enums:\n"
        "            op.execute(f\"ALTER TYPE {enum.name} ADD VALUE '{value}'\")\n"
    )
    text = (
        "from app.tools import add, grow\nMOODS = sa.Enum('calm', 'glad', name='mood')\ndef upgrade():\n"
        "    add(sa.table('persona'), sa.Column('age', sa.Integer()))\n    grow(MOODS, 'glad', 'sad')\n"
    )
    found = migration(tmp_path, text, {"app/tools": tools})

    assert [type(each).__name__ for each in operations(found)] == ["AddColumn", "CreateIndex", "AddEnumValue"]
    assert found.unread == ()


def test_what_cannot_be_read_of_one_helper_is_one_line(tmp_path: Path) -> None:
    tools = (
        "import sqlalchemy as sa\nfrom alembic import op\n"
        "def rebuild(table):\n    for key in sa.inspect(op.get_bind()).get_foreign_keys(table):\n"
        "        op.drop_constraint(key['name'], table)\n        op.create_foreign_key(key['name'], table, key['to'], key['columns'], ['id'])\n"
    )
    text = "from app.tools import rebuild\ndef upgrade():\n    rebuild('t')\n"
    found = migration(tmp_path, text, {"app/tools": tools})

    assert [each.inspected for each in operations(found)] == [True, True]
    assert [each.why for each in found.unread] == ["a part of a helper from another module: app.tools.rebuild"]


def test_application_code_that_only_runs_what_can_be_read_is_no_dependency(tmp_path: Path) -> None:
    search = "def sync(connection, table):\n    connection.execute(f'DROP TRIGGER IF EXISTS {table}_tr ON {table}')\n"
    text = "from app.search import sync\ndef upgrade():\n    sync(op.get_bind(), 't')\n"
    found = migration(tmp_path, text, {"app/search": search})

    assert [type(each).__name__ for each in operations(found)] == ["DropObject"]
    assert found.upgrade is not None
    assert [use.kind for use in found.upgrade.uses] == ["plain sql", "bind"]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("def name():\n    return 't'\n", "t"),
        ("def name():\n    return None\n", None),
        ("def name():\n    raise NotImplementedError\n", "raises"),
        ("def name():\n    if True:\n        raise NotImplementedError\n", None),
        ("def name(*a):\n    return 't' if name(1) else name(2)\n", None),
    ],
)
def test_value_of_application_code_is_taken_only_where_it_is_sure(
    tmp_path: Path, service: str, expected: str | None
) -> None:
    text = "from app.service import name\ndef upgrade():\n    op.drop_table(name())\n"
    found = migration(tmp_path, text, {"app/service": service})

    assert found.upgrade is not None
    if expected == "raises":
        assert (found.upgrade.does, found.upgrade.operations) == ("raises", ())
    else:
        (dropped,) = found.upgrade.operations
        assert isinstance(dropped, DropTable)
        assert dropped.table == expected or isinstance(dropped.table, Unread) is (expected is None)
        assert [use.name for use in found.upgrade.uses] == ["app.service.name"]


def test_helper_that_does_more_than_the_reader_follows_is_cut_off_and_told(tmp_path: Path) -> None:
    tools = (
        "from alembic import op\ndef fill(op):\n    op.drop_table('a')\n    for i in range(2000):\n"
        "        for j in range(2000):\n            x = i * j\n"
    )
    text = "from app.tools import fill\ndef upgrade():\n    fill(op)\n    op.drop_table('b')\n"
    found = migration(tmp_path, text, {"app/tools": tools})

    assert [type(each) for each in operations(found)] == [DropTable, OtherCall, DropTable]
    assert [each.why for each in found.unread] == ["a helper that does more than the reader follows: app.tools.fill"]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_of_a_helper_makes_the_reader_raise(tmp_path: Path, body: str) -> None:
    text = "from app.tools import *\nfrom app import tools\ndef upgrade():\n    f(op)\n    op.drop_table(tools.g)\n    C(op).f()\n"

    assert migration(tmp_path, text, {"app/tools": f"from alembic import op\n{body}"}).broken is None
