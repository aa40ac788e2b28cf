"""SQL that puts rows right for a constraint, and the user's own line after it."""

from __future__ import annotations

import re

from ...facts import Context, CreateConstraint, CreateIndex, Text
from ...patterns import pattern
from ...replay import KnownColumn, table_before
from ...replay.names import bare
from .keys import Keys
from .own_lines import alone, statement
from .paste import NEXT, execute, sql_name, sql_table

PYTHON = pattern(r"\bsa\.|\w_\(|\.c\.|\.is_|==")  # in a condition that SQLAlchemy makes


def cleaned_first(op: CreateConstraint | CreateIndex, context: Context, kind: str) -> list[str]:
    """The rows put right, and then the user's own line: on PostgreSQL in a revision of its own."""
    table = sql_table(op.table, op.schema)
    if kind in ("unique", "primary key"):
        sql = _without_doubles(op, context, kind)
        note = "or merge the rows that are alike"
    elif kind == "foreign key" and isinstance(op, CreateConstraint):
        name = sql_name(op.columns[0]) if op.columns else "<column>"
        remote = sql_name(op.remote_columns[0]) if op.remote_columns else "id"
        there = sql_table(op.references or "<table>", op.references_schema)
        filled = "" if _is_key(op, context, remote) else f" WHERE {remote} IS NOT NULL"
        lost = f"WHERE {name} NOT IN (SELECT {remote} FROM {there}{filled})"  # noqa: S608
        known = table_before(context, op, op.table, op.schema).columns
        if op.columns and _is_filled(known.get(bare(op.columns[0]) or "")):
            sql, note = f"DELETE FROM {table} {lost}", "or let them point to something"  # noqa: S608
        else:
            sql, note = f"UPDATE {table} SET {name} = NULL {lost}", "or delete the rows that point to nothing"  # noqa: S608
    else:
        condition = op.condition if isinstance(op, CreateConstraint) and isinstance(op.condition, str) else ""
        plain = condition if condition and not PYTHON.search(condition) else "<condition>"
        sql = f"DELETE FROM {table} WHERE NOT ({plain})"  # noqa: S608
        note = "or change the rows that do not meet it"
    later = [NEXT, alone(op)] if "postgresql" in context.policy.dialects else [statement(op)]
    return [f"{execute(op, sql)}  # {note}", *later]


def _without_doubles(op: CreateConstraint | CreateIndex, context: Context, kind: str) -> str:
    """SQL that leaves one row of those that are equal. NULL equals nothing; what a partial index leaves out stays.

    A row's number is asked for, as PostgreSQL has no min() of a UUID; in a query inside of the query, as MySQL reads no
    table that it deletes from in another way.
    """
    table, key = sql_table(op.table, op.schema), _key(op, context)
    known = table_before(context, op, op.table, op.schema).columns
    names = () if kind == "primary key" else op.columns
    filled = [f"{_term(one)} IS NOT NULL" for one in names if not _is_filled(known.get(bare(one) or ""))]
    where = op.where if isinstance(op, CreateIndex) else None
    some = [f"({where})" if isinstance(where, str) and not PYTHON.search(where) else "(<condition>)"] if where else []
    inner = f" WHERE {' AND '.join([*some, *filled])}" if some or filled else ""
    columns = ", ".join(map(_term, op.columns))
    numbered = f"SELECT {key}, row_number() OVER (PARTITION BY {columns} ORDER BY {key}) AS nth FROM {table}{inner}"  # noqa: S608
    return f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM ({numbered}) AS numbered WHERE nth > 1)"  # noqa: S608


def _is_key(op: CreateConstraint, context: Context, remote: str) -> bool:
    """Whether no row has NULL in the column that is pointed to: `NOT IN` of a list with NULL is true of nothing."""
    known = table_before(context, op, op.references or "", op.references_schema).columns.get(bare(remote) or "")
    return remote == "id" or _is_filled(known)


def _is_filled(column: KnownColumn | None) -> bool:
    return column is not None and (column.nullable is False or column.primary_key is True)


def _key(op: CreateConstraint | CreateIndex, context: Context) -> str:
    """What tells the rows of the table apart, as SQL."""
    known = table_before(context, op, op.table, op.schema)
    columns, keys = known.columns, Keys.of(context, op, known).primary
    if len(keys) == 1 and keys[0] not in map(bare, op.columns):
        return sql_name(keys[0])
    if not columns or "id" in columns:
        return "id"
    if "postgresql" in context.policy.dialects:
        return "ctid"
    return "rowid" if "sqlite" in context.policy.dialects else "<key>"


def _term(column: Text) -> str:
    """A column or an expression of an index as SQL."""
    if not isinstance(column, str) or re.fullmatch(r"\w+", column):
        return sql_name(column)
    return "<expression>" if PYTHON.search(column) else column
