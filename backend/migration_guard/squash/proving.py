"""A base revision is written, run, and compared with what the revisions build, until it is equal or cannot be."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import UsageError
from ..live.schema import Difference, Snapshot, differences
from ..reporting import counted
from . import postgresql_schema, sqlite_schema
from .base import SEQUENCES, Body, body_of
from .building import Builder, Fails
from .dumping import Entry, dumped
from .rows import Rows, differing, lines_of, made_anew, refused, rows_of, sequence_lines
from .schema import Schema
from .writing import Line

_SHOWN = 12  # differences that a refusal lists
_WAYS = (("upgrade",), ("upgrade", "downgrade"), ("upgrade", "downgrade", "upgrade"))
_ROUNDS = 6  # how often tables are moved to plainer ways before giving up


@dataclass(frozen=True)
class Reference:
    """What the revisions build on one database."""

    builder: Builder
    url: str
    snapshot: Snapshot
    empty: Snapshot
    rows: Rows
    anew: set[tuple[str, str]]


@dataclass(frozen=True)
class Proved:
    """A base that builds the same. `facts` are sentences on what was compared."""

    body: Body
    content: bytes
    facts: tuple[str, ...]


def reference(builder: Builder, revisions: Sequence[str]) -> Reference:
    """The database that these revisions build from nothing. Raises UsageError where they do not, or where their rows
    cannot be carried over."""
    label = builder.server.label
    try:
        url = builder.by_revisions(revisions)
    except Fails as error:
        raise UsageError(f"{label}: the revisions do not build a database: {error}", "mend them first") from error
    rows = builder.read(url, lambda connection: rows_of(connection, builder.version_table))
    anew: set[tuple[str, str]] = set()
    if rows.filled:
        again = builder.by_revisions(revisions)
        anew = made_anew(rows, builder.read(again, lambda connection: rows_of(connection, builder.version_table)))
    if problems := refused(rows, anew):
        raise UsageError(
            f"{label}: rows that the revisions write cannot be carried over: {'; '.join(problems)}",
            "squash up to the revision before them: they stay as a revision of their own",
        )
    snapshot = builder.snapshot(url)
    if invalid := [
        name for (kind, name), each in snapshot.objects.items() if kind == "index" and each.get("valid") == "no"
    ]:
        raise UsageError(
            f"{label}: index {invalid[0]} is left INVALID by the revisions", "mend the revision that builds it"
        )
    empty = builder.snapshot(builder.server.new_database())
    return Reference(builder, url, snapshot, empty, rows, anew)


def proved(references: Sequence[Reference], text: Callable[[Body], bytes]) -> Proved:
    """A base that builds on each database what the revisions build there, up, down and up again.

    Raises UsageError, with all that differs, where none could be found.
    """
    as_sql: dict[str, set[str]] = {each.builder.dialect: set() for each in references}
    apart: set[str] = set()
    dumps = {}
    for each in references:
        if each.builder.dialect == "postgresql":
            dumps["postgresql"] = dumped(each.url, each.builder.server.label.split()[-1])
    wrong: dict[str, list[Difference]] = {}
    failure = ""
    for _ in range(_ROUNDS):
        schemas = {each.builder.dialect: _schema(each, dumps, as_sql[each.builder.dialect]) for each in references}
        body = body_of(
            schemas, _rows(references, schemas), apart, convention=any(e.builder.convention for e in references)
        )
        content = text(body)
        built: dict[str, list[str]] = {}
        back: dict[str, Fails] = {}
        wrong, failure = {}, ""
        for each in references:
            dialect = each.builder.dialect
            try:
                built[dialect] = each.builder.by_file(content, *_WAYS)
            except Fails as error:
                built[dialect] = list(error.done)
                back[dialect] = error
                if not error.done:
                    failure = f"{each.builder.server.label}: {error}"
                    table = _table_at(content, error.line)
                    wrong[dialect] = [Difference("table", table, table, "missing")] if table else []
                    break
            if found := differences(each.snapshot, each.builder.snapshot(built[dialect][0])):
                wrong[dialect] = found
        if not wrong:
            for each in references:
                _same_rows(each, built[each.builder.dialect][0])
            facts = [
                _both_ways(each, built[each.builder.dialect], back.get(each.builder.dialect)) for each in references
            ]
            return Proved(body, content, tuple(facts))
        if not _plainer(wrong, schemas, as_sql, apart, several=len(references) > 1):
            break
    raise _not_equal(references, wrong, failure)


def _plainer(
    wrong: Mapping[str, list[Difference]],
    schemas: Mapping[str, Schema],
    as_sql: dict[str, set[str]],
    apart: set[str],
    *,
    several: bool,
) -> bool:
    """Move what differs to a plainer way: first each database by itself, then its own SQL. False: nothing is left."""
    moved = False
    for dialect, found in wrong.items():
        for name in sorted({each.table for each in found if each.table}):
            if several and name not in apart:
                apart.add(name)
                moved = True
            elif name not in as_sql[dialect] and any(each.full_name == name for each in schemas[dialect].tables):
                as_sql[dialect].add(name)
                moved = True
    return moved


def _table_at(content: bytes, line: int) -> str:
    """The table that the operation on a line of the base makes; nothing for other lines."""
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Expr) and node.lineno <= line <= (node.end_lineno or 0):
            called = node.value
            if not isinstance(called, ast.Call) or not isinstance(called.func, ast.Attribute):
                continue
            at = {"create_table": 0, "create_index": 1, "create_foreign_key": 1}.get(called.func.attr)
            schema = [_text(each.value) for each in called.keywords if each.arg == "schema"]
            if at is not None and len(called.args) > at:
                return ".".join([*schema, _text(called.args[at])])
    return ""


def _text(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _schema(each: Reference, dumps: Mapping[str, list[Entry]], as_sql: set[str]) -> Schema:
    version_table = each.builder.version_table
    if each.builder.dialect == "postgresql":
        dump = dumps["postgresql"]
        return each.builder.read(
            each.url,
            lambda connection: postgresql_schema.schema_of(connection, each.snapshot, dump, version_table, as_sql),
        )
    return each.builder.read(each.url, lambda connection: sqlite_schema.schema_of(connection, version_table, as_sql))


def _rows(references: Sequence[Reference], schemas: Mapping[str, Schema]) -> dict[str, list[Line]]:
    rows = {each.builder.dialect: each.rows for each in references}
    tables = {table.full_name: table for schema in schemas.values() for table in schema.tables if not table.sql}
    found = lines_of(rows, tables, {each.builder.dialect: each.anew for each in references})
    if found and "postgresql" in rows:
        found[SEQUENCES] = sequence_lines(rows["postgresql"], several=len(rows) > 1)
    return found


def _same_rows(each: Reference, url: str) -> None:
    """Raise UsageError where the new base leaves other rows."""
    builder = each.builder
    found = differing(each.rows, builder.read(url, lambda c: rows_of(c, builder.version_table)), each.anew)
    if found:
        raise UsageError(
            f"{builder.server.label}: the new base would leave other rows: {'; '.join(found[:_SHOWN])}", "squash less"
        )


def _both_ways(each: Reference, urls: Sequence[str], failed: Fails | None) -> str:
    """A sentence on what is equal. Raises UsageError where the way down leaves something, or up again makes another."""
    label = each.builder.server.label
    if failed is not None:
        raise UsageError(f"{label}: the new base does not go down and up again: {failed}", "squash less") from failed
    left = differences(each.empty, each.builder.snapshot(urls[1]))
    left += differences(each.snapshot, each.builder.snapshot(urls[2]))
    if left:
        raise UsageError(f"{label}: after the way down {left[0].sentence()}", "squash less")
    things = counted(len(each.snapshot.objects), "object")
    rows = counted(sum(each.rows.filled.values()), "row")
    return f"{label}: {things} of the catalogue and {rows} are equal; down and up again, too"


def _not_equal(references: Sequence[Reference], wrong: Mapping[str, list[Difference]], failure: str) -> UsageError:
    sentences = [failure] if failure else []
    for each in references:
        label = each.builder.server.label
        sentences += [f"{label}: {one.sentence(added='is too much')}" for one in wrong.get(each.builder.dialect, [])]
    more = f"; and {len(sentences) - _SHOWN} more" if len(sentences) > _SHOWN else ""
    return UsageError(
        f"no base could be written that builds the same: {'; '.join(sentences[:_SHOWN])}{more}",
        "squash up to the revision before these; nothing was written",
    )
