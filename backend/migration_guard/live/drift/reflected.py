"""A column as SQLAlchemy would reflect it, from what a snapshot says: env.py's include_object looks at its type."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Column, Dialect, text
from sqlalchemy.types import NullType, TypeEngine

from ..schema import Properties

_TYPE = re.compile(r"(?P<name>[^(]+?) *(?:\((?P<numbers>[\d, ]*)\))?(?P<zone> with(?:out)? time zone)?")


def reflected_column(name: str, properties: Properties, dialect: Dialect) -> Column[Any]:
    """The column, with a type of SQLAlchemy's where the dialect knows one by that name."""
    default = properties.get("default")
    return Column(
        name,
        reflected_type(properties.get("type", ""), dialect),
        nullable=properties.get("nullable") != "no",
        server_default=None if default is None else text(default),
    )


def reflected_type(shown: str, dialect: Dialect) -> TypeEngine[Any]:
    """SQLAlchemy's type for "character varying(40)" or "INTEGER"; NullType for what the dialect does not know.

    `ischema_names` is what dialects reflect types by (sqlalchemy/dialects/*/base.py).
    """
    known: dict[str, Any] = getattr(dialect, "ischema_names", {})
    found = _TYPE.fullmatch(shown)
    if found is None:
        return NullType()
    name = f"{found['name']}{found['zone'] or ''}"
    kind = next((known[each] for each in (name, name.upper(), name.lower()) if each in known), NullType)
    numbers = [int(each) for each in re.findall(r"\d+", found["numbers"] or "")]
    try:
        made: TypeEngine[Any] = kind(*numbers)
    except TypeError:  # takes no length, or names it otherwise
        made = kind()
    return made
