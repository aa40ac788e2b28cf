"""Alembic's operations: one row per operation, from its name and arguments to the fact."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, NamedTuple

from ..facts import (
    AddColumn,
    AlterColumn,
    ConstraintKind,
    CreateConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Flag,
    Operation,
    RenameTable,
    Text,
    Unread,
    WriteRows,
)
from .columns import (
    CONSTRAINTS,
    column,
    column_names,
    condition_text,
    constraint,
    enum_type,
    is_column,
    is_expression,
    is_null,
    table_name,
    table_schema,
    type_text,
    value_text,
)
from .record import Record, column_name, keys
from .values import Arguments, Batch, Either, Given, Made, Unknown, words

# Names that older Alembic versions gave to arguments, and that it still takes in some places.
OLD_NAMES = {
    "name": ("constraint_name", "index_name", "new_column_name"),
    "tablename": ("table_name",),
    "source": ("source_table",),
    "referent": ("referent_table",),
    "type": ("type_",),
}
CONSTRAINT_KINDS: dict[str, ConstraintKind] = {
    "unique": "unique",
    "foreignkey": "foreign key",
    "check": "check",
    "primary": "primary key",
    "exclude": "exclude",
}


class Call:
    """One call of an operation, with its arguments under the names that Alembic gives them."""

    __slots__ = ("batch", "named", "node", "record", "rest", "whole")

    def __init__(
        self, record: Record, names: tuple[str, ...], arguments: Arguments, node: ast.expr, batch: Batch | None
    ) -> None:
        self.record = record
        self.node = node
        self.batch = batch
        self.whole = arguments.whole
        named, positional = arguments.named, arguments.positional
        if not OLD_NAMES.keys().isdisjoint(named):
            named = _under_new_names(named, names)
        self.named = {**dict(zip(names, positional, strict=False)), **named}
        self.rest = positional[len(names) :]

    def text(self, name: str, what: str) -> Text:
        """A text that the call must give."""
        given = self.named.get(name)
        if given is not None and given.value is not None:
            return self.record.text(given, what)
        return self.record.missing(self.record.source.place(self.node), f"{what} at run time")

    def text_if_given(self, name: str, what: str) -> Text | None:
        """A text, or None where the call gives none."""
        given = self.named.get(name)
        return None if given is None or given.value is None else self.record.text(given, what)

    def flag(self, name: str) -> Flag:
        """A truth value; False where the call gives none."""
        given = self.named.get(name)
        return False if given is None else self.record.flag(given, f"{name} set")

    def condition(self, *names: str) -> Text | None:
        """The SQL condition or expression that the first of these arguments gives; None where the call gives none."""
        given = next((self.named[name] for name in names if name in self.named), None)
        return None if given is None or given.value is None else condition_text(self.record, given)

    def tolerates(self) -> Flag:
        """Whether the call asks the database to pass over what is there already, or is not there."""
        named = self.named
        given = named.get("if_exists") or named.get("if_not_exists") or named.get("checkfirst")
        if given is None or given.value is None:
            return False
        if isinstance(given.value, bool):
            return given.value
        return Unread(self.record.source.place(given.node), "whether it may be there, chosen at run time")

    @property
    def table(self) -> Text:
        """The table that the operation works on: the batch block's own, inside one."""
        if self.batch is None:
            return self.text("table_name", "a table named")
        if self.batch.table is None:
            return self.record.missing(self.record.source.place(self.batch.node), "a table named at run time")
        return self.record.text(self.batch.table, "a table named")

    @property
    def schema(self) -> Text | None:
        if self.batch is None:
            return self.text_if_given("schema", "a schema named")
        given = self.batch.schema
        return None if given is None or given.value is None else self.record.text(given, "a schema named")

    def columns(self, name: str) -> tuple[Text, ...]:
        """The columns that a list argument names."""
        given = self.named.get(name)
        return () if given is None else column_names(self.record, given)


def _under_new_names(given: dict[str, Given], names: tuple[str, ...]) -> dict[str, Given]:
    """Arguments that have old names, with the new ones beside them."""
    found = dict(given)
    for old, new in OLD_NAMES.items():
        if old in found:
            for name in new:
                if name in names or name == "new_column_name":
                    found.setdefault(name, found[old])
                    break
    return found


def add_column(call: Call) -> Operation:
    given = call.named.get("column") or Given(Unknown(), call.node)
    return AddColumn(table=call.table, column=column(call.record, given), schema=call.schema, **common(call))


def drop_column(call: Call) -> Operation:
    return DropColumn(table=call.table, name=column_argument(call), schema=call.schema, **common(call))


def column_argument(call: Call) -> Text:
    """The column that `column_name` names: a text, or a Column object."""
    given = call.named.get("column_name")
    found = None if given is None or isinstance(given.value, str) else column_name(given.value)
    return call.text("column_name", "a column named") if found is None else found


