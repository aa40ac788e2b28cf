"""What to write instead of a statement that a database refused, for refusals that are known."""

# ruff: noqa: S608 - the SQL here is shown to people and never run

from __future__ import annotations

import re
from collections.abc import Callable

from ...live.steps import TIME_LIMIT, Failure
from .words import type_in_code


def way_out(failure: Failure, dialect: str) -> str | None:
    """Code to write instead, for failures that are known; None for others."""
    text = f"{failure.says} {failure.statement}"
    return next((code for way in _WAYS if (code := way(failure, text, dialect))), None)


def _add_not_null(failure: Failure, text: str, _: str) -> str | None:
    added = re.search(
        r'ALTER TABLE (\S+) ADD (?:COLUMN )?"?(\w+)"? (.*?) NOT NULL', failure.statement, re.IGNORECASE | re.DOTALL
    )
    if not added or not re.search(r"null value|NOT NULL column with default value NULL|NotNull", text, re.IGNORECASE):
        return None
    return _filled_between(added[1], added[2], type_in_code(added[3]) or "<type>")


def _filled_between(table: str, column: str, type_: str = "<type>") -> str:
    """A new column that gets its values before NULL is forbidden in it. The table is as in SQL."""
    name = table.replace('"', "")
    return (
        f'op.add_column("{name}", sa.Column("{column}", {type_}, nullable=True))\n'
        f"{_execute(f'UPDATE {table} SET {column} = <value> WHERE {column} IS NULL')}\n"
        f'with op.batch_alter_table("{name}") as batch:\n'
        f'    batch.alter_column("{column}", existing_type={type_}, nullable=False)'
    )


def _execute(sql: str) -> str:
    """A line that runs the SQL, which may have quoted names."""
    return f"op.execute('{sql}')" if '"' in sql else f'op.execute("{sql}")'


def _set_not_null(failure: Failure, text: str, _: str) -> str | None:
    found = re.search(r'ALTER TABLE (\S+) ALTER (?:COLUMN )?"?(\w+)"? SET NOT NULL', failure.statement, re.IGNORECASE)
    batch = re.search(r"NOT NULL constraint failed: _alembic_tmp_(\w+)\.(\w+)", text)
    match = found or batch
    if match is None:
        return None
    table, column = match[1], match[2]
    copied = re.match(r"INSERT INTO \S+ \((.*?)\)", failure.statement)
    if batch and copied and column not in copied[1].replace('"', "").split(", "):  # no copy: the block adds it
        return _filled_between(table, column)
    return (
        "# before the column becomes NOT NULL:\n"
        f"{_execute(f'UPDATE {table} SET {column} = <value> WHERE {column} IS NULL')}"
    )


def _duplicates(failure: Failure, text: str, dialect: str) -> str | None:
    """For an index or constraint that rows are in the way of; not for an INSERT of rows that stand already."""
    sql = failure.statement
    made = re.search(r'INDEX (?:CONCURRENTLY )?\S+ ON (?:ONLY )?([\w."]+) (?:USING \w+ )?\((.*?)\)', sql, re.IGNORECASE)
    made = made or re.search(r'ALTER TABLE ([\w."]+) ADD .*?(?:UNIQUE|PRIMARY KEY) \((.*?)\)', sql, re.IGNORECASE)
    copied = re.search(r"UNIQUE constraint failed: (_alembic_tmp_\S.*)", text)
    if made and re.search(r"UNIQUE constraint failed|could not create unique index|duplicate key", text):
        table, columns = made[1], made[2].replace('"', "")
    elif copied:
        parts = re.findall(r"_alembic_tmp_(\w+)\.(\w+)", copied[1])
        table, columns = parts[0][0], ", ".join(column for _table, column in parts)
    else:
        return None
    filled = " AND ".join(f"{column} IS NOT NULL" for column in columns.split(", "))
    # A key may have any name and, as a UUID, no min(): where the row stands has one on PostgreSQL 14 and later.
    row = "ctid" if dialect == "postgresql" else "rowid"
    kept = f"SELECT min({row}) FROM {table} GROUP BY {columns}"
    return (
        f"# before {columns} of {table.replace(chr(34), '')} must be unique, keep one of each:\n"
        f"{_execute(f'DELETE FROM {table} WHERE {filled} AND {row} NOT IN ({kept})')}"
    )


def _batch(failure: Failure, text: str, dialect: str) -> str | None:
    if dialect != "sqlite" or not re.search(r"No support for ALTER of constraints|near \"(ALTER|CONSTRAINT)\"", text):
        return None
    table = re.search(r"ALTER TABLE (\S+)", failure.statement)
    name = table[1].strip('"') if table else "<table>"
    return f'with op.batch_alter_table("{name}") as batch:\n    batch.<the same operation>(...)'


def _enum(_: Failure, text: str, __: str) -> str | None:
    if found := re.search(r'type "(\w+)" already exists', text):
        return (
            f"# at the end of downgrade(), as dropping a table keeps the type of its column:\n"
            f'sa.Enum(name="{found[1]}").drop(op.get_bind(), checkfirst=True)'
        )
    if re.search(r"unsafe use of new value", text):
        return 'with op.get_context().autocommit_block():\n    op.execute("ALTER TYPE ... ADD VALUE ...")'
    return None


def _cast(_: Failure, text: str, __: str) -> str | None:
    if found := re.search(r'column "(\w+)" cannot be cast automatically to type ([\w ]+)', text):
        return f'op.alter_column(..., "{found[1]}", ..., postgresql_using="{found[1]}::{found[2].strip()}")'
    return None


def _type(_: Failure, text: str, dialect: str) -> str | None:
    """For a type that SQLAlchemy cannot write for this database."""
    found = re.search(r"can't render element of type (\w+)", text)
    if found is None:
        return None
    other = "postgresql" if dialect == "sqlite" else "sqlite"
    both = "JSON" if found[1] in ("JSONB", "ARRAY", "HSTORE") else "<a type of both>"
    return (
        f"# {dialect} has no {found[1]}. Say what stands for it there:\n"
        f'sa.{both}().with_variant({other}.{found[1]}(...), "{other}")\n'
        f"# or, where nobody runs this on {dialect}, leave it out under [tool.migration-guard] in pyproject.toml:\n"
        f'# databases = ["{other}"]'
    )


def _time(failure: Failure, _: str, __: str) -> str | None:
    if failure.kind != TIME_LIMIT:
        return None
    return (
        f"Let the loop at line {failure.line} end when a pass changes no row, "
        "or allow it more: step-timeout = 300 under [tool.migration-guard]."
    )


_WAYS: tuple[Callable[[Failure, str, str], str | None], ...] = (
    *(_time, _type, _add_not_null, _set_not_null, _duplicates, _batch, _enum, _cast),
)
