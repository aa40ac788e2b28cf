"""
An enum type is made twice.

## What it finds
`op.create_table` with a column of an enum type, without `create_type=False` on it, where the type is there already:
made by `sa.Enum(...).create(...)` or `CREATE TYPE` above, or in any way by an earlier revision.

## Why it hurts
On PostgreSQL, `op.create_table` makes the enum types of its columns, and does not look first whether they are there. It
stops with "type already exists". Only within one run does Alembic remember the types that its own tables brought, so an
upgrade from an empty database in one go can be green where every deployed database fails.

## Instead
Leave the making of the type to one of them:

    mood = postgresql.ENUM("calm", "angry", name="mood", create_type=False)
    mood.create(op.get_bind(), checkfirst=True)
    op.create_table("persona", sa.Column("mood", mood))

or drop the line that makes it by itself, where the table comes first.

## Quiet when
The column says `create_type=False`, the enum is not native, the type was dropped in between, another table of the same
revision brought it, or the type is made under a condition or for another database. `op.add_column` makes no type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts import Context, CreateTable, CreateType, DropType, EnumType, Operation, RenameObject
from ..findings import Finding, Rule, Severity
from ..registry import judges
from .shared.ancestry import earlier_revisions, is_opaque
from .shared.names import bare
from .shared.paste import dedented
from .shared.running import above

RULE = Rule.of(__name__, __doc__, severity=Severity.ERROR, dialects={"postgresql"})


@judges(CreateTable)
def made_again_by_the_table(op: CreateTable, context: Context) -> Iterator[Finding]:
    """A table whose enum type stands already, made by an earlier line or an earlier revision."""
    if op.direction != "upgrade" or op.by_sql or op.tolerant is not False or op.temporary:
        return
    earlier = above(context, op)
    for one in op.columns:
        enum = one.enum
        name = bare(enum.name) if enum is not None else None
        if enum is None or name is None or enum.native is not True or enum.create_type is not True:
            continue
        if any(isinstance(made, CreateTable) and name in _with_table(made) for made in earlier):
            continue  # one run of Alembic remembers the types that its tables made
        maker = _maker(context, name, earlier)
        if maker is None:
            continue
        revision, line = maker
        where = f"line {line}" if revision == (context.migration.id if context.migration else None) else revision
        yield Finding(
            RULE,
            op.at,
            says=f"Creating {op.table} makes the enum type {name} a second time on PostgreSQL: {where} has made it, so "
            'this stops with "type already exists".',
            instead=_once(op, enum),
        )
        return


def _with_table(op: CreateTable) -> set[str | None]:
    """The types that PostgreSQL gets with the table."""
    enums = [] if op.by_sql else [column.enum for column in op.columns if column.enum is not None]
    return {bare(enum.name) for enum in enums if enum.native is True and enum.create_type is True}


def _maker(context: Context, name: str, earlier: tuple[Operation, ...]) -> tuple[str, int] | None:
    """The revision and line that made the type which surely stands by now."""
    if context.migration is None:
        return None
    found: tuple[str, int] | None = None
    below = reversed(earlier_revisions(context.history, context.migration, name))
    runs = [(one.id, one.upgrade.operations if one.upgrade else ()) for one in below]
    for revision, operations in (*runs, (context.migration.id, earlier)):
        for one in operations:
            if one.dialects is not None and "postgresql" not in one.dialects:
                continue
            gone = isinstance(one, DropType) and bare(one.name) in (None, name)
            if gone or is_opaque(one) or (isinstance(one, RenameObject) and bare(one.name) == name):
                found = None
            elif one.conditional:
                continue
            elif (isinstance(one, CreateType) and bare(one.name) == name) or (
                isinstance(one, CreateTable) and name in _with_table(one)
            ):
                found = revision, one.at.line
    return found


def _once(op: CreateTable, enum: EnumType) -> str:
    """The call with `create_type=False` on the enum, where it is written out in it."""
    source = dedented(op.source)
    pattern = re.compile(
        r"(?:\b\w+\.)?\b(?:Enum|ENUM)\(((?:[^()]|\([^()]*\))*\bname\s*=\s*['\"]"
        + re.escape(str(enum.name))
        + r"['\"][^()]*)\)"
    )
    edited = pattern.sub(lambda found: f"postgresql.ENUM({found[1].rstrip(', ')}, create_type=False)", source)
    if edited != source:
        return f"# with `from sqlalchemy.dialects import postgresql`\n{edited}"
    return f"# the enum type {enum.name} with create_type=False\n{source}"