def alter_column(call: Call) -> Operation:
    record, named = call.record, call.named
    type_, default, nullable = named.get("type_"), named.get("server_default"), named.get("nullable")
    if type_ is not None and type_.value is None:
        type_ = None
    server_default: Text | None = None
    drops_default: Flag = False
    if default is not None and default.value is not False:
        options = default.value.options if isinstance(default.value, Either) else (default.value,)
        empty = [option is None or is_null(option) for option in options]
        if all(empty):
            drops_default = True
        elif any(empty) or isinstance(default.value, Unknown):
            why = record.missing(record.source.place(default.node), "a default chosen at run time")
            server_default = drops_default = why
        else:
            server_default = value_text(record, default)
    existing, existing_default = named.get("existing_type"), named.get("existing_server_default")
    was_nullable = named.get("existing_nullable")
    sets_nullable: Flag | None = None
    if nullable is not None and nullable.value is not None:
        sets_nullable = record.flag(nullable, "a nullability set")
    elif nullable is None and not call.whole:
        sets_nullable = record.missing(record.source.place(call.node), "a nullability set at run time")
    return AlterColumn(
        table=call.table,
        name=column_argument(call),
        schema=call.schema,
        nullable=sets_nullable,
        type=None if type_ is None else type_text(record, type_),
        enum=None if type_ is None else enum_type(record, type_.value),
        using=call.condition("postgresql_using"),
        server_default=server_default,
        drops_default=drops_default,
        adds_identity=default is not None and isinstance(default.value, Made) and default.value.name == "Identity",
        new_name=call.text_if_given("new_column_name", "a column named"),
        existing_nullable=None
        if was_nullable is None or was_nullable.value is None or sets_nullable is None
        else record.flag(was_nullable, "an existing nullability given"),
        existing_type=None if existing is None or existing.value is None else type_text(record, existing),
        existing_server_default=None
        if existing_default is None or not existing_default.value or is_null(existing_default.value)
        else value_text(record, existing_default),
        **common(call),
    )


def create_table(call: Call) -> Operation:
    columns, constraints = [], []
    for given in call.rest:
        if is_column(given.value):
            columns.append(column(call.record, given))
        elif isinstance(given.value, Made) and given.value.name in CONSTRAINTS:
            constraints.append(constraint(call.record, given.value))
        elif not isinstance(given.value, Made) or given.value.name != "Index":
            columns.append(column(call.record, given))
    if not call.whole:
        call.record.missing(call.record.source.place(call.node), "columns made at run time")
    return CreateTable(
        table=call.table,
        schema=call.schema,
        columns=tuple(columns),
        constraints=tuple(constraints),
        whole=call.whole and all(isinstance(each.name, str) for each in columns),
        temporary=_is_temporary(call),
        **common(call),
    )


def _is_temporary(call: Call) -> bool:
    """Whether `prefixes=["TEMPORARY"]` makes the table one of the session."""
    given = call.named.get("prefixes")
    prefixes = given.value if given is not None and isinstance(given.value, (list, tuple)) else ()
    return any(isinstance(each, str) and each.upper() in {"TEMP", "TEMPORARY"} for each in prefixes)


def drop_table(call: Call) -> Operation:
    return DropTable(table=call.table, schema=call.schema, **common(call))


def rename_table(call: Call) -> Operation:
    return RenameTable(
        table=call.text("old_table_name", "a table named"),
        new_name=call.text("new_table_name", "a table named"),
        schema=call.schema,
        **common(call),
    )


def create_index(call: Call) -> Operation:
    given = call.named.get("columns")
    columns = given.value if given is not None and isinstance(given.value, (list, tuple)) else ()
    return CreateIndex(
        name=call.text_if_given("index_name", "an index named"),
        table=call.table,
        schema=call.schema,
        columns=call.columns("columns"),
        expressions=any(is_expression(each) for each in columns),
        where=call.condition("postgresql_where", "sqlite_where", "mssql_where"),
        method=_method(call),
        unique=call.flag("unique"),
        concurrently=call.flag("postgresql_concurrently"),
        **common(call),
    )


def _method(call: Call) -> Text | None:
    given = call.named.get("postgresql_using")
    if given is None or given.value is None:
        return None
    if isinstance(given.value, str):
        return given.value.lower()
    return Unread(call.record.source.place(given.node), "an index method chosen at run time")


def drop_index(call: Call) -> Operation:
    given = call.named.get("table_name")
    known = call.batch is not None or (given is not None and given.value is not None)
    return DropIndex(
        name=call.text_if_given("index_name", "an index named"),
        table=call.table if known else None,
        schema=call.schema,
        concurrently=call.flag("postgresql_concurrently"),
        **common(call),
    )


def create_constraint(kind: ConstraintKind) -> Callable[[Call], Operation]:
    """The builder of a constraint of one kind."""

    def build(call: Call) -> Operation:
        table, schema, references = call.table if kind != "foreign key" or call.batch else None, call.schema, None
        columns = call.columns("columns") if kind != "exclude" else _excluded(call)
        if kind == "foreign key":
            columns = call.columns("local_cols")
            references = call.text("referent_table", "a table named")
            if call.batch is None:
                table = call.text("source_table", "a table named")
                schema = call.text_if_given("source_schema", "a schema named")
        return CreateConstraint(
            kind=kind,
            name=call.text_if_given("constraint_name", "a constraint named"),
            table=call.table if table is None else table,
            schema=schema,
            columns=columns,
            references=references,
            references_schema=call.text_if_given("referent_schema", "a schema named"),
            remote_columns=call.columns("remote_cols"),
            on_delete=call.text_if_given("ondelete", "what happens on delete"),
            condition=call.condition("condition"),
            not_valid=call.flag("postgresql_not_valid"),
            **common(call),
        )

    return build


