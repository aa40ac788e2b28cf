"""Constraints, indexes and identities of PostgreSQL, as its catalogue shows them, in the words of Alembic."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..live.row_sql import identifier
from .dumping import unqualified
from .schema import inside, pieces
from .spelling import sql_literal, text_literal
from .tables import Index, Rule, names_of

FOREIGN_KEY = re.compile(
    r"FOREIGN KEY \((?P<own>.*?)\) REFERENCES (?P<parent>(?:\"(?:[^\"]|\"\")+\"|[\w$.])+)\((?P<columns>.*?)\)"
    r"(?: ON UPDATE (?P<update>CASCADE|SET NULL|SET DEFAULT|RESTRICT))?"
    r"(?: ON DELETE (?P<delete>CASCADE|SET NULL|SET DEFAULT|RESTRICT))?"
    r"(?P<deferrable> DEFERRABLE)?(?P<deferred> INITIALLY DEFERRED)?"
)
_METHODS = {
    "primary key": ("sa.PrimaryKeyConstraint", "PRIMARY KEY"),
    "unique": ("sa.UniqueConstraint", "UNIQUE"),
}


def enum_type(name: str) -> str:
    """The type of a column, for an enum that a statement of its own makes."""
    schema, _, plain = bare(name).rpartition(".")
    of = f", schema={text_literal(schema)}" if schema else ""
    return f"postgresql.ENUM(name={text_literal(plain)}{of}, create_type=False)"


def bare(name: str) -> str:
    """A name without quotes."""
    return name.replace('"', "")


def quoted(name: str) -> str:
    """A name for SQL, in quotes where it needs them."""
    return ".".join(
        identifier(part) if not re.fullmatch(r"[a-z_][a-z0-9_]*", part) else part for part in name.split(".")
    )


def local(sql: str | None) -> str | None:
    """SQL without the usual schema, also in names that stand in quotes."""
    return None if sql is None else re.sub(r"'public\.", "'", unqualified(sql))


def identity(text: str) -> str:
    """`sa.Identity` for what a snapshot says of a column."""
    kind, _, options = text.partition(" (")
    given = ["always=True" if kind == "always" else "always=False"]
    words = options.rstrip(")").split()
    names = {"start": "start", "increment": "increment", "minimum": "minvalue", "maximum": "maxvalue", "cache": "cache"}
    for at, word in enumerate(words):
        if word in names:
            given.append(f"{names[word]}={words[at + 1]}")
        elif word == "cycle":
            given.append("cycle=True")
    return f"sa.Identity({', '.join(given)})"


def rule_of(kind: str, name: str, definition: str, table: str) -> Rule | None:
    """A constraint in SQLAlchemy's words; None where it has none."""
    if kind in _METHODS:
        call, words = _METHODS[kind]
        matched = re.fullmatch(
            rf"{words} \((.*?)\)(?P<deferrable> DEFERRABLE)?(?P<deferred> INITIALLY DEFERRED)?", definition
        )
        if matched is None:
            return None
        columns = _columns(matched[1])
        usual = f"{table}_pkey" if kind == "primary key" else f"{table}_{'_'.join(columns)}_key"
        return Rule(call, (*map(text_literal, columns), *_deferred(matched)), _names(name, usual), columns)
    if kind == "foreign key" and (matched := FOREIGN_KEY.fullmatch(definition)):
        columns, parent = _columns(matched["own"]), bare(matched["parent"])
        more = [f'on{what}="{matched[what]}"' for what in ("delete", "update") if matched[what]]
        targets = [f"{parent}.{column}" for column in _columns(matched["columns"])]
        arguments = (names_of(columns), names_of(targets), *more, *_deferred(matched))
        return Rule(
            "sa.ForeignKeyConstraint", arguments, _names(name, f"{table}_{'_'.join(columns)}_fkey"), columns, parent
        )
    if kind == "check" and (matched := re.fullmatch(r"CHECK \((.*)\)", definition, re.DOTALL)):
        text, end = inside(matched[1], 0) if matched[1].startswith("(") else (matched[1], len(matched[1]))
        condition = text if end == len(matched[1]) else matched[1]
        return Rule("sa.CheckConstraint", (sql_literal(local(condition) or ""),), (name,))
    return None


def _names(name: str, usual: str) -> tuple[str | None, ...]:
    return (name, None) if name == usual else (name,)


def _deferred(matched: re.Match[str]) -> tuple[str, ...]:
    if matched["deferred"]:
        return "deferrable=True", 'initially="DEFERRED"'
    return ("deferrable=True",) if matched["deferrable"] else ()


def _columns(text: str) -> tuple[str, ...]:
    return tuple(piece.strip('"').replace('""', '"') for piece in pieces(text))


def index_of(name: str, table: str, properties: Mapping[str, str]) -> Index:
    """An index in the words of Alembic, else its statement."""
    definition = properties["definition"]
    unique = properties.get("unique") == "yes"
    method, _, rest = definition.partition(" ")
    text, end = inside(rest, 0)
    left = rest[end:].strip()
    more = [] if method == "btree" else [f"postgresql_using={text_literal(method)}"]
    if left.startswith("INCLUDE ("):
        columns, end = inside(left, 8)
        more.append(f"postgresql_include={names_of(_columns(columns))}")
        left = left[end:].strip()
    if left.startswith("NULLS NOT DISTINCT"):
        more.append("postgresql_nulls_not_distinct=True")
        left = left.removeprefix("NULLS NOT DISTINCT").strip()
    if left.startswith("WHERE "):
        condition = left.removeprefix("WHERE ")
        inner, end = inside(condition, 0) if condition.startswith("(") else (condition, len(condition))
        condition = inner if end == len(condition) else condition
        more.append(f"postgresql_where=sa.text({sql_literal(local(condition) or '')})")
        left = ""
    if left or not rest.startswith("("):
        words = "CREATE UNIQUE INDEX" if unique else "CREATE INDEX"
        return Index(name, table, (), sql=f"{words} {identifier(name)} ON {quoted(table)} USING {local(definition)}")
    parts = []
    for piece in pieces(text):
        plain = piece.strip('"').replace('""', '"')
        is_name = re.fullmatch(r"[\w$]+", piece) or re.fullmatch(r'"(?:[^"]|"")+"', piece)
        parts.append(text_literal(plain) if is_name else f"sa.text({sql_literal(local(piece) or '')})")
    return Index(name, table, tuple(parts), unique, tuple(more))
