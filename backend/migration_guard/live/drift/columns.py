"""Operations on columns that Alembic does not write by itself, or not in one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column

from ..schema import Difference
from ..type_families import family
from .scope import own_name

# What one AlterColumnOp can change, and how Alembic says that it does not.
_CHANGES = {"modify_type": None, "modify_nullable": None, "modify_server_default": False, "modify_comment": False}
# Families whose values PostgreSQL puts into each other's columns by itself.
_KIN = ({"integer", "decimal", "float"}, {"timestamp", "date"})


def altered(difference: Difference, table: str, schema: str, name: str, column: Column[Any]) -> Iterator[Any]:
    """The operation for one changed property of a column; a comment where there is none, or before it."""
    changed: dict[str, Any] = {}
    if difference.property == "type":
        changed["modify_type"] = column.type
    elif difference.property == "nullable":
        changed["modify_nullable"] = bool(column.nullable)
        if not column.nullable:
            yield f'# first: op.execute("UPDATE {difference.table} SET {name} = <value> WHERE {name} IS NULL")'  # noqa: S608
    elif difference.property == "default":
        default = column.server_default
        changed["modify_server_default"] = default if difference.after else None
    elif difference.property == "comment":
        changed["modify_comment"] = column.comment
    else:
        yield f"# {difference.property} of {name} cannot be changed by one operation: {difference.sides()[2]}"
        return
    yield ops.AlterColumnOp(table, name, schema=schema or None, existing_type=None, **changed)


def merged(operations: Iterable[Any]) -> list[Any]:
    """All changes of one column in one operation."""
    found: list[Any] = []
    for each in operations:
        last = found[-1] if found else None
        if (
            isinstance(each, ops.AlterColumnOp)
            and isinstance(last, ops.AlterColumnOp)
            and _column_of(each) == _column_of(last)
        ):
            for name, unset in _CHANGES.items():
                if getattr(each, name) is not unset:
                    setattr(last, name, getattr(each, name))
            continue
        found.append(each)
    return found


def alone(column: Column[Any]) -> Column[Any]:
    """The column as it is added alone: keys and indexes are differences of their own."""
    return Column(
        column.name,
        column.type,
        *((column.server_default,) if _is_construct(column) else ()),
        nullable=column.nullable,
        server_default=None if _is_construct(column) else column.server_default,
    )


def with_casts(code: str, table: str, differences: Sequence[Difference]) -> str:
    """The operations with USING where PostgreSQL casts nothing by itself, which Alembic does not write."""
    for each in differences:
        if each.property != "type" or not _needs_a_cast(each.before, each.after):
            continue
        column = own_name(each)
        using = f",\n           postgresql_using={f'{column}::{each.after}'!r})"
        one = re.compile(rf"(op\.alter_column\({table!r}, {column!r},(?:\n {{7}}.*)*?)\)(?=\n\S|\Z)")
        code = one.sub(lambda match, using=using: match[1] + using, code)  # type: ignore[misc]
    return code


def _needs_a_cast(before: str, after: str) -> bool:
    one, other = family(before, "postgresql"), family(after, "postgresql")
    return one != other and other != "text" and not any({one, other} <= kin for kin in _KIN)


def _column_of(operation: ops.AlterColumnOp) -> tuple[str, str]:
    return operation.table_name, operation.column_name


def _is_construct(column: Column[Any]) -> bool:
    """Whether the default is an Identity or a Computed, which a column takes by position."""
    return column.server_default is not None and not hasattr(column.server_default, "arg")
