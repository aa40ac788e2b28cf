"""What runs through `execute(...)`: SQL text, and SQLAlchemy's own insert, update and delete."""

from __future__ import annotations

import ast
import re
from typing import Literal

from ..facts import Column, CreateObject, DropObject, Flag, Operation, OtherSql, SetOption, Text, Unread, WriteRows
from ..records import replace
from .calls import operation
from .choosing import chosen
from .columns import is_null, table_name, table_schema
from .conditions import KNOWN
from .record import Record, column_name, keys, text_of
from .values import HOLE, LONGEST, Arguments, Attr, Dotted, Either, Given, Link, LocalClass, Made, how, links

EXECUTES = frozenset({"execute", "exec_driver_sql", "executemany", "executescript", "scalar", "scalars"})
SQL_ARGUMENTS = ("sqltext", "statement", "sql", "query", "clause", "object_", "clauseelement")
TEXTS = frozenset({"text", "DDL"})
WRITES = frozenset({"insert", "update", "delete"})
RowChange = Literal["insert", "update", "delete"]
BY_SESSION: dict[str, RowChange] = {
    "add": "insert",
    "add_all": "insert",
    "merge": "update",
    "delete": "delete",
    "bulk_save_objects": "insert",
    "bulk_insert_mappings": "insert",
    "bulk_update_mappings": "update",
}
SESSIONS = frozenset({"Session", "sessionmaker", "scoped_session", "AsyncSession", "async_sessionmaker"})
READS = frozenset({"select", "query", "union", "union_all", "exists", "with_only_columns", "func", "count"})
OBJECTS: dict[str, tuple[type[CreateObject] | type[DropObject], str]] = {
    "CreateSequence": (CreateObject, "sequence"),
    "DropSequence": (DropObject, "sequence"),
    "CreateSchema": (CreateObject, "schema"),
    "DropSchema": (DropObject, "schema"),
}
_BLOCK = re.compile(r"\bDO\b\s+(?:LANGUAGE\b|['$])", re.IGNORECASE)
PLACEHOLDER = "__unread__"  # what `statements` takes for a part that is known only at run time


def executed(record: Record, given: Given, node: ast.expr, parameters: Given | None = None) -> None:
    """Add the operations of one `execute(...)`."""
    value = given.value
    if isinstance(value, Either):
        before, record.conditional = record.conditional, True
        for option in value.options:
            executed(record, Given(option, given.node), node, parameters)
        record.conditional = before
        return
    if isinstance(value, str):
        raw_sql(record, value, node)
        return
    if isinstance(value, list) and value and all(isinstance(item, (str, Made)) for item in value):
        for item in value:
            executed(record, Given(item, given.node), node)
        return
    chain = links(value)
    words = [link.name for link in chain]
    if any(word in TEXTS for word in words):
        link = next(link for link in chain if link.name in TEXTS)
        first = link.arguments and link.arguments.first("text", "statement")
        if first and isinstance(first.value, (str, Either)):
            filled = _filled(link, first.value) if link.name == "DDL" else first.value
            executed(record, Given(filled, first.node), node)
            return
        value = first.value if first else value
    elif any(word in WRITES for word in words):
        record.add(write(record, chain, node, parameters))
        return
    elif any(word in READS for word in words) or (chain and _element(record, value, node)):
        return
    common = record.common(node)
    common["by_sql"] = True
    why = record.missing(record.source.place(node), f"SQL made {how(value)}")
    record.add(OtherSql(text=why, **common))


def _filled(link: Link, statement: object) -> object:
    """The text of `sa.DDL("... %(table)s", context={...})`, as SQLAlchemy fills it in."""
    given = link.arguments and link.arguments.named.get("context")
    if not isinstance(statement, str) or not given:
        return statement
    parts = {key: text_of(value) for key, value in given.value.items()} if isinstance(given.value, dict) else {}
    text = re.sub(r"%\((\w+)\)s", lambda found: parts.get(found[1]) or HOLE, statement)
    return text.replace("%%", "%")


def _element(record: Record, value: object, node: ast.expr) -> bool:
    """Whether the value was a DDL element, `CreateTable(t)`, `CreateSequence(s)`: then its operation is added."""
    first = value.arguments.first("element", "name") if isinstance(value, Made) else None
    if first is None or not isinstance(value, Made):
        return False
    if value.name in OBJECTS:
        fact, kind = OBJECTS[value.name]
        inner = first.value.arguments.first("name") if isinstance(first.value, Made) else first
        name = record.text(inner or first, f"a {kind} named")
        record.add(fact(kind=kind, name=name, **record.common(node)))
        return True
    if value.name in {"CreateTable", "DropTable"} and isinstance(first.value, Made) and first.value.name == "Table":
        found = table_call(record, "create" if value.name == "CreateTable" else "drop", first.value, node)
        if found is not None:
            record.add(found)
            return True
    return False


