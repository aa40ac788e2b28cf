"""Words that several checks share: lists, SQL cut short, and operations that put something back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...live.schema import Difference

_SHOWN = 8
_CONSTRAINTS = {"unique": "unique", "check": "check", "foreign key": "foreignkey", "primary key": "primary"}

_TYPE = re.compile(r"([a-z ]+)(?:\(([\d, ]+)\))?")
_TYPES = {
    **dict.fromkeys(("varchar", "character varying"), "sa.String"),
    **dict.fromkeys(("char", "character"), "sa.CHAR"),
    **dict.fromkeys(("decimal", "numeric"), "sa.Numeric"),
    **dict.fromkeys(("datetime", "timestamp without time zone"), "sa.DateTime"),
    **dict.fromkeys(("float", "double precision"), "sa.Float"),
    **{name: f"sa.{name.capitalize()}" for name in ("text", "integer", "boolean", "date", "time", "uuid")},
    "bigint": "sa.BigInteger",
    "smallint": "sa.SmallInteger",
    "json": "sa.JSON",
    "jsonb": "postgresql.JSONB",
}


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


def in_the_way(rows: Sequence[str]) -> str:
    """A sentence, with a space before it, on the rows that made a step fail; empty where none are known."""
    return f" Of the made-up rows these stood in the way: {'; '.join(rows)}." if rows else ""


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
        quoted = kind == "extension" and not name.isidentifier()
        return f"""op.execute('DROP EXTENSION "{name}"')""" if quoted else f'op.execute("DROP {kind.upper()} {name}")'
    return None


def restoring(difference: Difference, dialect: str) -> str | None:
    """An operation that gives a column back what it was, None for what no one line does."""
    if difference.kind != "column" or difference.table is None:
        return None
    argument = _argument(difference.property, difference.before)
    if argument is None:
        return None
    own = own_name(difference)
    if dialect == "sqlite":
        return f'with op.batch_alter_table("{difference.table}") as batch:\n    batch.alter_column("{own}", {argument})'
    schema, _, plain = difference.table.rpartition(".")
    last = f', schema="{schema}"' if schema else ""
    return f'op.alter_column("{plain}", "{own}", {argument}{last})'


def own_name(difference: Difference) -> str:
    """The name without that of its table or schema."""
    return difference.name.rpartition(".")[2]


def _argument(name: str, before: str) -> str | None:
    if name == "nullable":
        return f"nullable={before != 'no'}"
    if name == "default":
        return f"server_default=sa.text({before!r})" if before else "server_default=None"
    if name == "type" and (code := type_in_code(before)):
        return f"type_={code}"
    return None


def type_in_code(shown: str) -> str | None:
    """A type of the catalogue or of SQL as Python: "VARCHAR(40)" is sa.String(40). None for others."""
    match = _TYPE.fullmatch(shown.strip().lower())
    type_ = _TYPES.get(match[1].strip()) if match else None
    return f"{type_}({match[2] or ''})" if match and type_ else None


def _table(name: str, *more: str, keyword: str = "") -> str:
    """Arguments that name a table or type, with its schema where it is not the default one."""
    schema, _, plain = name.rpartition(".")
    first = f'{keyword}="{plain}"' if keyword else f'"{plain}"'
    return ", ".join([first, *(f'"{each}"' for each in more), *([f'schema="{schema}"'] if schema else [])])