def _excluded(call: Call) -> tuple[Text, ...]:
    """The columns of `create_exclude_constraint("x", "t", ("room", "="), ("during", "&&"))`."""
    pairs = [given for given in call.rest if isinstance(given.value, (list, tuple)) and given.value]
    return tuple(
        name
        for given in pairs
        for name in column_names(call.record, Given([given.value[0]], given.node))  # type: ignore[index]
    )


def drop_constraint(call: Call) -> Operation:
    given = call.named.get("type_")
    return DropConstraint(
        name=call.text_if_given("constraint_name", "a constraint named"),
        table=call.table,
        schema=call.schema,
        kind=CONSTRAINT_KINDS.get(given.value) if given is not None and isinstance(given.value, str) else None,
        **common(call),
    )


def bulk_insert(call: Call) -> Operation:
    given = call.named.get("table") or Given(Unknown(), call.node)
    rows = call.named.get("rows")
    name = table_name(given.value)
    return WriteRows(
        kind="insert",
        # which table gets new rows changes no verdict, so nothing is listed where it cannot be read
        table=Unread(call.record.source.place(given.node), "a table named at run time") if name is None else name,
        schema=table_schema(given.value),
        columns=() if rows is None else tuple(map(str, keys(Arguments([rows])))),
        one_row_each=True,
        **common(call),
    )


def common(call: Call) -> dict[str, Any]:
    """The fields that every operation has, but for those that are as usual."""
    found = call.record.common(call.node)
    found["tolerant"] = call.tolerates()
    if (batch := call.batch) is not None:
        found |= {"in_batch": True, "recreates": _recreates(call, batch), "block_arguments": batch.arguments}
    return found


def _recreates(call: Call, batch: Batch) -> Flag | None:
    """Whether the batch block copies the table into a new one: "always", "never"; None for "auto"."""
    given = batch.recreate
    if given is None or given.value == "auto":
        return None
    if given.value in ("always", "never"):
        return given.value == "always"
    return Unread(call.record.source.place(given.node), "a way to alter the table that is chosen at run time")


class Row(NamedTuple):
    """How one operation is called: the names of its positional arguments, also on a batch object."""

    build: Callable[[Call], Operation]
    plain: tuple[str, ...]
    batch: tuple[str, ...] | None


def _row(build: Callable[[Call], Operation], plain: str, batch: str | None = None) -> Row:
    return Row(build, tuple(plain.split()), None if batch is None else tuple(batch.split()))


OPERATIONS = {
    "add_column": _row(add_column, "table_name column schema", "column"),
    "alter_column": _row(alter_column, "table_name column_name", "column_name"),
    "bulk_insert": _row(bulk_insert, "table rows"),
    "create_check_constraint": _row(
        create_constraint("check"), "constraint_name table_name condition", "constraint_name condition"
    ),
    "create_exclude_constraint": _row(create_constraint("exclude"), "constraint_name table_name", "constraint_name"),
    "create_foreign_key": _row(
        create_constraint("foreign key"),
        "constraint_name source_table referent_table local_cols remote_cols",
        "constraint_name referent_table local_cols remote_cols",
    ),
    "create_index": _row(create_index, "index_name table_name columns schema", "index_name columns"),
    "create_primary_key": _row(
        create_constraint("primary key"), "constraint_name table_name columns", "constraint_name columns"
    ),
    "create_table": _row(create_table, "table_name"),
    "create_unique_constraint": _row(
        create_constraint("unique"), "constraint_name table_name columns", "constraint_name columns"
    ),
    "drop_column": _row(drop_column, "table_name column_name schema", "column_name"),
    "drop_constraint": _row(drop_constraint, "constraint_name table_name type_", "constraint_name type_"),
    "drop_index": _row(drop_index, "index_name table_name schema", "index_name"),
    "drop_table": _row(drop_table, "table_name schema"),
    "rename_table": _row(rename_table, "old_table_name new_table_name schema"),
}
# Neither the schema nor rows change, as far as any rule cares.
SILENT = words(
    "get_bind get_context inline_literal create_table_comment drop_table_comment register_operation "
    "implementation_for impl migration_context"
)


def operation(
    record: Record, name: str, arguments: Arguments, node: ast.expr, batch: Batch | None = None
) -> Operation | None:
    """The fact of one call of an Alembic operation; None where this is none of them."""
    row = OPERATIONS.get(name)
    if row is None:
        return None
    if batch is None or row.batch is None:
        return row.build(Call(record, row.plain, arguments, node, None))
    return row.build(Call(record, row.batch, arguments, node, batch))
