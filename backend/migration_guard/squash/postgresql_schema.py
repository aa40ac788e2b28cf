"""A PostgreSQL database as the new base has to build it: tables from the catalogue, all else from pg_dump."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from typing import NamedTuple

from sqlalchemy import Connection

from ..live.row_sql import identifier
from ..live.schema import Snapshot
from .dumping import Entry
from .postgresql_words import FOREIGN_KEY, bare, enum_type, identity, index_of, local, quoted, rule_of
from .schema import Schema, Thing, inside, pieces
from .spelling import postgresql_defaults, postgresql_types, sql_literal
from .tables import Column, Index, Rule, Table

# What the operations for a table say already, as pg_dump calls it.
_OF_TABLES = {
    *("TABLE", "CONSTRAINT", "FK CONSTRAINT", "INDEX", "DEFAULT", "SEQUENCE OWNED BY", "CHECK CONSTRAINT"),
    *("TABLE ATTACH", "INDEX ATTACH", "FOREIGN TABLE"),
}
_DROPPED = {
    *("AGGREGATE", "COLLATION", "DOMAIN", "EXTENSION", "FUNCTION", "MATERIALIZED VIEW", "PROCEDURE", "SCHEMA"),
    *("SEQUENCE", "TYPE", "VIEW", "EVENT TRIGGER", "PUBLICATION", "TEXT SEARCH CONFIGURATION", "SERVER"),
}
_FIRST = {"EXTENSION", "SCHEMA", "COLLATION", "TYPE", "DOMAIN", "SEQUENCE"}
_ATTRIBUTED = {"CONSTRAINT", "FK CONSTRAINT", "DEFAULT", "CHECK CONSTRAINT"}  # named "table name"


class Found(NamedTuple):
    """A column as the query shows it."""

    schema: str
    table: str
    kind: str
    partition: bool
    name: str
    type: str
    not_null: bool
    default: str | None
    generated: str
    identity: str
    collation: str | None
    comment: str | None
    table_comment: str | None
    sequence: str | None
    special: bool  # what no operation says of the table
    special_column: bool


def schema_of(
    connection: Connection, snapshot: Snapshot, dump: list[Entry], version_table: str, as_sql: Collection[str]
) -> Schema:
    """All that the database holds but the version table; the tables `as_sql` in pg_dump's words."""
    query = files(__package__).joinpath("postgresql_schema.sql").read_text(encoding="utf-8")
    connection.exec_driver_sql("SET search_path TO public")
    rows = [Found(*row) for row in connection.exec_driver_sql(query, execution_options={"no_parameters": True})]
    by_table: dict[str, list[Found]] = {}
    for row in rows:
        by_table.setdefault(shown(row.schema, row.table), []).append(row)
    by_table.pop(version_table, None)
    reader = _Reader(snapshot, dump, version_table)
    tables = [reader.table(name, own, as_sql=name in as_sql) for name, own in by_table.items()]
    return reader.whole(tables)


def shown(schema: str, name: str) -> str:
    """A name as snapshots have it."""
    return name if schema in ("public", "-") else f"{schema}.{name}"


