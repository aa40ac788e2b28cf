"""Tells errors of code that could make nothing of a value, as the rows are made up, from those that any row causes."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from ..statements import last_frame

# By name, as most belong to libraries that need not be there.
_KINDS = frozenset(
    {
        *("ValueError", "LookupError", "SyntaxError"),  # of json, enum, datetime, int, uuid; of a dict; of ast and xml
        *("DecimalException", "UnpicklingError", "YAMLError", "ValidationError", "InvalidToken", "InvalidTag"),
    }
)
# A NULL is no made-up value: production has some. And rows have the columns that the query gave them.
_NULL = re.compile(r"^'?None'? is not (?:a valid|among)|\bNoneType\b|^tuple index out of range$")


def is_over_a_value(error: BaseException) -> bool:
    """Whether Python code, or a type of SQLAlchemy's, raised as it could not read a value or knew no such value.

    False for whatever a database said, and for errors over NULLs, columns and types of Python, which the mere presence
    of a row brings about.
    """
    cause: BaseException | None = error
    seen: set[int] = set()  # a listener that raises the driver's error from SQLAlchemy's makes a circle of both
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, DBAPIError):
            return False
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    if isinstance(error, StatementError) and error.orig is not None:
        error = error.orig
    if isinstance(error, SQLAlchemyError) or _KINDS.isdisjoint(kind.__name__ for kind in type(error).__mro__):
        return False
    if error.args[:1] == (None,) or _NULL.search(str(error)):
        return False
    frame, _ = last_frame(error)
    return frame is None or not str(frame.f_globals.get("__name__", "")).startswith("alembic.")
