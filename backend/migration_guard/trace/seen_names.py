"""Names that no text gives, in the advice of a finding: the database has shown them."""

from __future__ import annotations

import re
from collections.abc import Collection

# As rules/shared/paste.py writes them: in SQL and as an argument.
_IN_SQL = re.compile(r'"<a schema named [^>]*>"\.')
_GIVEN = re.compile(r', schema="<a schema named [^>]*>"')
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def with_seen_schema(advice: str, relations: Collection[str]) -> str:
    """The advice with the schema of the relations that were locked: "sales.invoice", or "invoice" in the default one.
    As it is where they are in several schemas."""
    schemas = {name.rpartition(".")[0] for name in relations}
    if len(schemas) != 1:
        return advice
    (schema,) = schemas
    in_sql = schema if _PLAIN.fullmatch(schema) else f'"{schema}"'
    advice = _IN_SQL.sub(lambda _: f"{in_sql}." if schema else "", advice)
    return _GIVEN.sub(lambda _: f', schema="{schema}"' if schema else "", advice)