def table_call(record: Record, verb: str, made: Made, node: ast.expr) -> Operation | None:
    """The operation of `sa.Table(...).create(bind)` or `.drop(bind)`."""
    positional = [
        given
        for given in made.arguments.positional
        if not (isinstance(given.value, Made) and given.value.name == "MetaData") and not _is_metadata(given)
    ]
    arguments = Arguments(positional, made.arguments.named, made.arguments.whole)
    if verb == "drop":
        arguments = Arguments(positional[:1], {k: v for k, v in made.arguments.named.items() if k == "schema"})
    return operation(record, f"{verb}_table", arguments, node)


def _is_metadata(given: Given) -> bool:
    value = given.value
    name = value.path if isinstance(value, Dotted) else value.name if isinstance(value, Attr) else ""
    return name.rpartition(".")[2] in {"metadata", "meta"} or (
        isinstance(given.node, ast.Name) and given.node.id in {"metadata", "meta"}
    )


def write(record: Record, chain: list[Link], node: ast.expr, parameters: Given | None = None) -> WriteRows:
    """The rows that a chain such as `t.update().where(...).values(...)` writes, run with these parameters."""
    index = next(i for i in reversed(range(len(chain))) if chain[i].name in WRITES)
    link = chain[index]
    first = link.arguments.first("table", "entity") if link.arguments else None
    table: Text | None = None
    if link.on is None:
        target = first.value if first else None
    else:
        target = link.on
        query = next((each for each in chain[:index] if each.name == "query" and each.arguments), None)
        if query is not None and query.arguments and (entity := query.arguments.first()):
            target = entity.value.on if isinstance(entity.value, Attr) else entity.value
    table = table_name(target)
    if table is None:
        table = Unread(record.source.place(node), f"a table named {how(target)}")
    columns: list[object] = []
    conditions: list[Given] = []
    by_name = False
    for each in chain:
        if each.arguments is None:
            continue
        if each.name in {"values", "ordered_values"}:
            columns += keys(each.arguments)
        elif each.name == "from_select":
            given = each.arguments.first("names")
            columns += given.value if given is not None and isinstance(given.value, list) else []
        elif each is link and each.name == "update" and each.on is not None:
            columns += keys(each.arguments)
        elif each.name in {"where", "filter"}:
            conditions += each.arguments.positional
        elif each.name in {"filter_by", "join", "limit", "having"}:
            by_name = True
    if not columns and parameters is not None:
        columns = keys(Arguments([parameters]))
    names = tuple(
        Unread(record.source.place(node), f"a column named {how(column)}") if found is None else found
        for column in columns
        for found in (column_name(column),)
        if found not in {"synchronize_session", "whereclause"}
    )
    kind: RowChange = "insert" if link.name == "insert" else "update" if link.name == "update" else "delete"
    rows = chosen(conditions)
    names_of_links = {each.name for each in chain}
    from_query = "from_select" in names_of_links
    null = null_test(conditions[0].value) if len(conditions) == 1 and not by_name else None
    where: Flag = bool(conditions) or by_name
    return WriteRows(
        kind=kind,
        table=table,
        schema=table_schema(target),
        columns=names,
        where=where,
        where_null=() if null is None else (null,),
        where_columns=rows.columns,
        from_query=from_query,
        one_row_each=not from_query if kind == "insert" else rows.one_row,
        in_batches=record.in_loop and (rows.limited or "limit" in names_of_links),
        idempotent=kind == "insert" and _may_be_there(chain),
        **record.common(node),
    )


def _may_be_there(chain: list[Link]) -> bool:
    """Whether an insert passes over rows that are there already."""
    for link in chain:
        if link.name.startswith(("on_conflict_do", "on_duplicate_key")):
            return True
        words = [given.value for given in link.arguments or () if isinstance(given.value, str)]
        if link.name == "prefix_with" and any("IGNORE" in word.upper() or "REPLACE" in word.upper() for word in words):
            return True
        nodes = [each for given in link.arguments or () for each in ast.walk(given.node)]
        if link.name == "from_select" and any(getattr(each, "attr", "") in ("exists", "except_") for each in nodes):
            return True
    return False


def null_test(value: object) -> str | None:
    """The column that a condition demands to be NULL: `t.c.x.is_(None)`, `t.c.x == None`."""
    if isinstance(value, Made) and value.name in {"is_", "is_null"} and isinstance(value.callee, Attr):
        first = value.arguments.first("other")
        if first is None or is_null(first.value):
            return column_name(value.on)
    return None


def assigned(record: Record, name: str, model: object, node: ast.expr) -> None:
    """Add what `user.name = ...` does to a row of a query: an update of rows that are chosen at run time."""
    columns: tuple[Text, ...] = (name,)
    if isinstance(model, LocalClass):
        member = model.members.get(name)
        if isinstance(member, Made) and member.name == "relationship":
            columns += (f"{name}_id",)  # the foreign key that SQLAlchemy fills, by its usual name
    record.add(_by_row(record, "update", model, columns, node))


