"""
A drop and an add look like a rename.

## What it finds
In one upgrade, a column that is dropped while one of the same type is added to the table, or a table that is dropped
while one with the same columns is made, and no line between copies the rows.

## Why it hurts
Autogenerate compares names and knows no renames. What looks harmless in a diff deletes every value of the column, or
every row of the table.

## Instead
Rename it, and the values stay:

    op.alter_column("persona", "mood", new_column_name="temper")

## Quiet when
Types differ, several columns could be meant, the names have nothing in common and neither has the type, one of them is
a key to another table than the other, or rows are written on the way, by lines that can be read or not.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from ..facts import (
    AddColumn,
    Column,
    Context,
    CreateConstraint,
    CreateTable,
    DropColumn,
    DropTable,
    Migration,
    Operation,
    OtherCall,
    OtherSql,
    WriteRows,
)
from ..findings import Finding, Rule, Severity
from ..registry import judges
from ..replay import column_before, table_before
from ..replay.names import bare, mentions
from .shared.paste import call, literal
from .shared.types import alike, family

RULE = Rule.of(__name__, __doc__, severity=Severity.WARNING)

# Types that say little: nearly every table has several columns of them.
_COMMON = {
    "boolean",
    "integer",
    "biginteger",
    "smallinteger",
    "string",
    "text",
    "datetime",
    "date",
    "json",
    "float",
    "uuid",
}
_EMPTY = {"is", "has", "id", "at"}  # of names
_NEAR = 0.5  # half of the words
_SPELLED = 0.75  # another spelling of the same word


@judges(Migration)
def columns(migration: Migration, context: Context) -> Iterator[Finding]:
    """One finding for each column that is dropped and seems to come back under another name."""
    operations = migration.upgrade.operations if migration.upgrade else ()
    drops = [op for op in operations if isinstance(op, DropColumn) and not op.conditional]
    adds = [op for op in operations if isinstance(op, AddColumn) and not op.conditional]
    for drop in drops:
        old = _as_it_was(drop, migration, context)
        fits = [add for add in adds if old is not None and _fits(drop, old, add)]
        fits = [add for add in fits if old and not _elsewhere(drop, old, add, migration, context)]
        if len(fits) != 1 or old is None:
            continue
        (add,) = fits
        rivals = [one for one in drops if one is not drop and bare(one.table) == bare(drop.table)]
        closer = [one for one in rivals if _nearness(one.name, add) > _nearness(drop.name, add)]
        if closer or _copied(operations, add):
            continue
        renamed = call(
            drop,
            "alter_column",
            literal(drop.name),
            f"new_column_name={literal(add.column.name)}",
            table=drop.table,
            schema=drop.schema,
        )
        yield Finding(
            RULE,
            drop.at,
            says=f"{drop.table}.{drop.name} is dropped and {add.column.name} is added with the same type, {old.type}: "
            "if this is a rename, every value of the column is lost.",
            instead="\n".join([_note(f"line {add.at.line}", f"column {drop.name}"), *renamed]),
            direction="upgrade",
        )


@judges(Migration)
def tables(migration: Migration, context: Context) -> Iterator[Finding]:
    """One finding for each table that is dropped and seems to come back under another name."""
    operations = migration.upgrade.operations if migration.upgrade else ()
    made = [op for op in operations if isinstance(op, CreateTable) and op.whole and not op.temporary]
    for drop in operations:
        if not isinstance(drop, DropTable) or drop.conditional or bare(drop.table) in {bare(op.table) for op in made}:
            continue
        old = _columns_of(drop, migration, context)
        fits = [op for op in made if len(old) > 1 and _set(op.columns) == old]
        if len(fits) == 1 and not _copied(operations, fits[0]):
            new = fits[0]
            yield Finding(
                RULE,
                drop.at,
                says=f"Table {drop.table} is dropped and {new.table} is made with the same columns: if this is a "
                "rename, every row is lost.",
                instead="\n".join(
                    [
                        _note(f"line {new.at.line}", f"table {drop.table}"),
                        *call(drop, "rename_table", literal(new.table), table=drop.table, schema=drop.schema),
                    ]
                ),
                direction="upgrade",
            )


def _note(added: str, old: str) -> str:
    return f"# in place of {added} too: all values stay, though a release that still runs looks for {old}"


def _as_it_was(drop: DropColumn, migration: Migration, context: Context) -> Column | None:
    """The dropped column: from the revisions below, else as the downgrade brings it back."""
    known = column_before(context, drop, drop.table, drop.name, drop.schema)
    if known is not None and isinstance(known.type, str):
        return Column(known.name, known.type, references=known.references, enum=known.enum)
    for op in migration.downgrade.operations if migration.downgrade else ():
        if isinstance(op, AddColumn) and bare(op.table) == bare(drop.table) and bare(op.column.name) == bare(drop.name):
            return op.column
    return None


def _fits(drop: DropColumn, old: Column, add: AddColumn) -> bool:
    """Whether the added column may be the dropped one under a new name."""
    if bare(add.table) is None or bare(add.table) != bare(drop.table) or bare(add.column.name) == bare(drop.name):
        return False
    new = add.column
    if not alike(old.type, new.type) or new.generated:
        return False
    return family(new.type) not in _COMMON or _nearness(drop.name, add) >= _NEAR


def _nearness(name: object, add: AddColumn) -> float:
    """How much two names have in common, from 0 to 1: words of theirs, or letters."""
    one, other = (_words(str(text)) for text in (name, add.column.name))
    if not one or not other:
        return 0.0
    letters = difflib.SequenceMatcher(None, "_".join(one), "_".join(other)).ratio()
    first, second = set(one), set(other)
    return max(letters if letters >= _SPELLED else 0.0, len(first & second) / len(first | second))


def _words(name: str) -> list[str]:
    """The words of a name that tell it from others."""
    return [word for word in re.split(r"_+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()) if word not in _EMPTY]


def _elsewhere(drop: DropColumn, old: Column, add: AddColumn, migration: Migration, context: Context) -> bool:
    """Whether both are keys, and of different tables."""
    keys = table_before(context, drop, drop.table, drop.schema).constraints
    before = {bare(key.references) for key in keys if {bare(one) for one in key.columns} == {bare(drop.name)}}
    after = {
        bare(op.references)
        for op in (migration.upgrade.operations if migration.upgrade else ())
        if isinstance(op, CreateConstraint) and {bare(one) for one in op.columns} == {bare(add.column.name)}
    }
    before |= {_table(old.references)}
    after |= {_table(add.column.references)}
    before, after = before - {None}, after - {None}
    return bool(before) and bool(after) and not before & after


def _table(references: object) -> str | None:
    """The table of "table.column"."""
    return bare(references.rpartition(".")[0]) if isinstance(references, str) else None


def _columns_of(drop: DropTable, migration: Migration, context: Context) -> set[tuple[str | None, str | None]]:
    """Names and kinds of the columns of a dropped table; none where they are not all known."""
    known = table_before(context, drop, drop.table, drop.schema)
    if known.exists is True and known.whole:
        return {(bare(column.name), family(column.type)) for column in known.columns.values()}
    for op in migration.downgrade.operations if migration.downgrade else ():
        if isinstance(op, CreateTable) and op.whole and bare(op.table) == bare(drop.table):
            return _set(op.columns)
    return set()


def _set(columns: tuple[Column, ...]) -> set[tuple[str | None, str | None]]:
    return {(bare(column.name), family(column.type)) for column in columns}


def _copied(operations: tuple[Operation, ...], new: AddColumn | CreateTable) -> bool:
    """Whether rows may be carried over: something that cannot be read, or a line that writes to the new place."""
    target = bare(new.table)
    for op in operations:
        if isinstance(op, OtherCall):
            return True
        if isinstance(op, OtherSql) and (not isinstance(op.text, str) or mentions(op.text, str(new.table))):
            return True
        if isinstance(op, WriteRows) and bare(op.table) in (None, target):
            return True
    return False
