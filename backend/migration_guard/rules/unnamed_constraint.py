"""
A constraint without a name cannot be dropped.

## What it finds
`drop_constraint(None, ...)`, in either direction. On SQLite also a constraint that is added to a table without a name,
where the metadata has no naming convention.

## Why it hurts
Alembic needs a name to drop a constraint: the line raises when it runs, so going down stops there. PostgreSQL makes a
name up; SQLite keeps none at all, and only a rebuild of the table by hand gets rid of the constraint.

## Instead
Name it, in both functions:

    op.create_unique_constraint("uq_persona_name", "persona", ["name"])

or let `MetaData(naming_convention=...)` name them all. `migration-guard fix` writes the name, by that convention where
there is one, into both functions.

## Quiet when
A naming convention is set or cannot be read, the constraint stands inside `create_table`, or SQLite is not among the
databases and nothing drops it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context, CreateConstraint, DropConstraint, Function, Migration, Operation
from ..findings import Finding, Rule, Severity
from ..records import replace
from ..registry import judges
from ..replay.names import bare
from .shared.paste import literal
from .shared.rebuilds import in_batch_block

RULE = Rule.of(__name__, __doc__, family="review", severity=Severity.ERROR)

_PREFIX = {"unique": "uq", "foreign key": "fk", "check": "ck", "primary key": "pk", "exclude": "ex"}
LONGEST = 63  # of PostgreSQL's names
_BY_POSTGRESQL = {"unique": "key", "foreign key": "fkey"}


@judges(Migration)
def dropped(migration: Migration, context: Context) -> Iterator[Finding]:
    """One finding for each function, at the first drop that raises."""
    for function in (migration.upgrade, migration.downgrade):
        nameless = [op for op in _operations(function) if isinstance(op, DropConstraint) and _raises(op, context)]
        if not nameless:
            continue
        op = nameless[0]
        made = _made(op, migration)
        name = _given(made, context) if made is not None else f"<the name of the {op.kind or 'constraint'}>"
        rest = len(nameless) - 1
        more = f" So {'does 1 more line' if rest == 1 else f'do {rest} more lines'}." if rest else ""
        yield Finding(
            RULE,
            op.at,
            says=f"This drops a constraint of {op.table} without its name: Alembic raises when it comes here, and "
            f"{'going down' if op.direction == 'downgrade' else 'the upgrade'} stops.{more}",
            instead="\n".join([_dropped(op, name, context), *_made_so(made, name, context)]),
            direction=op.direction,
        )


def _raises(op: DropConstraint, context: Context) -> bool:
    """Whether Alembic (1.20) finds no name: a convention gives one to primary keys alone, from the table's name."""
    environment = context.history.environment
    named = environment is not None and environment.naming_convention is not False
    return op.name is None and not op.by_sql and not (op.kind == "primary key" and named)


@judges(Migration)
def added(migration: Migration, context: Context) -> Iterator[Finding]:
    """One finding at the first constraint that an upgrade adds without a name, as a warning."""
    environment = context.history.environment
    if "sqlite" not in context.policy.dialects or environment is None or not environment.found:
        return
    if environment.naming_convention is not False:
        return
    unnamed = [
        op
        for op in _operations(migration.upgrade)
        if isinstance(op, CreateConstraint)
        and op.name is None
        and not op.by_sql
        and op.kind in ("unique", "foreign key", "check")
        and (op.dialects is None or "sqlite" in op.dialects)
    ]
    if unnamed and not any(_drops(op, one) for op in unnamed for one in _operations(migration.downgrade)):
        op = unnamed[0]
        more = f", and {len(unnamed) - 1} more" if len(unnamed) > 1 else ""
        yield replace(
            Finding(
                RULE,
                op.at,
                says=f"This {op.kind} of {op.table} gets no name{more}: SQLite keeps none, so no later revision can "
                "drop it.",
                instead=_named(op, _name(op)),
                direction="upgrade",
            ),
            severity=Severity.WARNING,
        )


def _drops(op: CreateConstraint, one: Operation) -> bool:
    """Whether this is the drop without a name that is found by itself."""
    return isinstance(one, DropConstraint) and one.name is None and bare(one.table) == bare(op.table)


def _operations(function: Function | None) -> tuple[Operation, ...]:
    return function.operations if function else ()


def _made(op: DropConstraint, migration: Migration) -> CreateConstraint | None:
    """The constraint of the table that the revision itself makes, one without a name first."""
    found = [
        one
        for function in (migration.upgrade, migration.downgrade)
        for one in _operations(function)
        if isinstance(one, CreateConstraint) and bare(one.table) == bare(op.table) and op.kind in (None, one.kind)
    ]
    return min(found, key=lambda one: one.name is not None, default=None)


def _name(op: CreateConstraint) -> str:
    """Its name, else the one that the usual convention gives it."""
    if isinstance(op.name, str):
        return op.name
    columns = "_".join(str(column) for column in op.columns)
    parts = [_PREFIX.get(op.kind, "ck"), str(op.table), columns, str(op.references or "")]
    return "_".join(part for part in parts if part)[:LONGEST]


def _given(op: CreateConstraint, context: Context) -> str:
    """The name that the constraint has once it is made: its own, that of the convention, or the one of PostgreSQL."""
    if op.name is not None or not _named_by_postgresql(op, context):
        return _name(op)
    return "_".join([str(bare(op.table)), *map(str, op.columns), _BY_POSTGRESQL[op.kind]])


def _named_by_postgresql(op: CreateConstraint, context: Context) -> bool:
    """Whether no convention names constraints, and no database but PostgreSQL, which gives each a name."""
    environment = context.history.environment
    alone = context.policy.dialects == {"postgresql"} and op.kind in _BY_POSTGRESQL
    return alone and environment is not None and environment.naming_convention is False


def _dropped(op: DropConstraint, name: str, context: Context) -> str:
    """The user's own line with the name in it; in a batch block where SQLite runs it."""
    text = _named(op, name)
    if "sqlite" not in context.policy.dialects or op.in_batch or (op.dialects and "sqlite" not in op.dialects):
        return text
    return in_batch_block(replace(op, source=text), op.table, op.schema, "drop_constraint") or text


def _made_so(made: CreateConstraint | None, name: str, context: Context) -> list[str]:
    """How the line that makes the constraint has to give it this name, as a comment."""
    if made is None or made.name is not None or made.by_sql or _named_by_postgresql(made, context):
        return []
    return [
        f"# and in line {made.at.line}, where it is made:",
        *(f"# {one}" for one in _named(made, name).splitlines()),
    ]


def _named(op: Operation, name: str) -> str:
    """The user's own line with the name in it, in place of None."""
    before, none, after = op.source.partition("None")
    return f"{before}{literal(name)}{after}" if none else f"# name it {name}"
