"""CREATE, ALTER and DROP of what is no table: indexes, types, views, functions and the like."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import (
    AddEnumValue,
    CreateIndex,
    CreateObject,
    CreateType,
    DropIndex,
    DropObject,
    DropTable,
    DropType,
    EnumType,
    Operation,
    Text,
)
from .sql_cursor import Cursor, NotSql, words
from .sql_tables import Common, altered_table, created_table

_LONG_KINDS = (
    ("MATERIALIZED", "VIEW"),
    ("EVENT", "TRIGGER"),
    ("FOREIGN", "TABLE"),
)
_SHORT_KINDS = words(
    "VIEW SEQUENCE TRIGGER FUNCTION PROCEDURE AGGREGATE SCHEMA EXTENSION DOMAIN POLICY RULE STATISTICS COLLATION "
    "PUBLICATION"
)


def created(cursor: Cursor, common: Common) -> Iterator[Operation]:
    """What a CREATE makes; nothing for kinds that no fact knows, such as a role."""
    replaces = cursor.take("OR", "REPLACE")
    cursor.take_any("GLOBAL", "LOCAL")
    temporary = cursor.take_any("TEMP", "TEMPORARY") != ""
    cursor.take_any("UNLOGGED", "VIRTUAL", "RECURSIVE", "CONSTRAINT", "TRUSTED")
    if cursor.take("TABLE"):
        yield from created_table(cursor, common, temporary=temporary)
    elif cursor.take("UNIQUE", "INDEX"):
        yield _created_index(cursor, common, unique=True)
    elif cursor.take("INDEX"):
        yield _created_index(cursor, common, unique=False)
    elif cursor.take("TYPE"):
        yield _created_type(cursor, common)
    elif (kind := _kind(cursor)) and not temporary:
        cursor.take("IF", "NOT", "EXISTS")
        yield CreateObject(**common, kind=kind, name=cursor.qualified()[1], replaces=replaces)


def dropped(cursor: Cursor, common: Common) -> Iterator[Operation]:
    """What a DROP removes, one operation for each name."""
    if cursor.take("TABLE"):
        cursor.take("IF", "EXISTS")
        names = list(cursor.names())
        cascade = cursor.take("CASCADE")
        for schema, name in names:
            yield DropTable(**common, table=name, schema=schema, cascade=cascade)
    elif cursor.take("INDEX"):
        concurrently = cursor.take("CONCURRENTLY")
        cursor.take("IF", "EXISTS")
        for schema, name in cursor.names():
            yield DropIndex(**common, name=name, schema=schema, concurrently=concurrently)
    elif cursor.take("TYPE"):
        cursor.take("IF", "EXISTS")
        for _, name in cursor.names():
            yield DropType(**common, name=name)
    elif kind := _kind(cursor):
        cursor.take("IF", "EXISTS")
        for _, name in cursor.names():
            yield DropObject(**common, kind=kind, name=name)


def altered(cursor: Cursor, common: Common) -> Iterator[Operation]:
    """What an ALTER changes; nothing where no fact holds it, such as a new owner of a view."""
    if cursor.take("TABLE"):
        yield from altered_table(cursor, common)
    elif cursor.take("TYPE"):
        _, name = cursor.qualified()
        if cursor.take("ADD", "VALUE"):
            cursor.take("IF", "NOT", "EXISTS")
            yield AddEnumValue(**common, type=name, value=cursor.string())


def _kind(cursor: Cursor) -> str:
    """What kind of object is named next, stepped over; "" for kinds that no fact knows."""
    long = next((" ".join(kind) for kind in _LONG_KINDS if cursor.take(*kind)), "")
    return (long or cursor.take_any(*_SHORT_KINDS)).lower()


def _created_index(cursor: Cursor, common: Common, *, unique: bool) -> CreateIndex:
    concurrently = cursor.take("CONCURRENTLY")
    cursor.take("IF", "NOT", "EXISTS")
    name = None if cursor.word == "ON" else cursor.qualified()[1]
    cursor.need("ON")
    cursor.take("ONLY")
    schema, table = cursor.qualified()
    if cursor.take("USING"):
        cursor.name()
    columns = tuple(_indexed(part) for part in cursor.group().parts())
    return CreateIndex(
        **common, name=name, table=table, schema=schema, columns=columns, unique=unique, concurrently=concurrently
    )


def _indexed(part: Cursor) -> Text:
    """The column that a part of an index names, or its expression."""
    expression = part.up_to({"COLLATE", "ASC", "DESC", "NULLS"})
    column = expression.copy()
    try:
        name = column.name()
    except NotSql:
        return expression.text("an expression")
    operator_class = column.word.isidentifier()
    return name if column.ended or operator_class else expression.text("an expression")


def _created_type(cursor: Cursor, common: Common) -> CreateType:
    _, name = cursor.qualified()
    if not cursor.take("AS", "ENUM"):
        return CreateType(**common, name=name)
    labels = tuple(part.string() for part in cursor.group().parts())
    return CreateType(**common, name=name, enum=EnumType(name, labels))
