"""INSERT, UPDATE, DELETE and TRUNCATE as operations, also where a WITH holds them."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import CreateTable, Flag, Operation, Text, Unread, WriteRows
from .sql_cursor import Cursor, NotSql, words
from .sql_tables import Common

_QUERY = words("SELECT VALUES WITH TABLE")
_CLAUSES = words("FROM USING WHERE RETURNING ORDER LIMIT")
_ALWAYS = frozenset({"TRUE", "1=1"})
_DEEPEST = 20


def written_rows(cursor: Cursor, common: Common, *, depth: int = 0) -> Iterator[Operation]:
    """The rows that a statement writes, those of its WITH first; nothing where it only reads."""
    if cursor.take("WITH"):
        yield from _with_queries(cursor, common, depth)
    verb = cursor.take_any("INSERT", "REPLACE", "UPDATE", "DELETE", "TRUNCATE", "SELECT")
    if verb in ("INSERT", "REPLACE"):
        yield _inserted(cursor, common)
    elif verb == "UPDATE":
        yield _updated(cursor, common)
    elif verb == "DELETE":
        yield _deleted(cursor, common)
    elif verb == "TRUNCATE":
        cursor.take("TABLE")
        cursor.take("ONLY")
        for _, table in cursor.names():
            yield WriteRows(**common, kind="delete", table=table)
    elif verb == "SELECT":
        cursor.up_to({"INTO", "FROM"})
        if cursor.take("INTO"):
            temporary = cursor.take_any("TEMP", "TEMPORARY") != ""
            cursor.take_any("UNLOGGED", "TABLE")
            schema, table = cursor.qualified()
            yield CreateTable(**common, table=table, schema=schema, temporary=temporary)


def _with_queries(cursor: Cursor, common: Common, depth: int) -> Iterator[Operation]:
    if depth > _DEEPEST:
        raise NotSql
    cursor.take("RECURSIVE")
    while True:
        cursor.name()
        if cursor.word == "(":
            cursor.step()
        cursor.need("AS")
        cursor.take("NOT")
        cursor.take("MATERIALIZED")
        yield from written_rows(cursor.group(), common, depth=depth + 1)
        if cursor.word in ("SEARCH", "CYCLE"):
            cursor.up_to(_QUERY | {"INSERT", "UPDATE", "DELETE", "MERGE"})
        if not cursor.take(","):
            return


def _inserted(cursor: Cursor, common: Common) -> WriteRows:
    if cursor.take("OR"):  # SQLite: INSERT OR IGNORE
        cursor.token()
    cursor.need("INTO")
    _, table = cursor.qualified()
    if cursor.take("AS"):
        cursor.name()
    columns: tuple[Text, ...] = ()
    if cursor.word == "(" and cursor.ahead(1) not in _QUERY:
        columns = tuple(part.name() for part in cursor.group().parts())
    return WriteRows(**common, kind="insert", table=table, columns=columns)


def _updated(cursor: Cursor, common: Common) -> WriteRows:
    if cursor.take("OR"):
        cursor.token()
    cursor.take("ONLY")
    _, table = cursor.qualified()
    cursor.take("*")
    if cursor.take("AS") or cursor.word != "SET":
        cursor.name()
    cursor.need("SET")
    columns = tuple(column for part in cursor.up_to(_CLAUSES).parts() for column in _given_a_value(part))
    added = cursor.unread("a condition") if cursor.ended and cursor.ends_with_placeholder else None
    where, where_null = _chosen(cursor)
    return WriteRows(**common, kind="update", table=table, columns=columns, where=added or where, where_null=where_null)


def _deleted(cursor: Cursor, common: Common) -> WriteRows:
    cursor.need("FROM")
    cursor.take("ONLY")
    _, table = cursor.qualified()
    cursor.take("*")
    added = cursor.up_to(_CLAUSES).text("a condition")  # an alias, or what a placeholder adds
    where, where_null = _chosen(cursor)
    return WriteRows(
        **common,
        kind="delete",
        table=table,
        where=where if isinstance(added, str) else where or added,
        where_null=where_null,
    )


def _given_a_value(assignment: Cursor) -> Iterator[Text]:
    """The columns that an assignment fills: none for `c = NULL`."""
    targets = [part.name() for part in assignment.group().parts()] if assignment.word == "(" else [assignment.name()]
    assignment.up_to(("=",))
    whole = any(isinstance(target, Unread) for target in targets)  # the placeholder may hold the whole assignment
    if whole or (assignment.take("=") and assignment.source.upper() != "NULL"):
        yield from targets


def _chosen(cursor: Cursor) -> tuple[Flag, tuple[str, ...]]:
    """Whether what follows SET or the table chooses among the rows, and the columns whose NULLs it chooses all."""
    joined = cursor.word in ("FROM", "USING")
    cursor.up_to({"WHERE", "LIMIT"})
    if not cursor.take("WHERE"):
        return joined or not cursor.ended, ()
    test = cursor.up_to({"RETURNING", "ORDER", "LIMIT"})
    if joined or (not cursor.ended and cursor.word != "RETURNING"):
        return True, ()
    return "".join(test.source.upper().split()) not in _ALWAYS, tuple(_null_tests(test))


def _null_tests(test: Cursor) -> Iterator[str]:
    """The columns of which a condition holds for every NULL: `c IS NULL`, alone or with others behind OR."""
    for term in _without_brackets(test).parts("OR"):
        term = _without_brackets(term)
        try:
            _, name = term.qualified()
        except NotSql:
            continue
        if (term.take("IS", "NULL") or term.take("ISNULL")) and term.ended and isinstance(name, str):
            yield name


def _without_brackets(cursor: Cursor) -> Cursor:
    while cursor.word == "(":
        rest = cursor.copy()
        inside = rest.group()
        if not rest.ended:
            break
        cursor = inside
    return cursor
