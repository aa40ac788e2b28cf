"""INSERT, UPDATE, DELETE and TRUNCATE as operations, also where a WITH holds them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from ..facts import CreateTable, Flag, Operation, Text, Unread, WriteRows
from .sql_common import Common, mysql
from .sql_cursor import PLACEHOLDER, Cursor
from .sql_lexer import NotSql, Token, tokens, words
from .sql_session import set_config

_QUERY = words("SELECT VALUES WITH TABLE")
_CLAUSES = words("FROM USING WHERE RETURNING ORDER LIMIT OUTPUT")
_JOINS = words("JOIN INNER LEFT RIGHT CROSS STRAIGHT_JOIN ,")  # UPDATE a JOIN b SET of MySQL
_RANGES = words("< <= > >= BETWEEN IN ANY LIMIT FETCH TOP")
_KEYS = words("ID UUID PK ROWID CTID")
_NO_COLUMNS = words(
    "AND OR NOT IS NULL IN LIKE ILIKE SIMILAR BETWEEN EXISTS ANY ALL SOME SELECT FROM WHERE TRUE FALSE CASE WHEN THEN "
    "ELSE END DISTINCT AS ON USING JOIN INNER LEFT RIGHT OUTER CROSS FULL GROUP BY HAVING ORDER ASC DESC LIMIT OFFSET "
    "UNION EXCEPT INTERSECT VALUES WITH COLLATE ESCAPE INTERVAL CURRENT_DATE CURRENT_TIMESTAMP ISNULL NOTNULL ARRAY "
    "CAST TO FOR UPDATE SKIP LOCKED OF OVER PARTITION AT TIME ZONE UNKNOWN"
)
_BEFORE_NO_COLUMN = words("FROM JOIN :: AS COLLATE INTERVAL")
_ALWAYS = frozenset({"TRUE", "1=1"})
_DEEPEST = 20


def written_rows(cursor: Cursor, common: Common, *, depth: int = 0) -> Iterator[Operation]:
    """The rows that a statement writes, those of its WITH first; nothing where it only reads."""
    if cursor.take("WITH"):
        yield from _with_queries(cursor, common, depth)
    verb = cursor.take_any("INSERT", "REPLACE", "UPDATE", "DELETE", "TRUNCATE", "SELECT", "MERGE")
    if verb in ("INSERT", "REPLACE"):
        yield _inserted(cursor, common, replaces=verb == "REPLACE")
    elif verb == "UPDATE":
        yield _updated(cursor, common)
    elif verb == "DELETE":
        yield _deleted(cursor, common)
    elif verb == "TRUNCATE":
        yield from _truncated(cursor, common)
    elif verb == "SELECT":
        yield from _selected(cursor, common)


def _truncated(cursor: Cursor, common: Common) -> Iterator[Operation]:
    cascade = any(token.word == "CASCADE" for token in cursor.rest)
    cursor.take("TABLE")
    cursor.take("ONLY")
    for schema, table in cursor.names():
        yield WriteRows(**common, kind="delete", table=table, schema=schema, truncates=True, cascade=cascade)


def _selected(cursor: Cursor, common: Common) -> Iterator[Operation]:
    if cursor.word == "SET_CONFIG" or (cursor.word == "PG_CATALOG" and cursor.take("PG_CATALOG", ".")):
        yield from set_config(cursor, common) if cursor.word == "SET_CONFIG" else ()
        return
    cursor.up_to({"INTO", "FROM"})
    if cursor.take("INTO"):
        temporary = cursor.take_any("TEMP", "TEMPORARY") != ""
        cursor.take_any("UNLOGGED", "TABLE")
        schema, table = cursor.qualified()
        yield CreateTable(**common, table=table, schema=schema, whole=False, temporary=temporary)


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


def _inserted(cursor: Cursor, common: Common, *, replaces: bool) -> WriteRows:
    if cursor.take("OR"):  # SQLite: INSERT OR IGNORE
        replaces = cursor.token().word in ("IGNORE", "REPLACE") or replaces
    replaces = cursor.take_any("IGNORE") != "" or replaces
    cursor.need("INTO")
    schema, table = cursor.qualified()
    if cursor.take("AS"):
        cursor.name()
    columns: tuple[Text, ...] = ()
    if cursor.word == "(" and cursor.ahead(1) not in _QUERY:
        columns = tuple(part.name() for part in cursor.group().parts())
    rest = [token.word for token in cursor.rest]
    given = cursor.copy()
    given.up_to(("VALUES", "SELECT", "WITH", "TABLE", "DEFAULT", "("))
    return WriteRows(
        **common,
        kind="insert",
        table=table,
        schema=schema,
        columns=columns,
        from_query=given.word in ("SELECT", "WITH", "TABLE", "("),
        one_row_each=given.word in ("VALUES", "DEFAULT"),
        idempotent=replaces
        or _stands(rest, "ON", "CONFLICT")
        or _stands(rest, "DUPLICATE", "KEY")
        or _stands(rest, "NOT", "EXISTS"),
    )


def _stands(words: list[str], first: str, second: str) -> bool:
    return (first, second) in pairwise(words)


def _updated(cursor: Cursor, common: Common) -> WriteRows:
    if cursor.take("OR"):
        cursor.token()
    cursor.take("ONLY")
    cursor.take("IGNORE")
    schema, table = cursor.qualified()
    cursor.take("*")
    if cursor.take("AS") or (cursor.word not in _JOINS and cursor.word != "SET"):
        cursor.name()
    joined = cursor.word in _JOINS
    if joined:
        common = mysql(common)
        cursor.up_to(("SET",))
    cursor.need("SET")
    columns = tuple(column for part in cursor.up_to(_CLAUSES).parts() for column in _given_a_value(part))
    added = cursor.unread("a condition") if cursor.ended and cursor.ends_with_placeholder else None
    chosen = _chosen(cursor)
    return WriteRows(
        **common,
        kind="update",
        table=table,
        schema=schema,
        columns=columns,
        where=added or joined or chosen.where,
        where_null=() if joined else chosen.null,
        where_columns=chosen.columns,
        one_row_each=chosen.one_row,
        in_batches=chosen.limited,
    )


def _deleted(cursor: Cursor, common: Common) -> WriteRows:
    if cursor.word != "FROM":  # DELETE a FROM a JOIN b of MySQL
        common = mysql(common)
        cursor.up_to(("FROM",))
    cursor.need("FROM")
    cursor.take("ONLY")
    schema, table = cursor.qualified()
    cursor.take("*")
    joined = any(token.word in _JOINS for token in cursor.copy().up_to(_CLAUSES).rest)
    added = cursor.up_to(_CLAUSES).text("a condition")  # an alias, or what a placeholder adds
    chosen = _chosen(cursor)
    where = joined or chosen.where
    return WriteRows(
        **common,
        kind="delete",
        table=table,
        schema=schema,
        where=where if isinstance(added, str) else where or added,
        where_null=() if joined else chosen.null,
        where_columns=chosen.columns,
        one_row_each=chosen.one_row,
        in_batches=chosen.limited,
    )


def _given_a_value(assignment: Cursor) -> Iterator[Text]:
    """The columns that an assignment fills: none for `c = NULL`."""
    targets = (
        [part.name() for part in assignment.group().parts()] if assignment.word == "(" else [assignment.qualified()[1]]
    )
    assignment.up_to(("=",))
    whole = any(isinstance(target, Unread) for target in targets)  # the placeholder may hold the whole assignment
    if whole or (assignment.take("=") and assignment.source.upper() != "NULL"):
        yield from targets


class Chosen(NamedTuple):
    """Which rows a WHERE clause chooses."""

    where: Flag = False
    null: tuple[str, ...] = ()  # the columns whose NULLs it chooses all
    columns: tuple[str, ...] = ()  # all that it names
    one_row: bool = False  # by a key and a value
    limited: bool = False  # by LIMIT or a range of keys


def _chosen(cursor: Cursor) -> Chosen:
    """What follows SET or the table: whether and how it chooses among the rows."""
    joined = cursor.word in ("FROM", "USING")
    limited = any(token.word in ("LIMIT", "FETCH", "TOP") for token in cursor.rest)
    cursor.up_to({"WHERE", "LIMIT"})
    if not cursor.take("WHERE"):
        return Chosen(joined or not cursor.ended, limited=limited)
    test = cursor.up_to({"RETURNING", "ORDER", "LIMIT"})
    columns = tuple(dict.fromkeys(_columns_in(test.rest)))
    ranged = any(token.word in _RANGES for token in test.rest) and any(_is_key(column) for column in columns)
    limited = limited or ranged
    if joined or (not cursor.ended and cursor.word != "RETURNING"):
        return Chosen(True, columns=columns, limited=limited)
    where = "".join(test.source.upper().split()) not in _ALWAYS
    return Chosen(where, tuple(_null_tests(test.copy())), columns, _is_one_row(test.copy()), limited)


def named_in(condition: str) -> tuple[str, ...]:
    """The columns that a condition in SQL names; none where it cannot be read."""
    try:
        return tuple(dict.fromkeys(_columns_in(tuple(tokens(condition, "postgresql")))))
    except NotSql:
        return ()


def _is_key(name: str) -> bool:
    return name.upper() in _KEYS or name.upper().endswith("_ID")


def _is_one_row(test: Cursor) -> bool:
    """Whether a condition is `id = :id`: a key with one value."""
    for term in _without_brackets(test).parts("AND"):
        try:
            _, name = term.qualified()
        except NotSql:
            continue
        key = isinstance(name, str) and name.upper() in _KEYS
        if key and term.take("=") and len(term.rest) == 1 and term.rest[0].kind in ("sign", "string", "word"):
            return True
    return False


def _columns_in(among: tuple[Token, ...]) -> Iterator[str]:
    """The names in a condition that may be columns: no keywords, functions, types or tables of columns."""
    for index, token in enumerate(among):
        before = among[index - 1].word if index else ""
        after = among[index + 1].word if index + 1 < len(among) else ""
        known = token.kind == "quoted" or (token.kind == "word" and token.word not in _NO_COLUMNS)
        if (
            known
            and PLACEHOLDER not in token.text.lower()
            and after not in ("(", ".")
            and before not in _BEFORE_NO_COLUMN
        ):
            yield token.text


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
