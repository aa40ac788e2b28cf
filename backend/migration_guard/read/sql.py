"""Raw SQL text as the same operation facts that calls become, for PostgreSQL and SQLite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ..facts import Direction, Operation, OtherSql, Place, Unread
from .sql_cursor import PLACEHOLDER, NotSql, Statement, is_sqlite, split, words
from .sql_objects import altered, created, dropped
from .sql_rows import written_rows
from .sql_tables import Common

_READERS = {"CREATE": created, "ALTER": altered, "DROP": dropped}
_WRITES = words("WITH INSERT REPLACE UPDATE DELETE TRUNCATE SELECT")
# Statements of PostgreSQL and SQLite that no fact holds: their text alone is kept.
_OTHER = words(
    "ABORT ANALYZE ATTACH BEGIN CALL CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY DEALLOCATE DECLARE DETACH DISCARD DO "
    "END EXECUTE EXPLAIN FETCH GRANT IMPORT LISTEN LOAD LOCK MERGE MOVE NOTIFY PRAGMA PREPARE REASSIGN REFRESH REINDEX "
    "RELEASE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SET SHOW START TABLE UNLISTEN VACUUM VALUES ("
)
_WORDS_SHOWN, _CHARACTERS_SHOWN = 6, 60


def statements(sql: str, *, at: Place, direction: Direction, dialects: frozenset[str] | None = None) -> list[Operation]:
    """One operation for each statement of a script, or for each action of an ALTER TABLE, in order.

    What no fact holds becomes OtherSql with its text, what cannot be parsed OtherSql with an Unread; nothing raises.
    Names come without quotes, those written without quotes in lower case as PostgreSQL folds them. An identifier
    `__unread__` stands for a part made at run time and becomes Unread. Each `source` is the statement's own text.
    """
    sqlite = is_sqlite(sql, dialects)
    try:
        found = list(split(sql, at=at, sqlite=sqlite))
    except NotSql:
        common = Common(at=at, direction=direction, source=sql.strip(), by_sql=True, dialects=dialects)
        return [OtherSql(**common, text=_unread(at, sql))]
    return [operation for statement in found for operation in _operations(statement, direction, dialects)]


def _operations(statement: Statement, direction: Direction, dialects: frozenset[str] | None) -> list[Operation]:
    common = Common(at=statement.at, direction=direction, source=statement.source, by_sql=True, dialects=dialects)
    try:
        return list(_read(statement, common)) or [OtherSql(**common, text=statement.source)]
    except NotSql:
        return [OtherSql(**common, text=_unread(statement.at, statement.source))]


def _read(statement: Statement, common: Common) -> Iterator[Operation]:
    cursor = statement.cursor()
    word = cursor.word
    if word in _WRITES:
        yield from written_rows(cursor, common)
    elif word in _READERS and not cursor.placeholder_next:
        cursor.take(word)
        yield from _READERS[word](cursor, common)
    elif word not in _OTHER:
        raise NotSql
    if not statement.balanced:
        raise NotSql


def _unread(at: Place, sql: str) -> Unread:
    first = " ".join(word.group() for word in islice(re.finditer(r"\S+", sql), _WORDS_SHOWN + 1))
    shown = " ".join(first.split()[:_WORDS_SHOWN])[:_CHARACTERS_SHOWN]
    shown += " ..." if shown != first else ""
    if PLACEHOLDER in sql:
        return Unread(at, f"SQL that is made in part at run time: {shown.replace(PLACEHOLDER, '{...}')}")
    return Unread(at, f"SQL that could not be parsed: {shown}")
