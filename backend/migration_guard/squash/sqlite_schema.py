"""A SQLite database as the new base has to build it, from the text that SQLite keeps of each statement."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from ..live.row_sql import identifier
from ..live.sqlite.catalogue import Column as Found
from ..live.sqlite.catalogue import Master, columns, never_null, objects, parent_columns
from ..live.sqlite.tables import Constraint, TableText, table_text
from ..live.sqlite.words import tokens
from .schema import Schema, Thing, inside, pieces
from .spelling import sql_literal, sqlite_defaults, sqlite_types, text_literal
from .tables import Column, Index, Rule, Table, names_of

_REFERENCE = re.compile(
    r"(?: on delete (?P<delete>cascade|set null|set default|restrict))?"
    r"(?: on update (?P<update>cascade|set null|set default|restrict))?(?P<deferred> deferrable initially deferred)?"
)
_NAME = re.compile(r"(?:\"([^\"]+)\"|`([^`]+)`|\[([^\]]+)\]|(\w+))(?:\s+ASC)?", re.IGNORECASE)


def schema_of(connection: Connection, version_table: str, as_sql: Collection[str]) -> Schema:
    """All that the database holds but the version table; the tables `as_sql` in SQLite's own words."""
    found = [one for one in objects(connection) if one.table != version_table]
    of = columns(connection)
    spelled = {name.lower(): name for name in of}
    indexes: dict[str, list[Master]] = {}
    for one in found:
        if one.type == "index":
            indexes.setdefault(spelled.get(one.table.lower(), one.table), []).append(one)
    tables, last = [], []
    for one in found:
        if one.type == "table":
            own = sorted(indexes.get(one.name, []), key=lambda each: each.name)
            table = None if one.name in as_sql else _table(one, of, own)
            tables.append(table or Table(one.name, sql=(one.sql, *(each.sql for each in own)), parents=_parents(one)))
        elif one.type in ("view", "trigger"):
            drop = f"DROP VIEW {identifier(one.name)}" if one.type == "view" else ""
            last.append(Thing(f"{one.type} {one.name}", (one.sql,), drop))
    return Schema(tuple(tables), last=tuple(sorted(last, key=lambda each: each.name.startswith("trigger "))))


def _parents(one: Master) -> frozenset[str]:
    return frozenset(each.parent for each in table_text(one.sql).constraints if each.kind == "foreign key")


def _table(one: Master, of: Mapping[str, list[Found]], indexes: list[Master]) -> Table | None:
    """The table in Alembic's words; None where it has no words for it."""
    text = table_text(one.sql)
    if text.virtual or text.on_null or "strict" in text.options:
        return None
    own = of[one.name]
    key = [column for column in own if column.key]
    built = [_column(column, text, key) for column in own]
    rules = _rules(one, text, of)
    if rules is None or not all(column.types for column in built):
        return None
    options = [
        *(["sqlite_autoincrement=True"] if "autoincrement" in text.options else []),
        *(["sqlite_with_rowid=False"] if "without rowid" in text.options else []),
    ]
    return Table(
        name=one.name,
        columns=tuple(built),
        rules=rules,
        indexes=tuple(_index(each, one.name) for each in indexes),
        options=tuple(options),
        parents=_parents(one),
    )


def _column(column: Found, text: TableText, key: list[Found]) -> Column:
    more: tuple[str, ...] = ()
    if column.hidden in (2, 3):
        stored = column.hidden == 3
        raw = text.generated.get(column.name, "").removesuffix(" stored").removesuffix(" virtual")
        more = (f"sa.Computed({sql_literal(raw)}, persisted={stored})",)
    return Column(
        name=column.name,
        types=sqlite_types(column.type, text.collations.get(column.name, "").upper() or None),
        defaults=sqlite_defaults(column.default) if not more else ("",),
        nullable=not never_null(column, key, text),
        more=more,
    )


def _rules(one: Master, text: TableText, of: Mapping[str, list[Found]]) -> tuple[Rule, ...] | None:
    checks = iter(_checks(one.sql))
    found: list[Rule] = []
    for constraint in text.constraints:
        if constraint.kind == "check":
            condition = next(checks, None)
            rule = None
            if condition is not None:
                rule = Rule("sa.CheckConstraint", (sql_literal(condition),), (constraint.name,), constraint.columns)
        elif constraint.kind == "foreign key":
            rule = _foreign_key(constraint, of)
        else:
            call = "sa.PrimaryKeyConstraint" if constraint.kind == "primary key" else "sa.UniqueConstraint"
            plain = constraint.text == f"({', '.join(constraint.columns).lower()})"
            arguments = tuple(map(text_literal, constraint.columns))
            rule = Rule(call, arguments, (constraint.name,), constraint.columns) if plain else None
        if rule is None:
            return None
        found.append(rule)
    return tuple(found)


def _foreign_key(constraint: Constraint, of: Mapping[str, list[Found]]) -> Rule | None:
    matched = _REFERENCE.fullmatch(constraint.text)
    parent = next((name for name in of if name.lower() == constraint.parent.lower()), constraint.parent)
    targets = parent_columns(parent, constraint.parent_columns, of)
    if matched is None or not targets:
        return None
    more = [f'on{what}="{matched[what].upper()}"' for what in ("delete", "update") if matched[what]]
    more += ["deferrable=True", 'initially="DEFERRED"'] if matched["deferred"] else []
    arguments = (
        names_of(constraint.columns),
        names_of([f"{parent}.{column}" for column in targets]),
        *more,
    )
    return Rule("sa.ForeignKeyConstraint", arguments, (constraint.name,), constraint.columns, parent)


def _checks(sql: str) -> list[str]:
    """The conditions of all checks as they are written, in order."""
    found = []
    for at in _words(sql, "check"):
        start = sql.index("(", at)
        found.append(inside(sql, start)[0].strip())
    return found


def _words(sql: str, word: str) -> list[int]:
    """Where a keyword stands outside of quotes, in the body of a CREATE TABLE."""
    blanked = re.sub(
        r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*", lambda each: " " * len(each[0]), sql
    )
    return [each.end() for each in re.finditer(rf"\b{word}\b(?=\s*\()", blanked, re.IGNORECASE)]


def _index(one: Master, table: str) -> Index:
    blanked = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]", lambda each: "x" * len(each[0]), one.sql)
    on = re.search(r"\bON\b", blanked, re.IGNORECASE)
    if on is None:
        return Index(one.name, table, (), sql=one.sql)
    text, end = inside(one.sql, one.sql.index("(", on.end()))
    rest = one.sql[end:].strip().rstrip(";")
    where = re.match(r"WHERE\s+(.*)", rest, re.IGNORECASE | re.DOTALL)
    if rest and not where:
        return Index(one.name, table, (), sql=one.sql)
    parts = []
    for piece in pieces(text):
        named = _NAME.fullmatch(piece)
        plain = next(filter(None, named.groups()), "") if named else ""
        parts.append(text_literal(plain) if plain else f"sa.text({sql_literal(piece)})")
    more = (f"sqlite_where=sa.text({sql_literal(where[1])})",) if where else ()
    unique = any(word.lower == "unique" for word in tokens(one.sql)[:3])
    return Index(one.name, table, tuple(parts), unique, more)
