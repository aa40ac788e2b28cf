"""Revisions made up from nothing by Hypothesis: any calls, any arguments, any SQL, in any order."""

from __future__ import annotations

from hypothesis import strategies as st

from .damaging import NUMBERS, SQL

CALLS = [
    "add_column",
    "alter_column",
    "drop_column",
    "create_table",
    "drop_table",
    "rename_table",
    "create_index",
    "drop_index",
    "create_unique_constraint",
    "create_check_constraint",
    "create_foreign_key",
    "create_primary_key",
    "create_exclude_constraint",
    "drop_constraint",
    "execute",
    "bulk_insert",
    "batch_alter_table",
    "get_bind",
    "get_context",
    "invoke",
    "f",
    "inline_literal",
    "create_table_comment",
    "run_async",
]
KEYWORDS = [
    "nullable",
    "server_default",
    "type_",
    "existing_type",
    "existing_nullable",
    "new_column_name",
    "unique",
    "index",
    "schema",
    "postgresql_concurrently",
    "if_not_exists",
    "if_exists",
    "primary_key",
    "name",
    "source_schema",
    "referent_schema",
    "ondelete",
    "postgresql_using",
    "postgresql_where",
    "table_name",
    "postgresql_not_valid",
    "recreate",
    "naming_convention",
    "autoincrement",
    "comment",
    "default",
]
NAMES = st.sampled_from(
    ["persona", "mood", "Wîde", "a.b", "", " ", "x" * 70, '"', "'", "alembic_version", "%s", "{0}", "\x00"]
)
WORDS = st.lists(st.sampled_from(SQL), max_size=14).map(" ".join)
TEXTS = st.one_of(NAMES, WORDS, st.text(max_size=12)).map(repr)
LEAVES = st.one_of(
    TEXTS, st.sampled_from([*NUMBERS, "None", "True", "x", "op", "sa", "b''", "...", "TABLE", "sa.Integer"])
)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, max_size=4).map(", ".join)
    types = st.sampled_from(
        ["Integer", "String", "Enum", "Numeric", "Identity", "Computed", "text", "ARRAY", "DateTime", "Unknown"]
    )
    parts = st.sampled_from(
        ["Column", "ForeignKey", "UniqueConstraint", "CheckConstraint", "PrimaryKeyConstraint", "Index", "table"]
    )
    pairs = st.lists(
        st.tuples(st.sampled_from(KEYWORDS), inner).map("=".join), max_size=3, unique_by=lambda pair: pair.split("=")[0]
    )
    called = st.tuples(st.one_of(types, parts), several, pairs)
    return st.one_of(
        called.map(lambda made: f"sa.{made[0]}({', '.join(filter(None, [made[1], *made[2]]))})"),
        several.map(lambda made: f"[{made}]"),
        several.map(lambda made: f"({made},)" if made else "()"),
        several.map(lambda made: f"sa.Column(*[{made}], **x)"),
        inner.map(lambda made: f"(lambda: {made})()"),
        inner.map(lambda made: f"f'{{{made}}}'" if not set(made) & set("'\\\"\x00\n{}") else made),
        st.tuples(inner, st.sampled_from([" + ", " % ", " or ", " if ", " == "]), inner).map(
            lambda made: f"({made[0]}{made[1]}{made[2]}{' else 0' if made[1] == ' if ' else ''})"
        ),
        inner.map(lambda made: f"[{made} for x in {made}]"),
        st.tuples(
            inner, st.sampled_from(["name", "dialect.name", "format(x)", "columns[0]", "__class__", "join(x)"])
        ).map(lambda made: f"({made[0]}).{made[1]}"),
    )


VALUES = st.recursive(LEAVES, _nested, max_leaves=8)
ARGUMENTS = st.tuples(
    st.lists(VALUES, max_size=4),
    st.lists(
        st.tuples(st.sampled_from(KEYWORDS), VALUES).map("=".join),
        max_size=3,
        unique_by=lambda pair: pair.split("=")[0],
    ),
).map(lambda given: ", ".join([*given[0], *given[1]]))
CALLED = st.tuples(
    st.sampled_from(["op", "op", "op", "batch_op", "conn", "self.op"]), st.sampled_from(CALLS), ARGUMENTS
).map(lambda made: f"{made[0]}.{made[1]}({made[2]})")
EXECUTED = WORDS.map(lambda words: f"op.execute({words!r})")
HEADS = st.sampled_from(
    [
        "if op.get_bind().dialect.name == 'postgresql':",
        "for x in ('a', 'b'):",
        "with op.batch_alter_table('persona') as batch_op:",
        "with op.get_context().autocommit_block():",
        "def f(op=op, *a, **k):",
        "try:",
        "while x:",
        "class f:",
    ]
)
STATEMENTS = st.one_of(
    CALLED,
    EXECUTED,
    CALLED.map(lambda made: f"x = {made}"),
    st.sampled_from(["f()", "return", "upgrade()", "x: int", "pass"]),
)


def _block(made: tuple[str, list[str]]) -> str:
    head, body = made
    lines = [f"    {line}" for each in body for line in each.split("\n")]
    after = ["except Exception:", "    pass"] if head == "try:" else []
    return "\n".join([head, *lines, *after])


BODIES = st.recursive(
    STATEMENTS, lambda inner: st.tuples(HEADS, st.lists(inner, min_size=1, max_size=3)).map(_block), max_leaves=6
)
FUNCTIONS = st.lists(BODIES, min_size=1, max_size=5)
HEADERS = st.sampled_from(
    [
        'revision = "b1b1"\ndown_revision = "a1a1"\n',
        'revision: str = "b1b1"\ndown_revision: str | None = None\ndepends_on = ("a1a1", x)\n',
        'revision = f"{__name__}"\ndown_revision = ("a1a1", "b1b1")\nbranch_labels = {"x"}\n',
        'revision = down_revision = "b1b1"\n',
        'class revision: pass\ndown_revision = ["a1a1"]\n',
    ]
)


def _revision(made: tuple[str, list[str], list[str]]) -> str:
    header, up, down = made
    text = f'"""made up"""\nfrom alembic import op\nimport sqlalchemy as sa\n{header}\nTABLE = "persona"\n'
    for name, bodies in (("upgrade", up), ("downgrade", down)):
        lines = "\n".join(f"    {line}" for body in bodies for line in body.split("\n"))
        text += f"\ndef {name}():\n{lines}\n"
    return text


REVISIONS = st.tuples(HEADERS, FUNCTIONS, FUNCTIONS).map(_revision)