def by_session(record: Record, name: str, arguments: Arguments, node: ast.expr) -> None:
    """Add what `session.add(Model(...))` and its relatives do."""
    given = arguments.first("instance", "instances", "mapper", "objects")
    value = None if given is None else given.value
    for each in value if isinstance(value, list) and value else [value]:
        model = each.callee if isinstance(each, Made) and isinstance(each.callee, (LocalClass, Dotted)) else each
        columns = tuple(each.arguments.named) if isinstance(each, Made) else ()
        record.add(_by_row(record, BY_SESSION[name], getattr(each, "model", model), columns, node))


def _by_row(record: Record, kind: RowChange, model: object, columns: tuple[Text, ...], node: ast.expr) -> WriteRows:
    at = record.source.place(node)
    name = table_name(model)
    table: Text = Unread(at, f"a table named {how(model)}") if name is None else name
    where: Flag = False if kind == "insert" else Unread(at, "rows chosen at run time")
    return WriteRows(
        kind=kind,
        table=table,
        schema=table_schema(model),
        columns=columns,
        where=where,
        one_row_each=True,
        **record.common(node),
    )


def row_model(value: object) -> object:
    """The model whose rows a chain with `query(Model)` or `select(Model)` gives; None where there is none."""
    if isinstance(value, Either):
        models = {id(model): model for model in map(row_model, value.options)}
        return models.popitem()[1] if len(models) == 1 else None
    for link in links(value):
        first = link.arguments.first() if link.arguments else None
        if first is None:
            continue
        if link.name in EXECUTES and (model := row_model(first.value)) is not None:
            return model
        if link.name in {"query", "select"}:
            found = first.value.on if isinstance(first.value, Attr) else first.value
            if isinstance(found, (LocalClass, Dotted, Made)):
                return found
    return None


def raw_sql(record: Record, sql: str, node: ast.expr) -> None:
    """Add the operations of SQL text, which may hold parts known only at run time."""
    from .sql import statements  # a migration without SQL does not need it

    text = sql.replace(HOLE, PLACEHOLDER)
    changes = record.circumstances()
    at = record.source.place(node)
    unreadable = "SQL made at run time" if not sql.replace(HOLE, "").strip(" ;\n\t") else None
    if len(sql) > LONGEST:
        unreadable = f"SQL of {len(sql):,} characters, more than the reader follows"
    if unreadable is not None:
        why = record.missing(at, unreadable)
        record.add(OtherSql(text=why, by_sql=True, **record.common(node)))
        return
    read = statements(text, at=at, direction=record.direction, dialects=record.dialects)
    together = tuple(dict.fromkeys(found.source.replace(PLACEHOLDER, "{...}") for found in read))
    if len(together) > 1 and not _BLOCK.search(text):
        changes["among"] = together
    for found in read:
        _list_unread(record, found)
        if isinstance(found, WriteRows) and found.in_batches and not record.in_loop:
            found = replace(found, in_batches=False)
        if text is not sql:
            changes["source"] = found.source.replace(PLACEHOLDER, "{...}")
            if isinstance(found, OtherSql) and isinstance(found.text, str):
                changes["text"] = changes["source"]
            else:
                changes.pop("text", None)
        record.add(replace(found, **changes) if changes else found)


def _list_unread(record: Record, found: Operation) -> None:
    """List what of a statement could not be read, but for rows, values and conditions, which change no verdict."""
    if isinstance(found, WriteRows):
        if isinstance(found.table, Unread):
            record.missing(found.at, "a table named at run time")
        return
    if found.dialects is not None and not found.dialects & KNOWN:
        return
    for name, value in vars(found).items():
        if name in ("condition", "where", "using") or isinstance(found, SetOption):
            continue
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Unread):
                record.missing(found.at, "a table named at run time" if name == "table" else each.why)
            elif isinstance(each, Column) and isinstance(each.name, Unread):
                record.missing(found.at, "a column named at run time")


def sql_given(arguments: Arguments) -> Given | None:
    """The argument that holds the SQL of an `execute(...)`."""
    return arguments.first(*SQL_ARGUMENTS)


def is_statement(value: object) -> bool:
    """Whether a value is SQL beyond doubt: `text(...)`, an insert, update, delete or select."""
    return any(link.name in TEXTS | WRITES | READS for link in links(value))


def parameters(arguments: Arguments) -> Given | None:
    """The argument that holds the parameters of an `execute(...)`."""
    if len(arguments.positional) > 1:
        return arguments.positional[1]
    return arguments.named.get("parameters") or arguments.named.get("params")


def is_autocommit(value: object) -> bool:
    """Whether a connection was given `isolation_level="AUTOCOMMIT"`."""
    for link in links(value):
        if link.name == "execution_options" and link.arguments:
            given = link.arguments.named.get("isolation_level")
            if given is not None and text_of(given.value) == "AUTOCOMMIT":
                return True
    return False
