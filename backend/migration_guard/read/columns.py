"""Columns, constraints and enum types, as `sa.Column(...)` and its relatives write them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from sys import intern

from ..facts import Column, Constraint, ConstraintKind, EnumType, Filled, Flag, Text, Unread
from .record import Record, column_name, text_of
from .values import Arguments, Attr, Dotted, Either, Given, LocalClass, Made, how, root

INTEGERS = frozenset({"Integer", "INTEGER", "BigInteger", "BIGINT", "SmallInteger", "SMALLINT", "INT"})
CONSTRAINTS = frozenset(
    {"UniqueConstraint", "ForeignKeyConstraint", "CheckConstraint", "PrimaryKeyConstraint", "ExcludeConstraint"}
)
COLUMNS = frozenset({"Column", "mapped_column"})
# What stands among the arguments of a column and is not its type.
_NO_TYPES = CONSTRAINTS | {"Identity", "Computed", "ForeignKey", "Sequence", "FetchedValue", "DefaultClause"}
_MAY_BE_ENUMS = frozenset({"Enum", "ENUM", "ARRAY", "with_variant", "copy", "evolve"})


def is_column(value: object) -> bool:
    """Whether a value is a column that the text shows."""
    if isinstance(value, Made):
        return value.name in COLUMNS or (value.name in {"copy", "_copy"} and is_column(value.on))
    return isinstance(value, Either) and any(is_column(option) for option in value.options)


def column(record: Record, given: Given) -> Column:
    """The column that an argument gives; one without a name where it cannot be read."""
    value = given.value
    if isinstance(value, Made) and value.name in COLUMNS:
        return _written(record, value)
    if isinstance(value, Either):
        options = [column(record, Given(option, given.node)) for option in value.options if is_column(option)]
        if options and len(options) == len(value.options):
            return _stricter(options)
    if isinstance(value, Made) and value.name in {"copy", "_copy"}:
        return column(record, Given(value.on, given.node))
    why = record.missing(record.source.place(given.node), f"a column made {how(value)}")
    return Column(name=why, nullable=why, source=record.source.segment(given.node))


def _stricter(options: list[Column]) -> Column:
    """Of several columns, one of which is chosen at run time, the one with the harder demands."""
    return min(options, key=lambda option: (option.nullable is True, option.server_default is not None))


def _written(record: Record, made: Made) -> Column:
    named, rest = made.arguments.named, made.arguments.positional
    name: Text
    if "name" in named:
        name = record.text(named["name"], "a column named")
    elif rest and _may_be_name(rest[0].value):
        name = record.text(rest[0], "a column named")
        rest = rest[1:]
    else:
        name = record.missing(record.source.place(made.node), "a column without a name")
    type_ = named.get("type_")
    filled: Filled | None = None
    references: Text | None = None
    key: Made | None = None
    check: Text | None = None
    for given in rest:
        value = given.value
        if not isinstance(value, Made) or value.name not in _NO_TYPES:
            type_ = type_ or given
        elif value.name in {"Identity", "Computed"}:
            filled = _filled_as(value)
        elif value.name == "ForeignKey":
            key = value
            references = _reference(record, key)
        elif value.name == "CheckConstraint":
            check = constraint(record, value).condition
    primary_key = "primary_key" in named and record.flag(named["primary_key"], "primary_key set")
    default: Text | None = None
    if "server_default" in named:
        default, by_default = _server_default(record, named["server_default"])
        filled = filled or by_default
    elif not made.arguments.whole:
        default = Unread(record.source.place(made.node), "a default set at run time")
    nullable = _nullable(record, made, primary_key is True or filled == "identity")
    autoincrement = named.get("autoincrement")
    if primary_key is True and references is None and type_ is not None and type_name(type_.value) in INTEGERS:
        counts = autoincrement is None or autoincrement.value is not False
        filled = filled or ("serial" if counts else None)
    return Column(
        name=name,
        type=None if type_ is None else type_text(record, type_),
        nullable=nullable,
        server_default=default,
        generated=filled is not None,
        filled_as=filled,
        primary_key=primary_key,
        unique="unique" in named and record.flag(named["unique"], "unique set"),
        index="index" in named and record.flag(named["index"], "index set"),
        enum=None if type_ is None else enum_type(record, type_.value),
        references=references,
        references_name=None if key is None else _said(record, key.arguments, "name", "a constraint named"),
        on_delete=None if key is None else _said(record, key.arguments, "ondelete", "what happens on delete"),
        check=check,
        collation=None if type_ is None else _collation(record, type_.value),
        python_default="default" in named or "insert_default" in named,
        source=record.source.segment(made.node),
    )


def _filled_as(value: object) -> Filled | None:
    """How the database fills a column with this `Identity(...)` or `Computed(...)`; None where it does not.

    A computed column that says nothing is stored on PostgreSQL before 18, which knows no other.
    """
    if not isinstance(value, Made) or value.name not in {"Identity", "Computed"}:
        return None
    if value.name == "Identity":
        return "identity"
    given = value.arguments.named.get("persisted")
    return "virtual" if given is not None and given.value is False else "stored"


def _said(record: Record, arguments: Arguments, name: str, what: str) -> Text | None:
    given = arguments.named.get(name)
    return None if given is None or given.value is None else record.text(given, what)


def _collation(record: Record, value: object) -> Text | None:
    if not isinstance(value, Made):
        return None
    given = value.arguments.named.get("collation")
    return None if given is None or given.value is None else text_or_unread(record, given, "a collation named")


def _may_be_name(value: object) -> bool:
    """Whether the first argument of a column is its name: a type or a foreign key cannot be."""
    if isinstance(value, str):
        return True
    if isinstance(value, Made) and (value.name in {"quoted_name", "conv"} or text_of(value) is not None):
        return True
    start = root(value)
    return not isinstance(start, Dotted) or not start.path.startswith("sqlalchemy.")


def _nullable(record: Record, made: Made, never: bool) -> Flag:
    given = made.arguments.named.get("nullable")
    if given is not None:
        return record.flag(given, "a nullability set")
    if not made.arguments.whole:
        return record.missing(record.source.place(made.node), "a nullability set at run time")
    return not never


def _flag(record: Record, arguments: Arguments, name: str, *, default: bool) -> Flag:
    given = arguments.named.get(name)
    return default if given is None else record.flag(given, f"{name} set")


def _server_default(record: Record, given: Given) -> tuple[Text | None, Filled | None]:
    """The default as source text, and how it is filled where that is really an identity or computed column."""
    options = given.value.options if isinstance(given.value, Either) else (given.value,)
    filled = {_filled_as(option) for option in options}
    empty = [is_null(option) for option in options]
    if all(empty):
        return None, None
    if any(empty):
        return record.missing(record.source.place(given.node), "a default chosen at run time"), None
    return value_text(record, given), filled.pop() if len(filled) == 1 else None


def is_null(value: object) -> bool:
    """Whether a server default gives no value: `None`, `sa.null()`, `sa.text("NULL")`, a value set by a trigger."""
    if value is None:
        return True
    if not isinstance(value, Made):
        return False
    return value.name in {"null", "FetchedValue"} or (value.name == "text" and (text_of(value) or "").upper() == "NULL")


def value_text(record: Record, given: Given) -> str:
    """The text of a value where it is written: of the call that a variable stands for, else of the argument."""
    if isinstance(given.value, Made):
        return record.source.one_line(given.value.node)
    if isinstance(given.value, str) and not isinstance(given.node, ast.Constant) and text_of(given.value) is not None:
        return repr(given.value)
    return record.source.one_line(given.node)


type_text = value_text


def type_name(value: object) -> str:
    """The last word of a type: "Integer" for `sa.Integer` and for `sa.Integer()`."""
    if isinstance(value, Dotted):
        return value.path.rpartition(".")[2]
    return value.name if isinstance(value, Made) else ""


def enum_type(record: Record, value: object) -> EnumType | None:
    """The enum type inside a column type: by itself, in an array, with variants; None where there is none."""
    if isinstance(value, Either):
        return next((found for option in value.options if (found := enum_type(record, option))), None)
    if not isinstance(value, Made) or value.name not in _MAY_BE_ENUMS:
        return None
    if value.name == "with_variant":
        return _with_variant(record, value)
    if value.name in {"copy", "evolve"}:
        return enum_type(record, value.on)
    if value.name == "ARRAY":
        inner = value.arguments.first("item_type")
        return None if inner is None else enum_type(record, inner.value)
    return _enum(record, value)


def _with_variant(record: Record, made: Made) -> EnumType | None:
    """The enum type of a type with a variant: on PostgreSQL, which alone has such types, that of its variant there."""
    dialects = [text_of(given.value) for given in made.arguments.positional[1:]]
    dialects += [text_of(given.value) for name, given in made.arguments.named.items() if name == "dialect_name"]
    variant = made.arguments.first("type_")
    return enum_type(record, made.on if variant is None or "postgresql" not in dialects else variant.value)


def _enum(record: Record, made: Made) -> EnumType:
    arguments = made.arguments
    first = arguments.positional[0].value if arguments.positional else None
    name: Text | None = None
    labels: tuple[Text, ...]
    if isinstance(first, LocalClass):
        name = first.name.lower()
        labels = tuple(label for label in first.members if not label.startswith("_"))
    elif isinstance(first, Dotted):
        name = first.path.rpartition(".")[2].lower()
        labels = (Unread(record.source.place(made.node), f"labels from another module ({first.path})"),)
    else:
        labels = tuple(text_or_unread(record, given, "a label made") for given in arguments.positional)
    if not arguments.whole:
        labels += (Unread(record.source.place(made.node), "labels made at run time"),)
    if "name" in arguments.named:
        given = arguments.named["name"]
        name = None if given.value is None else record.text(given, "an enum type named")
    return EnumType(
        name=name,
        labels=labels,
        native=_flag(record, arguments, "native_enum", default=True),
        create_type=_flag(record, arguments, "create_type", default=True),
    )


def text_or_unread(record: Record, given: Given, what: str) -> Text:
    """The text of an argument whose absence is worth no line in the report."""
    found = text_of(given.value)
    return Unread(record.source.place(given.node), f"{what} {how(given.value)}") if found is None else found


def _reference(record: Record, made: Made) -> Text:
    """What a foreign key points at: "table.column", or the table of `user.c.id`."""
    given = made.arguments.first("column")
    if given is None:
        return record.missing(record.source.place(made.node), "a foreign key to a column named at run time")
    value = given.value
    if isinstance(value, Attr):
        inner = value.on.on if isinstance(value.on, Attr) and value.on.name == "c" else value.on
        table = table_name(inner)
        if table is not None:
            return f"{table}.{value.name}"
    return record.text(given, "a foreign key to a column named")


def table_name(value: object) -> str | None:
    """The table that a `sa.table`, `sa.Table` or local model stands for."""
    if isinstance(value, Attr) and value.name == "__table__":
        value = value.on
    if isinstance(value, LocalClass):
        if "__tablename__" in value.members:
            return text_of(value.members["__tablename__"])
        return table_name(value.members.get("__table__"))
    if isinstance(value, Made) and value.name in {"table", "Table", "TableClause"}:
        given = value.arguments.first("name")
        return None if given is None else text_of(given.value)
    if isinstance(value, Made) and value.name in {"alias", "aliased"}:
        first = value.arguments.first()
        return table_name(value.on if value.on is not None else first and first.value)
    if isinstance(value, Attr) and isinstance(value.on, Attr) and value.on.name == "tables":
        return value.name  # metadata.tables["persona"], reflected
    return None


def table_schema(value: object) -> Text | None:
    """The schema of a `sa.table`, `sa.Table` or local model; None where none is written."""
    if isinstance(value, Attr) and value.name == "__table__":
        value = value.on
    if isinstance(value, LocalClass):
        if "__table__" in value.members:
            return table_schema(value.members["__table__"])
        options = value.members.get("__table_args__")
        last = options[-1] if isinstance(options, (list, tuple)) and options else options
        return text_of(last.get("schema")) if isinstance(last, dict) else None
    if isinstance(value, Made) and value.name in {"table", "Table", "TableClause"}:
        given = value.arguments.named.get("schema")
        return None if given is None else text_of(given.value)
    if isinstance(value, Made) and value.name in {"alias", "aliased"}:
        first = value.arguments.first()
        return table_schema(value.on if value.on is not None else first and first.value)
    return None


def condition_text(record: Record, given: Given) -> Text:
    """A condition or expression as SQL where that is written, `sa.text("a > 0")`, else as the source writes it."""
    found = text_of(given.value)
    if found is not None:
        return found
    if isinstance(given.value, (Made, Attr, Dotted)):
        return value_text(record, given)
    return Unread(record.source.place(given.node), f"a condition made {how(given.value)}")


def is_expression(value: object) -> bool:
    """Whether a part of an index is computed: `sa.func.lower(...)`, `sa.text("lower(email)")`."""
    if isinstance(value, Made) and value.name == "text":
        words = (text_of(value) or "").split()
        return bool(words) and ("(" in words[0] or not words[0].strip('"`').isidentifier())
    return isinstance(value, Made) and column_name(value) is None


def constraint(record: Record, made: Made) -> Constraint:
    """A constraint inside CREATE TABLE."""
    arguments = made.arguments
    name = _said(record, arguments, "name", "a constraint named")
    source = record.source.segment(made.node)
    if made.name == "ForeignKeyConstraint":
        return _foreign_key(record, made, name)
    if made.name == "CheckConstraint":
        given = arguments.first("sqltext")
        return Constraint(
            "check", name, condition=None if given is None else condition_text(record, given), source=source
        )
    if made.name == "ExcludeConstraint":
        return Constraint("exclude", name, source=source)
    kind: ConstraintKind = "unique" if made.name == "UniqueConstraint" else "primary key"
    columns = tuple(_column(record, given.value, given.node) for given in arguments.positional)
    return Constraint(kind, name, columns, source=source)


def _foreign_key(record: Record, made: Made, name: Text | None) -> Constraint:
    local, remote = _nth(made.arguments, 0, "columns"), _nth(made.arguments, 1, "refcolumns")
    targets = remote.value if remote is not None and isinstance(remote.value, (list, tuple)) else []
    table: Text | None = None
    columns: list[Text] = []
    for target in targets:
        text = text_of(target)
        if isinstance(target, Attr):
            table = table_name(target.on.on if isinstance(target.on, Attr) else target.on)
            columns.append(target.name)
        elif text is not None:
            table = text.rpartition(".")[0]
            columns.append(text.rpartition(".")[2])
    if table is None:
        table = record.missing(record.source.place(made.node), "a foreign key to a table named at run time")
    return Constraint(
        "foreign key",
        name,
        () if local is None else column_names(record, local),
        table,
        tuple(columns) if len(columns) == len(targets) else (),
        _said(record, made.arguments, "ondelete", "what happens on delete"),
        source=record.source.segment(made.node),
    )


def _nth(arguments: Arguments, index: int, name: str) -> Given | None:
    if len(arguments.positional) > index:
        return arguments.positional[index]
    return arguments.named.get(name)


def column_names(record: Record, given: Given) -> tuple[Text, ...]:
    """The columns that a list names; expressions are given as their text."""
    value = given.value
    if isinstance(value, (list, tuple)):
        nodes: Iterable[ast.expr] = [given.node] * len(value)
        if isinstance(given.node, (ast.List, ast.Tuple)) and len(given.node.elts) == len(value):
            nodes = given.node.elts
        return tuple(_column(record, item, node) for item, node in zip(value, nodes, strict=True))
    return (_column(record, value, given.node),)


def _column(record: Record, value: object, node: ast.expr) -> Text:
    found = column_name(value)
    if found is not None:
        return intern(found)
    if isinstance(value, Made) and not isinstance(node, ast.Name):
        return record.source.one_line(value.node)  # an expression, such as sa.func.lower(...)
    return record.missing(record.source.place(node), f"a column named {how(value)}")
