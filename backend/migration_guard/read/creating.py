"""Tables, types, sequences and indexes that are made or dropped by themselves: `sa.Enum(...).create(bind)`."""

from __future__ import annotations

import ast

from ..facts import CreateObject, CreateType, DropObject, DropType, Flag, Unread
from ..records import replace
from .calls import operation
from .columns import enum_type
from .executed import table_call
from .record import Record, table_name
from .values import AT_RUN_TIME, Arguments, Attr, Dotted, Either, Given, LocalClass, Made


def made_or_dropped(record: Record, on: object, verb: str, node: ast.expr, arguments: Arguments) -> bool:
    """Whether `<on>.create(...)` or `.drop(...)` was an operation, which is then added."""
    if isinstance(on, Attr) and on.name == "__table__" and isinstance(on.on, LocalClass):
        on = _model_table(on.on, node)
    if isinstance(on, Either):
        done = [made_or_dropped(record, option, verb, node, arguments) for option in on.options]
        return any(done)
    if not isinstance(on, Made):
        return False
    tolerant = _tolerates(record, on, arguments, node)
    common = {**record.common(node), "tolerant": tolerant}
    if on.name in {"Enum", "ENUM"}:
        enum = enum_type(record, on)
        name = enum.name if enum is not None and enum.name is not None else "?"
        fact = CreateType(name=name, enum=enum, **common)
        record.add(fact if verb == "create" else DropType(name=name, **common))
        return True
    if on.name == "Table":
        found = table_call(record, verb, on, node)
        if found is not None:
            record.add(replace(found, tolerant=tolerant))
        return found is not None
    if on.name == "Sequence" and (first := on.arguments.first("name")) is not None:
        kind = CreateObject if verb == "create" else DropObject
        record.add(kind(kind="sequence", name=record.text(first, "a sequence named"), **common))
        return True
    if on.name == "Index":
        return _index(record, on, verb, node)
    return False


def _index(record: Record, made: Made, verb: str, node: ast.expr) -> bool:
    """`sa.Index("ix", t.c.name).create(bind)`."""
    columns = made.arguments.positional[1:]
    table = None
    for given in columns:
        value = given.value
        if isinstance(value, Attr):
            table = table or table_name(value.on.on if isinstance(value.on, Attr) else value.on)
    extra = {"columns": Given([given.value for given in columns], node)}
    extra["table_name"] = Given(AT_RUN_TIME if table is None else table, node)
    positional = made.arguments.positional[:1]
    arguments = Arguments(positional, {**made.arguments.named, **extra}, made.arguments.whole)
    fact = operation(record, f"{verb}_index", arguments, node)
    if fact is not None:
        record.add(fact)
    return fact is not None


def _tolerates(record: Record, made: Made, arguments: Arguments, node: ast.expr) -> Flag:
    """Whether `.create(bind, checkfirst=True)` looks first: PostgreSQL's ENUM and sequences do unless they are told."""
    given = arguments.positional[1] if len(arguments.positional) > 1 else arguments.named.get("checkfirst")
    if given is None:
        return made.name in {"ENUM", "Sequence"}
    if isinstance(given.value, bool):
        return given.value
    return Unread(record.source.place(node), "whether it may be there, chosen at run time")


def _model_table(model: LocalClass, node: ast.expr) -> Made:
    """The table of a model of the file, as `sa.Table(...)` would write it."""
    given = [Given(model.members.get("__tablename__", AT_RUN_TIME), node)]
    for name, value in model.members.items():
        if isinstance(value, Made) and value.name in {"Column", "mapped_column"}:
            arguments = Arguments(value.arguments.positional, {"name": Given(name, node), **value.arguments.named})
            first = value.arguments.positional[0].value if value.arguments.positional else None
            if isinstance(first, str):
                arguments = value.arguments
            given.append(Given(Made(value.callee, arguments, value.node), value.node))
    return Made(Dotted("sqlalchemy.Table"), Arguments(given), node)
