"""Words that several checks share: lists, SQL cut short, and operations that put something back."""

from __future__ import annotations

from collections.abc import Sequence

from ..live.schema import Difference

_SHOWN = 8
_CONSTRAINTS = {"unique": "unique", "check": "check", "foreign key": "foreignkey", "primary key": "primary"}


def shortened(sql: str, length: int = 160) -> str:
    """SQL on one line."""
    line = " ".join(sql.split())
    return line if len(line) <= length else f"{line[: length - 3]}..."


def listed(sentences: Sequence[str]) -> str:
    """Sentences in one, the first ones when there are many."""
    more = len(sentences) - _SHOWN
    return "; ".join(" ".join(sentence.split()) for sentence in sentences[:_SHOWN]) + (
        f"; and {more} more" if more > 0 else ""
    )


def tables(names: Sequence[str]) -> str:
    """Names in a phrase, such as "persona, belief and 3 more tables"."""
    if len(names) <= 2:
        return " and ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2} more table{'s' if len(names) > 3 else ''}"


def undoing(difference: Difference, dialect: str) -> str | None:
    """An operation that takes away what a step left, None where the catalogue does not show enough to write it."""
    kind, name, table = difference.kind, difference.name, difference.table
    own = own_name(difference)
    if kind == "table":
        return f"op.drop_table({_table(name)})"
    if kind == "column" and table:
        return f"op.drop_column({_table(table, own)})"
    if kind == "index" and table:
        return f'op.drop_index("{own}", {_table(table, keyword="table_name")})'
    if kind in _CONSTRAINTS and table:
        if dialect == "sqlite":
            drop = f'batch.drop_constraint("{own}", type_="{_CONSTRAINTS[kind]}")'
            return f'with op.batch_alter_table("{table}") as batch:\n    {drop}'
        return f'op.drop_constraint("{own}", {_table(table)}, type_="{_CONSTRAINTS[kind]}")'
    if kind == "enum":
        return f"sa.Enum({_table(name, keyword='name')}).drop(op.get_bind(), checkfirst=True)"
    if kind == "trigger" and table:
        return f'op.execute("DROP TRIGGER {own}{f" ON {table}" if dialect == "postgresql" else ""}")'
    if kind == "exclusion" and table:
        return f'op.execute("ALTER TABLE {table} DROP CONSTRAINT {own}")'
    if table is None or kind in ("view", "materialized view", "sequence"):
        return f'op.execute("DROP {kind.upper()} {name}")'
    return None


def own_name(difference: Difference) -> str:
    """The name without that of its table or schema."""
    return difference.name.rpartition(".")[2]


def _table(name: str, *more: str, keyword: str = "") -> str:
    """Arguments that name a table or type, with its schema where it is not the default one."""
    schema, _, plain = name.rpartition(".")
    first = f'{keyword}="{plain}"' if keyword else f'"{plain}"'
    return ", ".join([first, *(f'"{each}"' for each in more), *([f'schema="{schema}"'] if schema else [])])
