"""What kind of value a column's type holds, whatever the database calls it."""

from __future__ import annotations

import re

_POSTGRESQL = (
    (r"smallint|integer|bigint", "integer"),
    (r"character( varying)?|text|citext|name|bpchar|xml", "text"),
    (r"boolean", "boolean"),
    (r"timestamp", "timestamp"),
    (r"date", "date"),
    (r"time", "time"),
    (r"interval", "interval"),
    (r"jsonb?", "json"),
    (r"uuid", "uuid"),
    (r"bytea", "bytes"),
    (r"real|double precision", "float"),
    (r"numeric|money", "decimal"),
    (r"inet|cidr|macaddr8?", "address"),
)
# What SQLAlchemy and people declare; the first that stands in the type's name counts.
_SQLITE = (
    (r"BOOL", "boolean"),
    (r"DATETIME|TIMESTAMP", "timestamp"),
    (r"DATE", "date"),
    (r"TIME", "time"),
    (r"JSON", "json"),
    (r"UUID|GUID", "uuid"),
    (r"INT", "integer"),
    (r"CHAR|CLOB|TEXT|STRING", "text"),
    (r"BLOB|BINARY|BYTEA|^$", "bytes"),
    (r"REAL|FLOA|DOUB", "float"),
    (r"NUMERIC|DECIMAL", "decimal"),
)
_AFFINITIES = ((r"INT", "number"), (r"CHAR|CLOB|TEXT", "text"), (r"BLOB|^$", "blob"), (r"REAL|FLOA|DOUB", "real"))


def family(type_: str, dialect: str) -> str:
    """The family of a type as the database prints or declares it; "list" for arrays, "other" for what has no
    counterpart elsewhere."""
    if dialect == "sqlite":
        return next((name for pattern, name in _SQLITE if re.search(pattern, type_.upper())), "other")
    if type_.endswith("]"):
        return "list"
    plain = type_.lower().replace('"', "")
    return next((name for pattern, name in _POSTGRESQL if re.match(rf"(?:{pattern})\b", plain)), "other")


def affinity(type_: str) -> str:
    """How SQLite stores what a column of this declared type is given (https://www.sqlite.org/datatype3.html, 3.1).

    INTEGER and NUMERIC are one, as only a CAST tells them apart.
    """
    return next((name for pattern, name in _AFFINITIES if re.search(pattern, type_.upper())), "number")