class _Reader:
    def __init__(self, snapshot: Snapshot, dump: list[Entry], version_table: str) -> None:
        self.snapshot = snapshot
        self.dump = [entry for entry in dump if not _is_of(entry, version_table)]
        self.enums = {name: enum_type(name) for kind, name in snapshot.objects if kind == "enum"}
        self.own: dict[str, list[tuple[str, str, Mapping[str, str]]]] = {}
        for (kind, name), properties in snapshot.objects.items():
            self.own.setdefault(properties.get("table", ""), []).append((kind, name, properties))
        self.made: set[str] = set()  # sequences that come with a column
        self.used = " "  # text of the tables, in which functions may be named

    def table(self, name: str, own: list[Found], *, as_sql: bool) -> Table:
        """The table in Alembic's words, else in pg_dump's."""
        first = own[0]
        schema = None if first.schema == "public" else first.schema
        rules, later, parents = self._rules(name, first.table)
        plain = not as_sql and first.kind == "r" and not first.special and not any(row.special_column for row in own)
        sequences = [self._serial(name, row) for row in own]
        key = next((rule.columns for rule in rules if rule.call == "sa.PrimaryKeyConstraint"), ())
        keyed = {column for rule in rules if rule.parent for column in rule.columns}
        columns = [
            self._column(row, key, keyed, serial=bool(serial)) for row, serial in zip(own, sequences, strict=True)
        ]
        if not plain or not all(column.types for column in columns):
            return Table(
                first.table,
                schema,
                sql=tuple(self._dumped(name, first)),
                parents=frozenset(parents),
                later=tuple(self._dumped_keys(name, first)),
            )
        self.made |= {serial for serial in sequences if serial}
        self.used += " ".join(
            [
                *(row.default or "" for row in own),
                *(each["definition"] for kind, _, each in self.own.get(name, []) if kind in ("check", "index")),
            ]
        )
        owned = [
            f"ALTER SEQUENCE {quoted(each[1])} OWNED BY {quoted(name)}.{identifier(row.name)}"
            for row, serial in zip(own, sequences, strict=True)
            for each in self.own.get(name, [])
            if each[0] == "sequence"
            and not serial
            and each[2].get("owned by", "").rpartition(".")[2].strip('"') == row.name
        ]
        return Table(
            name=first.table,
            schema=schema,
            columns=tuple(columns),
            rules=tuple(rules),
            indexes=tuple(self._indexes(name)),
            comment=first.table_comment or "",
            parents=frozenset(parents),
            later=(*later, *owned),
        )

    def _column(self, row: Found, key: tuple[str, ...], keyed: set[str], *, serial: bool) -> Column:
        more: tuple[str, ...] = ()
        if row.generated:
            more = (f"sa.Computed({sql_literal(row.default or '')}, persisted={row.generated == 's'})",)
        elif row.identity:
            properties = self.snapshot.objects["column", f"{shown(row.schema, row.table)}.{row.name}"]
            more = (identity(properties["identity"]),)
        types = postgresql_types(row.type, self.enums, row.collation)
        automatic = (
            key == (row.name,)
            and row.name not in keyed
            and row.type in ("integer", "bigint", "smallint")
            and row.default is None
            and not row.identity
        )
        return Column(
            name=row.name,
            types=types,
            defaults=("",) if serial or more else postgresql_defaults(local(row.default), row.type),
            nullable=not row.not_null,
            more=more,
            serial=True if serial else False if automatic else None,
            comment=row.comment or "",
        )

    def _serial(self, table: str, row: Found) -> str:
        """The sequence that SQLAlchemy's SERIAL would make for the column, as snapshots name it; else nothing."""
        name = f"{row.table}_{row.name}_seq"
        full = shown(row.schema, name)
        found = self.snapshot.objects.get(("sequence", full))
        key = next((each for kind, _, each in self.own.get(table, []) if kind == "primary key"), None)
        if found is None or row.default is None or key is None or found.get("owned by") is None:
            return ""
        keyed = pieces(inside(key["definition"], key["definition"].index("("))[0])
        usual = {"start": "1", "increment": "1", "minimum": "1"}
        if identifier(row.name) not in keyed and row.name not in keyed:
            return ""
        if any(found.get(what) != value for what, value in usual.items()) or found.get("cycle") or found.get("cache"):
            return ""
        return full if name in row.default and found.get("type") == row.type else ""

    def _rules(self, table: str, plain: str) -> tuple[list[Rule], list[str], set[str]]:
        """What SQLAlchemy has words for, statements for all else, and the tables that keys point at."""
        rules: list[Rule] = []
        later: list[str] = []
        parents: set[str] = set()
        for kind, name, properties in sorted(self.own.get(table, [])):
            if kind not in ("primary key", "unique", "foreign key", "check", "exclusion"):
                continue
            own, definition = name.removeprefix(f"{table}."), properties["definition"]
            key = FOREIGN_KEY.match(definition) if kind == "foreign key" else None
            if key:
                parents.add(bare(key["parent"]))
            rule = rule_of(kind, own, definition, plain)
            if rule is None:
                later.append(f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {identifier(own)} {local(definition)}")
            else:
                rules.append(rule)
        order = ("sa.PrimaryKeyConstraint", "sa.UniqueConstraint", "sa.CheckConstraint", "sa.ForeignKeyConstraint")
        return sorted(rules, key=lambda rule: (order.index(rule.call), rule.names[0] or "")), later, parents

    def _indexes(self, table: str) -> Iterator[Index]:
        for kind, name, properties in sorted(self.own.get(table, [])):
            if kind == "index":
                short = name.rpartition(".")[2] if "." in table else name
                yield index_of(short, table, properties)

    def _dumped(self, name: str, first: Found) -> Iterator[str]:
        """A table as pg_dump has it, without what needs other tables."""
        last: list[str] = []
        for entry in self.dump:
            if entry.kind in ("TABLE", "FOREIGN TABLE") and shown(entry.schema, entry.name) == name:
                yield from entry.statements
            elif self._belongs(entry, name, first.table) and entry.kind != "FK CONSTRAINT":
                last += entry.statements
                if entry.kind == "SEQUENCE":
                    self.made.add(shown(entry.schema, entry.name))
        yield from last

    def _dumped_keys(self, name: str, first: Found) -> Iterator[str]:
        for entry in self.dump:
            if entry.kind == "FK CONSTRAINT" and self._belongs(entry, name, first.table):
                yield from entry.statements

    def _belongs(self, entry: Entry, table: str, plain: str) -> bool:
        if entry.kind in _ATTRIBUTED:
            return entry.name.startswith(f"{plain} ") and shown(entry.schema, plain) == table
        full = shown(entry.schema, entry.name)
        if entry.kind in ("SEQUENCE OWNED BY", "SEQUENCE"):
            return self.snapshot.objects.get(("sequence", full), {}).get("table") == table
        if entry.kind in ("INDEX", "TABLE ATTACH"):
            of = self.snapshot.objects.get(("index", full), {}).get("table")
            return of == table or (entry.kind == "TABLE ATTACH" and full == table)
        return entry.kind == "INDEX ATTACH" and bool(re.search(rf"\b{re.escape(plain)}\b", " ".join(entry.statements)))

    def whole(self, tables: list[Table]) -> Schema:
        """The tables with all else before and behind them, as pg_dump orders it."""
        as_sql = {table.full_name for table in tables if table.sql}
        names = {table.full_name for table in tables}
        first: list[Thing] = []
        last: list[Thing] = []
        for entry in self.dump:
            full = shown(entry.schema, entry.name)
            if entry.kind == "INDEX" and self.snapshot.objects.get(("index", full), {}).get("table") in names:
                continue
            if entry.kind in _OF_TABLES - {"INDEX"} or (entry.kind == "SEQUENCE" and full in self.made):
                continue
            if entry.kind == "SEQUENCE" and self._is_identity(entry):
                continue
            if entry.kind == "COMMENT" and (
                self._told(entry, names - as_sql) or entry.name.startswith("EXTENSION ")  # it brings its own
            ):
                continue
            owned = entry.kind == "SEQUENCE" and "table" in self.snapshot.objects.get(("sequence", full), {})
            drop = _drop(entry) if entry.kind in _DROPPED and not owned else ""
            early = entry.kind in _FIRST or (
                entry.kind == "FUNCTION" and re.search(rf"\b{re.escape(entry.name.partition('(')[0])}\(", self.used)
            )
            outlives = entry.kind in ("FUNCTION", "PROCEDURE") and self._is_called(entry)
            make = entry.statements
            if (
                entry.kind == "MATERIALIZED VIEW"
                and "populated" not in self.snapshot.objects["materialized view", full]
            ):
                make = tuple(re.sub(r"\s*WITH NO DATA$", "", statement) for statement in make)
            (first if early else last).append(Thing(f"{entry.kind.lower()} {full}", make, drop, outlives))
        return Schema(tuple(tables), tuple(first), tuple(last))

    def _is_called(self, function: Entry) -> bool:
        """Whether a trigger, policy or rule, which go with their tables, hangs on a function."""
        name = re.compile(rf"\b{re.escape(function.name.partition('(')[0])}\(")
        return any(
            name.search(statement)
            for entry in self.dump
            if entry.kind in ("TRIGGER", "POLICY", "RULE")
            for statement in entry.statements
        )

    def _is_identity(self, entry: Entry) -> bool:
        return any("ADD GENERATED" in statement for statement in entry.statements)

    def _told(self, entry: Entry, names: Collection[str]) -> bool:
        """Whether a comment is one of a table or column that the operations write."""
        word, _, rest = entry.name.partition(" ")
        if word == "TABLE":
            return shown(entry.schema, rest.strip('"')) in names
        return word == "COLUMN" and any(
            rest.replace('"', "").startswith(f"{name.rpartition('.')[2]}.") for name in names
        )


def _is_of(entry: Entry, table: str) -> bool:
    """Whether an entry belongs to the version table, or is the public schema's own."""
    if (entry.kind == "SCHEMA" and entry.name == "public") or entry.name == "SCHEMA public":
        return True
    plain = table.rpartition(".")[2]
    return entry.name == plain or (entry.kind in _ATTRIBUTED and entry.name.startswith(f"{plain} "))


def _drop(entry: Entry) -> str:
    plain = entry.kind in ("EXTENSION", "SCHEMA", "EVENT TRIGGER", "PUBLICATION", "SERVER")
    name = entry.name if entry.kind in ("FUNCTION", "PROCEDURE", "AGGREGATE") else identifier(entry.name)
    name = name if not re.fullmatch(r'"[a-z_][a-z0-9_]*"', name) else name.strip('"')
    of = "" if plain or entry.schema in ("public", "-") else f"{identifier(entry.schema)}."
    return f"DROP {entry.kind} {of}{name}"
