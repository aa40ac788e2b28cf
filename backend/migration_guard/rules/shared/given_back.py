"""What type a column had before the upgrade, where the downgrade gives it another one."""

from __future__ import annotations

from ...facts import AlterColumn, Context, Operation
from ...replay import column_before
from ...replay.names import bare
from ...replay.types import SqlType, type_of
from .editing import edited
from .own_lines import statement
from .restoring import python_type

# Kinds that databases, and reflection by SQLAlchemy, have one for another.
_ALIKE = ({"varchar", "text", "char"}, {"float", "real", "double precision", "numeric"}, {"enum", "varchar"})


def had_before(op: AlterColumn, context: Context) -> str | None:
    """The type that the column had, in the words of the history; None where the downgrade gives it back, or where
    either is not known or the upgrade itself says otherwise."""
    up = context.migration.upgrade if context.migration is not None else None
    gives = type_of(op.type)
    if up is None or not up.operations or gives is None or op.using is not None or op.conditional:
        return None
    known = column_before(context, up.operations[0], op.table, op.name, op.schema)
    had = type_of(known.type, known.enum) if known is not None else None
    if known is None or known.made_by is None or had is None or _same(had, gives):  # not what a line merely claims
        return None
    claimed = [one.existing_type for one in up.operations if isinstance(one, AlterColumn) and _is_of(one, op)]
    if any(claim is not None and ((kind := type_of(claim)) is None or _same(kind, gives)) for claim in claimed):
        return None
    return known.type if isinstance(known.type, str) else None


def with_type(op: AlterColumn, context: Context, had: str) -> str:
    """The user's own line with the type that the column had; none where the upgrade leaves the column alone."""
    up = context.migration.upgrade if context.migration is not None else None
    if not any(_is_of(one, op) for one in (up.operations if up else ())):
        return f"pass  # no line for {op.table}.{op.name}, which the upgrade leaves as it is"
    kind = python_type(had)
    line = edited(op.source, {"type_": kind}) if kind is not None and not op.by_sql else None
    return line or f"{statement(op)}  # with the type that it had: {had}"


def _same(one: SqlType, other: SqlType) -> bool:
    if one.kind != other.kind:
        return any({one.kind, other.kind} <= kinds for kinds in _ALIKE)
    if one.item is not None and other.item is not None:
        return _same(one.item, other.item)
    return one.zone is other.zone and (one.item is None) is (other.item is None)


def _is_of(one: Operation, op: AlterColumn) -> bool:
    return isinstance(one, AlterColumn) and bare(one.table) == bare(op.table) and bare(one.name) == bare(op.name)
