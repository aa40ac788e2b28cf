"""CREATE TABLE and ALTER TABLE as operations: columns, constraints and the actions on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TypedDict

from ..facts import (
    AddColumn,
    AlterColumn,
    Column,
    Constraint,
    ConstraintKind,
    CreateConstraint,
    CreateTable,
    Direction,
    DropColumn,
    DropConstraint,
    Operation,
    OtherSql,
    Place,
    RenameTable,
    Text,
    Unread,
)
from .sql_cursor import Cursor, NotSql, words

# What ends a type or a default: postgresql.org/docs/current/sql-createtable.html, sqlite.org/lang_createtable.html
_COLUMN_WORDS = words(
    "CONSTRAINT NOT NULL DEFAULT GENERATED PRIMARY UNIQUE REFERENCES CHECK COLLATE DEFERRABLE INITIALLY AUTOINCREMENT "
    "AS STORAGE COMPRESSION ON MATCH"
)
_CONSTRAINT_WORDS = words("CONSTRAINT UNIQUE PRIMARY FOREIGN CHECK EXCLUDE")
_AFTER_NAME = words("AS PARTITION OF USING WITH ON TABLESPACE")
_SERIALS = words("SERIAL BIGSERIAL SMALLSERIAL SERIAL2 SERIAL4 SERIAL8")
_OTHER_ACTIONS = words("VALIDATE ENABLE DISABLE SET RESET OWNER CLUSTER INHERIT NO OF NOT REPLICA ATTACH DETACH FORCE")
_NULL = re.compile(r"NULL(\s*::.*)?", re.IGNORECASE | re.DOTALL)


class Common(TypedDict):
    """What all operations of one statement share."""

    at: Place
    direction: Direction
    source: str
    by_sql: bool
    dialects: frozenset[str] | None


def created_table(cursor: Cursor, common: Common, *, temporary: bool = False) -> Iterator[Operation]:
    """The table in what follows CREATE TABLE."""
    cursor.take("IF", "NOT", "EXISTS")
    schema, table = cursor.qualified()
    columns: list[Column] = []
    constraints: list[Constraint] = []
    if cursor.word == "(":
        for element in cursor.group().parts():
            if element.word in _CONSTRAINT_WORDS:
                constraints.append(_constraint(element))
            elif element.word not in ("LIKE", "PERIOD"):
                columns.append(_column(element))
    elif cursor.word not in _AFTER_NAME:
        raise NotSql
    yield CreateTable(
        **common,
        table=table,
        schema=schema,
        columns=tuple(columns),
        constraints=tuple(constraints),
        temporary=temporary,
    )


def altered_table(cursor: Cursor, common: Common) -> Iterator[Operation]:
    """One operation for each action in what follows ALTER TABLE."""
    cursor.take("IF", "EXISTS")
    cursor.take("ONLY")
    start = cursor.copy()
    schema, table = cursor.qualified()
    head = f"ALTER TABLE {cursor.since(start)}"
    cursor.take("*")
    if cursor.ended:
        raise NotSql
    for action in cursor.parts():
        text = f"{head} {action.source}"
        if action.word in _OTHER_ACTIONS:
            yield OtherSql(**common, text=text)
        elif action.take("ADD"):
            yield _added(action, common, schema, table)
        elif action.take("DROP", "CONSTRAINT"):
            action.take("IF", "EXISTS")
            yield DropConstraint(**common, name=action.name(), table=table, schema=schema)
        elif action.take("DROP"):
            action.take("COLUMN")
            action.take("IF", "EXISTS")
            yield DropColumn(**common, table=table, name=action.name(), schema=schema)
        elif action.take("RENAME", "TO"):
            yield RenameTable(**common, table=table, new_name=action.name(), schema=schema)
        elif action.take("RENAME", "CONSTRAINT") or action.take("ALTER", "CONSTRAINT"):
            yield OtherSql(**common, text=text)
        elif action.take("RENAME"):
            action.take("COLUMN")
            name = action.name()
            action.need("TO")
            yield AlterColumn(**common, table=table, name=name, schema=schema, new_name=action.name())
        elif action.take("ALTER"):
            action.take("COLUMN")
            change = AlterColumn(**common, table=table, name=action.name(), schema=schema)
            yield _altered(action, change) or OtherSql(**common, text=text)
        else:
            raise NotSql


def _added(cursor: Cursor, common: Common, schema: Text | None, table: Text) -> Operation:
    if cursor.word in _CONSTRAINT_WORDS or (cursor.word == "NOT" and cursor.ahead(1) == "NULL"):
        not_valid = cursor.source.upper().split()[-2:] == ["NOT", "VALID"]
        found = _constraint(cursor)
        return CreateConstraint(
            **common,
            kind=found.kind,
            name=found.name,
            table=table,
            schema=schema,
            columns=found.columns,
            references=found.references,
            not_valid=not_valid,
        )
    cursor.take("COLUMN")
    cursor.take("IF", "NOT", "EXISTS")
    return AddColumn(**common, table=table, column=_column(cursor), schema=schema)


def _altered(cursor: Cursor, change: AlterColumn) -> AlterColumn | None:
    """The change of a column that ALTER COLUMN name asks for; None where it changes nothing that a fact holds."""
    if cursor.take("TYPE") or cursor.take("SET", "DATA", "TYPE"):
        return replace(change, type=_type(cursor.up_to(("USING", "COLLATE"))))
    if cursor.take("SET", "NOT", "NULL"):
        return replace(change, nullable=False)
    if cursor.take("DROP", "NOT", "NULL"):
        return replace(change, nullable=True)
    if cursor.take("SET", "DEFAULT"):
        default = _default(cursor)
        return replace(change, server_default=default, drops_default=default is None)
    if cursor.take("DROP", "DEFAULT"):
        return replace(change, drops_default=True)
    if cursor.word in ("SET", "RESET", "ADD", "DROP", "RESTART"):  # statistics, storage, identity
        return None
    raise NotSql


def _column(cursor: Cursor) -> Column:
    source = cursor.source
    name = cursor.name()
    if cursor.ended and isinstance(name, Unread):  # the placeholder may hold the whole definition
        return Column(name, cursor.unread("a type"), nullable=cursor.unread("a column"), source=source)
    serial = cursor.word in _SERIALS
    kind = cursor.up_to(_COLUMN_WORDS)
    column = Column(name, _type(kind) if not kind.ended else None, not serial, generated=serial, source=source)
    while not cursor.ended:
        column = _with_clause(column, cursor)
    return column


def _with_clause(column: Column, cursor: Cursor) -> Column:
    """The column with what the next of its clauses says, which is stepped over."""
    if cursor.take("NOT", "NULL"):
        column = replace(column, nullable=False)
    elif cursor.take("DEFAULT"):
        return replace(column, server_default=_default(cursor))
    elif cursor.take("PRIMARY", "KEY"):
        column = replace(column, primary_key=True, nullable=False)
    elif cursor.take("UNIQUE"):
        column = replace(column, unique=True)
    elif cursor.take("REFERENCES"):
        _, table = cursor.qualified()
        target = cursor.group().text("a name") if cursor.word == "(" else None
        return replace(column, references=_referenced(table, target))
    elif (
        cursor.take("GENERATED", "ALWAYS", "AS") or cursor.take("GENERATED", "BY", "DEFAULT", "AS") or cursor.take("AS")
    ):
        identity = cursor.word == "IDENTITY"
        column = replace(column, generated=True, nullable=False if identity else column.nullable)
    elif cursor.take("ON"):  # ON DELETE SET NULL: this NULL is not the column's
        cursor.token()
        if not (cursor.take("SET", "NULL") or cursor.take("SET", "DEFAULT") or cursor.take("NO", "ACTION")):
            cursor.token()
    else:
        cursor.token()
    cursor.up_to(_COLUMN_WORDS)
    return column


def _constraint(cursor: Cursor) -> Constraint:
    """A constraint as CREATE TABLE and ADD define it."""
    name = cursor.name() if cursor.take("CONSTRAINT") else None
    if cursor.take("FOREIGN", "KEY"):
        columns = _columns(cursor)
        cursor.need("REFERENCES")
        return Constraint("foreign key", name, columns, cursor.qualified()[1])
    if cursor.take("NOT", "NULL"):
        return Constraint("not null", name, (cursor.name(),))
    if cursor.take("CHECK"):
        return Constraint("check", name)
    if cursor.take("EXCLUDE"):
        return Constraint("exclude", name)
    kind: ConstraintKind = "unique"
    if cursor.take("PRIMARY", "KEY"):
        kind = "primary key"
    else:
        cursor.need("UNIQUE")
    cursor.take("NULLS", "NOT", "DISTINCT") or cursor.take("NULLS", "DISTINCT")
    return Constraint(kind, name, () if cursor.take("USING", "INDEX") else _columns(cursor))


def _columns(cursor: Cursor) -> tuple[Text, ...]:
    return tuple(part.name() for part in cursor.group().parts())


def _type(cursor: Cursor) -> Text:
    if cursor.ended:
        raise NotSql
    return cursor.text("a type")


def _default(cursor: Cursor) -> Text | None:
    """The default that stands here, stepped over; None for NULL, which is to have none."""
    found = cursor.up_to(_COLUMN_WORDS, at_least=1).text("a default")
    if found == "":
        raise NotSql
    return None if isinstance(found, str) and _NULL.fullmatch(found) else found


def _referenced(table: Text, column: Text | None) -> Text:
    if isinstance(table, Unread) or column is None:
        return table
    return column if isinstance(column, Unread) else f"{table}.{column}"
