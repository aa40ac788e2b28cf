"""The statements that put rows in and read them back, each value as text, whatever the driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .shapes import TableShape


def identifier(name: str) -> str:
    """A name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def table_name(shape: TableShape) -> str:
    """The table in quotes, with its schema."""
    return ".".join(identifier(part) for part in (shape.schema, shape.name) if part)


def count_statement(shapes: Sequence[TableShape], limit: int) -> str:
    """Rows `(place in the list, how many rows)`, counted up to the limit."""
    parts = (
        (f"SELECT {place}, count(*)", "FROM (SELECT 1 FROM", table_name(shape), f"LIMIT {limit}) t")
        for place, shape in enumerate(shapes)
    )
    return " UNION ALL ".join(" ".join(part) for part in parts)


def literal(column: str, dialect: str) -> str:
    """An expression that gives a column's value as an SQL literal."""
    return f"quote_nullable({identifier(column)}::text)" if dialect == "postgresql" else f"quote({identifier(column)})"


def literals_statement(shape: TableShape, columns: Sequence[str], dialect: str, limit: int) -> str:
    """Rows with the columns as SQL literals, the first ones in the order of these."""
    shown = ", ".join(literal(column, dialect) for column in columns)
    order = ", ".join(str(place) for place in range(1, len(columns) + 1))
    return " ".join(("SELECT", shown, "FROM", table_name(shape), "ORDER BY", order, "LIMIT", str(limit)))


def insert_statement(shape: TableShape, rows: Sequence[Mapping[str, str]]) -> str:
    """One INSERT of rows of SQL literals. On SQLite all rows must name the same columns."""
    columns = [column.name for column in shape.columns if any(column.name in row for row in rows)]
    if not columns:
        return " ".join(("INSERT INTO", table_name(shape), "DEFAULT VALUES"))
    names = ", ".join(map(identifier, columns))
    overriding = "OVERRIDING SYSTEM VALUE" if any(column.identity for column in shape.columns) else ""
    values = ", ".join(f"({', '.join(row.get(column, 'DEFAULT') for column in columns)})" for row in rows)
    return " ".join(("INSERT INTO", table_name(shape), f"({names})", overriding, "VALUES", values))


def delete_statement(shape: TableShape, where: str = "1 = 1") -> str:
    """A DELETE of all rows, or of those that a condition picks."""
    return " ".join(("DELETE FROM", table_name(shape), "WHERE", where))


def contents_statement(place: int, shape: TableShape, columns: Sequence[str], dialect: str, limit: int) -> str:
    """Rows `(place, how many rows in all, the columns as literals)`; PostgreSQL gives the columns as one array."""
    table, key = table_name(shape), ", ".join(map(identifier, shape.primary_key))
    source = " ".join(("SELECT * FROM", table, f"ORDER BY {key}" if key else "", "LIMIT", str(limit)))
    shown = ", ".join(literal(column, dialect) for column in columns)
    if dialect == "postgresql":
        shown = f"ARRAY[{shown}]::text[]"
    count = " ".join(("(SELECT count(*) FROM", f"{table})"))
    return " ".join(("SELECT", ", ".join(filter(None, (str(place), count, shown))), f"FROM ({source}) t"))
