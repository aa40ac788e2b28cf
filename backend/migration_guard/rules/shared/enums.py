"""Lines that change enum types."""

from __future__ import annotations

import re

from ...facts import AddEnumValue
from .editing import executed, sql

ADD = re.compile(r"\bADD\s+VALUE\s+(?!IF\b)", re.IGNORECASE)


def added_value(op: AddEnumValue) -> str:
    """The line that adds the value, which may run twice: outside of a transaction nothing takes it back."""
    return executed(op, ADD.sub("ADD VALUE IF NOT EXISTS ", sql(op), count=1))
