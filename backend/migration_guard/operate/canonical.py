"""A digest of rows that does not depend on their order, on values as both databases mean them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

_SUM = 1 << 256
_ENCODER = json.JSONEncoder(sort_keys=True)  # json.dumps would make one for each value


@dataclass
class Digest:
    """Rows and the sum of their SHA-256: equal for the same rows in whatever order."""

    rows: int = 0
    sum: int = 0

    def add(self, row: Sequence[Any], kinds: Sequence[str]) -> None:
        """Take in a row; `kinds` are the types of its columns in PostgreSQL."""
        text = "\x1f".join(canonical(value, kind) for value, kind in zip(row, kinds, strict=True))
        self.rows += 1
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
        self.sum = (self.sum + int.from_bytes(digest, "big")) % _SUM


def canonical(value: Any, kind: str) -> str:
    """A value in one spelling."""
    if value is None:
        return "\x00"
    if kind in ("json", "jsonb"):
        return _ENCODER.encode(json.loads(value) if isinstance(value, str) else value)
    if kind.startswith("character") and not kind.startswith("character varying"):
        return str(value).rstrip(" ")  # PostgreSQL fills it up
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return (value.astimezone(timezone.utc) if value.tzinfo else value).isoformat()
    if isinstance(value, (date, time, uuid.UUID, int, str)):
        return str(value)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return repr(value)


def _number(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    return format(value.normalize(), "f") if value else "0"
