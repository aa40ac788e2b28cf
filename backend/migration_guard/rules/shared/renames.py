"""Which column or table seems to come back under another name in the upgrade that drops it: perhaps a rename."""

from __future__ import annotations

import re

from ...facts import (
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
from ...records import dataclass
from ...replay import column_before, table_before
from ...replay.names import bare, mentions
from .types import family, same_type

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


@dataclass(frozen=True)
class Again:
    """A dropped column as it was, and the line that seems to add it again."""

    old: Column
    by: AddColumn


def column_again(drop: DropColumn, migration: Migration, context: Context) -> Again | None:
    """The line of the upgrade that seems to add a dropped column again, under another name."""
    operations = migration.upgrade.operations if migration.upgrade else ()
    drops = [op for op in operations if isinstance(op, DropColumn) and not (op.conditional or op.by_sql)]
    adds = [op for op in operations if isinstance(op, AddColumn) and not (op.conditional or op.by_sql)]
    old = _as_it_was(drop, migration, context) if adds and drop in drops else None
    if old is None:
        return None
    fits = [add for add in adds if _fits(drop, old, add) and not _elsewhere(drop, old, add, migration, context)]
    if len(fits) != 1:
        return None
    (add,) = fits
    rivals = [one for one in drops if one is not drop and bare(one.table) == bare(drop.table)]
    closer = [one for one in rivals if _nearness(one.name, add) > _nearness(drop.name, add)]
    meant = closer or _copied(operations, add) or _moved(operations, drop) or _told(migration.message, drop, add)
    return None if meant else Again(old, add)


def table_again(drop: DropTable, migration: Migration, context: Context) -> CreateTable | None:
    """The line of the upgrade that seems to make a dropped table again, under another name."""
    operations = migration.upgrade.operations if migration.upgrade else ()
    made = [op for op in operations if isinstance(op, CreateTable) and op.whole and not op.temporary]
    if not made or drop.conditional or bare(drop.table) in {bare(op.table) for op in made}:
        return None
    old = _columns_of(drop, migration, context)
    fits = [op for op in made if len(old) > 1 and _set(op.columns) == old]
    return fits[0] if len(fits) == 1 and not _copied(operations, fits[0]) else None


def _told(message: str, drop: DropColumn, add: AddColumn) -> bool:
    """Whether the revision's message says itself that the one column goes and the other is new."""
    gone, new = re.escape(str(drop.name)), re.escape(str(add.column.name))
    goes = rf"\b(?:remov|drop|delet)\w*\b\W*(?:\w+\W+){{0,2}}\b{gone}\b"
    comes = rf"\badd\w*\b\W*(?:\w+\W+){{0,2}}\b{new}\b"
    return all(re.search(said, message, re.IGNORECASE) for said in (goes, comes))


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
    if not same_type(old.type, new.type) or new.generated:
        return False
    return family(new.type) not in _COMMON or _nearness(drop.name, add) >= _NEAR


def _nearness(name: object, add: AddColumn) -> float:
    """How much two names have in common, from 0 to 1: words of theirs, or letters."""
    one, other = (_words(str(text)) for text in (name, add.column.name))
    if not one or not other:
        return 0.0
    import difflib  # late: few revisions drop one name and add another

    letters = difflib.SequenceMatcher(None, "_".join(one), "_".join(other)).ratio()
    first, second = set(one), set(other)
    return max(letters if letters >= _SPELLED else 0.0, len(first & second) / len(first | second))


def _words(name: str) -> list[str]:
    """The words of a name that tell it from others."""
    return [word for word in re.split(r"_+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()) if word not in _EMPTY]


def _elsewhere(drop: DropColumn, old: Column, add: AddColumn, migration: Migration, context: Context) -> bool:
    """Whether both are keys, and of different tables."""
    operations = migration.upgrade.operations if migration.upgrade else ()
    first = next((op for op in operations if op.at.path == drop.at.path), drop)  # the key may be dropped above
    keys = table_before(context, first, drop.table, drop.schema).constraints
    before = {bare(key.references) for key in keys if {bare(one) for one in key.columns} == {bare(drop.name)}}
    after = {
        bare(op.references)
        for op in operations
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


def _moved(operations: tuple[Operation, ...], drop: DropColumn) -> bool:
    """Whether a table that is made beside has a column of the dropped one's name: what it held belongs there now."""
    made = [op for op in operations if isinstance(op, CreateTable) and bare(op.table) != bare(drop.table)]
    return any(bare(column.name) == bare(drop.name) for op in made for column in op.columns)


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
