"""Names of tables, columns and constraints: when two of them mean the same thing."""

from __future__ import annotations

import re

from ...facts import Text, Unread


def bare(name: Text | None) -> str | None:
    """The name without quotes and schema, in small letters; None where it is not given or could not be read.

    Databases fold case, and one side of a revision may name the schema while the other leaves it out.
    """
    if name is None or isinstance(name, Unread):
        return None
    if name.isidentifier():
        return name.lower()
    return name.replace('"', "").replace("`", "").replace("[", "").replace("]", "").rpartition(".")[2].lower()


def same(one: Text | None, other: Text | None) -> bool:
    """Whether two names may mean one thing. A name that could not be read may mean anything."""
    first, second = bare(one), bare(other)
    return first is None or second is None or first == second


def alike(one: str, other: str) -> bool:
    """Whether two names of constraints may mean one: a naming convention adds its prefix on one side only."""
    return one == other or one.endswith(f"_{other}") or other.endswith(f"_{one}")


def mentions(sql: str, name: str) -> bool:
    """Whether the text holds the name as a word."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql, re.IGNORECASE) is not None
