"""
SQLAlchemy 2 refuses SQL that is a plain string.

## What it finds
`execute()`, `scalar()` and `scalars()` of the connection of the upgrade or of a session on it, called with a string or
f-string, where the project's dependencies or lock file say that SQLAlchemy is 2.0 or newer. `op.execute()` takes
strings in every release.

## Why it hurts
The line raises ObjectNotExecutableError when it runs. In an old revision, written for SQLAlchemy 1.4, it means that no
new database can be built any more; in a `downgrade()`, that nobody can go back.

## Instead
Wrap it:

    op.get_bind().execute(sa.text("SELECT count(*) FROM persona"))

A colon before a word is then a parameter: write `\\:` where it is none.

## Quiet when
The files of the project allow SQLAlchemy 1.4 as well or do not say which release they want, the string goes to
`op.execute()` or `exec_driver_sql()`, or it cannot be seen whose `execute()` it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context, Use
from ..findings import Finding, Rule, Severity
from ..registry import judges
from .shared.editing import parsed_call
from .shared.importing import USUAL

RULE = Rule.of(__name__, __doc__, family="environment", severity=Severity.ERROR)
TWO = (2, 0)


@judges(Use)
def string_in_execute(use: Use, context: Context) -> Iterator[Finding]:
    """A call with a string that SQLAlchemy 2 refuses."""
    environment = context.history.environment
    oldest = environment.sqlalchemy_oldest if environment is not None else None
    if use.kind != "plain sql" or oldest is None or oldest < TWO:
        return
    yield Finding(
        RULE,
        use.at,
        says=f"SQLAlchemy 2 takes no plain string in {use.name}(): this line raises ObjectNotExecutableError.",
        instead=_with_import(context, f"{_wrapped(use.key)}  # what stands around this call stays"),
    )


def _with_import(context: Context, line: str) -> str:
    """The line, and above it the import of `sa` where the revision has none: all its other names are there."""
    there = context.migration is None or any(one.bound_as == "sa" for one in context.migration.imports)
    return line if there else f"{USUAL['sa']}\n\n{line}"


def _wrapped(call: str) -> str:
    """The call with its first argument inside of `sa.text(...)`."""
    found = parsed_call(call)
    if found is None or not found[1].args:
        return "# the string in sa.text(...)"
    text, tree = found
    first = tree.args[0]
    lines = text.decode().splitlines(keepends=True)
    start, end = (
        _at(lines, first.lineno, first.col_offset),
        _at(lines, first.end_lineno or 0, first.end_col_offset or 0),
    )
    return (text[:start] + b"sa.text(" + text[start:end] + b")" + text[end:]).decode()


def _at(lines: list[str], line: int, column: int) -> int:
    """The place in the text, in bytes."""
    return sum(len(one.encode()) for one in lines[: line - 1]) + column
