"""The schema that the models describe against the one that the migrations built, table by table."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import CheckConstraint, Connection, MetaData, Table

from .drift_alike import comparable, restored
from .drift_operations import Writer
from .drift_scope import Models, Scope
from .schema import Difference, Snapshot, differences, tables
from .statements import first_line

_DROPPED = ("view", "materialized view", "table", "sequence", "enum")  # in this order


def metadatas(options: dict[str, Any]) -> tuple[MetaData, ...]:
    """The `target_metadata` that env.py passes, always as a tuple, without those that hold no table.

    Copies, as revisions may reflect today's tables into the metadata of the models.
    """
    given = options.get("target_metadata")
    every = (given,) if isinstance(given, MetaData) else tuple(given or ())
    return tuple(_copied(each) for each in every if each.tables)


def _copied(metadata: MetaData) -> MetaData:
    copy = MetaData(schema=metadata.schema, naming_convention=metadata.naming_convention, info=metadata.info)
    copy.dispatch._update(metadata.dispatch)
    try:
        for table in metadata.tables.values():
            own, twin = _own_checks(table), table.to_metadata(copy)
            strangers = [
                each
                for each in twin.constraints
                if isinstance(each, CheckConstraint) and own.get(str(each.name), str(each.sqltext)) != str(each.sqltext)
            ]
            twin.constraints.difference_update(strangers)
    except Exception:  # noqa: BLE001 - types of the project's own may refuse to be copied
        return metadata
    return copy


def _own_checks(table: Table) -> dict[str, str]:
    """The texts of a model's named checks. Revisions that were loaded may have made checks of the same names on the
    models' columns, which then belong to the models, too."""
    checks = [each for each in table.constraints if isinstance(each, CheckConstraint) and each.name]
    found: dict[str, str] = {}
    for check in sorted(checks, key=lambda each: each._creation_order):
        found.setdefault(str(check.name), str(check.sqltext))
    return found


def rebuild(connection: Connection, migrated: Snapshot, models: Sequence[MetaData]) -> dict[str, str]:
    """Replace all tables of a migrated scratch database by those of the models. Says which cannot be made, and why.

    In the same database, as models may use extensions, functions and schemas that only migrations make.
    """
    quote = connection.dialect.identifier_preparer.quote
    postgresql = connection.dialect.name == "postgresql"
    if not postgresql:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    for kind in _DROPPED:
        for found, name in migrated.objects:
            if found == kind:
                what = "TYPE" if kind == "enum" else kind.upper()
                spelled = ".".join(quote(part) for part in name.split("."))
                connection.exec_driver_sql(f"DROP {what} IF EXISTS {spelled}{' CASCADE' if postgresql else ''}")
    connection.commit()
    failed: dict[str, str] = {}
    for metadata in models:
        try:
            metadata.create_all(connection)
            connection.commit()
        except Exception:  # noqa: BLE001, PERF203 - types of the project's own may raise anything
            connection.rollback()
            failed |= _one_by_one(connection, metadata)
    return failed


def _one_by_one(connection: Connection, metadata: MetaData) -> dict[str, str]:
    """Make every table that can be made. SQLite keeps what stood before an error."""
    metadata.drop_all(connection)
    connection.commit()
    failed = {}
    for table in metadata.sorted_tables:
        if (why := _not_made(connection, table)) is not None:
            failed[table.fullname] = why
    return failed


def _not_made(connection: Connection, table: Table) -> str | None:
    try:
        table.create(connection, checkfirst=True)
        connection.commit()
    except Exception as error:  # noqa: BLE001
        connection.rollback()
        return first_line(error)
    return None


def disagreements(
    connection: Connection,
    migrated: Snapshot,
    modelled: Snapshot,
    options: dict[str, Any],
    metadata: Sequence[MetaData],
    failed: Container[str] = (),
) -> Iterator[tuple[str, tuple[Difference, ...], str]]:
    """The tables on which both differ, in order, as far as env.py lets autogenerate look at them; each with its
    differences and the operations that make it as the model is. Nothing is said of tables that `failed` to be made."""
    dialect, models = connection.dialect.name, Models(metadata)
    scope = Scope(options, models, frozenset(tables(migrated)), frozenset(tables(modelled)))
    compared = differences(comparable(migrated, modelled, dialect), comparable(modelled, migrated, dialect))
    found = [
        restored(each, migrated, modelled)
        for each in compared
        if not (each.property == "name" and scope.is_nameless(each))
        and not (_is_default_of_migrations(each) and not options.get("compare_server_default"))
        and _table(each) not in failed
        and scope.holds(each)
    ]
    found = sorted(_one_of_two(found, migrated, modelled), key=_table)
    writer = Writer(connection, options, models)
    for table, group in groupby(found, _table):
        of_table = tuple(group)
        yield table, of_table, writer.operations(table, of_table)


def _table(difference: Difference) -> str:
    return difference.table or difference.name


def _is_default_of_migrations(difference: Difference) -> bool:
    """A default that only the migrations set, mostly to fill older rows: no code misses it, and autogenerate takes it
    away only where env.py asks for that."""
    return difference.property == "default" and bool(difference.before) and not difference.after


def _one_of_two(found: Sequence[Difference], migrated: Snapshot, modelled: Snapshot) -> Iterator[Difference]:
    """A unique index on one side and a unique constraint on the other are one difference."""
    paired: set[int] = set()
    for at, one in enumerate(found):
        if at in paired:
            continue
        other = next(
            (
                place
                for place, each in enumerate(found)
                if place > at and place not in paired and _keeps_the_same(one, each, migrated, modelled)
            ),
            None,
        )
        if other is None:
            yield one
            continue
        paired.add(other)
        gone, new = (one, found[other]) if one.what == "missing" else (found[other], one)
        columns = _unique_columns(gone, migrated) or ""
        yield Difference(
            "unique", f"{one.table}{columns}", one.table, "changed", "kept by", _keeper(gone), _keeper(new)
        )


def _keeps_the_same(one: Difference, other: Difference, migrated: Snapshot, modelled: Snapshot) -> bool:
    if {one.kind, other.kind} != {"unique", "index"} or {one.what, other.what} != {"missing", "added"}:
        return False
    sides = [_unique_columns(each, migrated if each.what == "missing" else modelled) for each in (one, other)]
    return one.table == other.table and sides[0] is not None and sides[0] == sides[1]


def _unique_columns(difference: Difference, snapshot: Snapshot) -> str | None:
    """The columns in parentheses that are unique together; None for an index that is not."""
    properties = snapshot.objects[difference.kind, difference.name]
    if difference.kind == "index" and "unique" not in properties:
        return None
    return properties["definition"].removeprefix("UNIQUE ").removeprefix("btree ")


def _keeper(difference: Difference) -> str:
    name = difference.name.removeprefix(f"{difference.table}.").removeprefix(f"{difference.table}")
    return f"{'index' if difference.kind == 'index' else 'constraint'} {name}"
