"""The schema that one history builds on SQLite against the one that it builds on PostgreSQL, table by table."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from hashlib import md5

from ..meaning import default_meaning
from ..schema import Properties, Snapshot, drawn_anew
from ..steps import Unlike
from ..type_families import affinity, family
from . import code as parity_code
from .code import Side
from .parts import Indexed, Parts, labels_of, parts_of

# How SQLite may store what PostgreSQL's types hold, by affinity.
_STORED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("integer", "boolean"), frozenset({"number"})),
    "decimal": frozenset({"number", "real", "text"}),
    "float": frozenset({"number", "real"}),
    "text": frozenset({"text"}),
    "bytes": frozenset({"blob"}),
    **dict.fromkeys(("timestamp", "date", "time", "interval"), frozenset({"number", "text"})),
    "uuid": frozenset({"text", "blob"}),
}
_LITERALS = re.compile(r"'(?:[^']|'')*'|(?<![\w'])-?\d+(?:\.\d+)?\b")
_PATTERN = re.compile(r"\bglob\b|\bregexp\b|\blike\b|~", re.IGNORECASE)
_LONGEST = 63  # bytes that PostgreSQL keeps of a name: https://www.postgresql.org/docs/current/limits.html


def unlike(sqlite: Snapshot, postgresql: Snapshot) -> Iterator[tuple[str, tuple[Unlike, ...]]]:
    """The tables on which both differ, in order."""
    lite, full = parts_of(sqlite, "sqlite"), parts_of(postgresql, "postgresql")
    labels = labels_of(postgresql)
    for name in sorted({*lite, *full}):
        here, there = lite.get(name), full.get(name)
        if here is None or there is None:
            side = "SQLite" if there is None else "PostgreSQL"
            shown = (here or there or Parts(name)).name
            yield shown, (Unlike(shown, f"table {shown} is on {side} only"),)
        elif found := tuple(_of_table(here, there, labels)):
            yield here.name, found


def _of_table(lite: Parts, full: Parts, labels: Mapping[str, tuple[str, ...]]) -> Iterator[Unlike]:
    yield from _columns(lite, full, labels)
    if lite.key != full.key:
        yield Unlike("", f"the primary key is ({_shown(lite.key)}) on SQLite, ({_shown(full.key)}) on PostgreSQL")
    yield from _uniques(lite, full)
    yield from _references(lite, full)
    yield from _checks(lite, full, labels)
    yield from _indexes(lite, full)


def _columns(lite: Parts, full: Parts, labels: Mapping[str, tuple[str, ...]]) -> Iterator[Unlike]:
    for name in sorted({*lite.columns, *full.columns}):
        here, there = lite.columns.get(name), full.columns.get(name)
        if here is None or there is None:
            if there is None or family(there["type"], "postgresql") != "other" or there["type"] in labels:
                side = _side(here)
                code = parity_code.of_column(lite.name, name, side)
                yield Unlike(name, f"column {name} is on {side} only", code)
            continue
        if not _stores(here["type"], there["type"]):
            yield Unlike(name, f"column {name} is {here['type'] or 'untyped'} on SQLite, {there['type']} on PostgreSQL")
        one, other = here["nullable"] == "yes", there["nullable"] == "yes"
        if one != other and name not in lite.key | full.key:
            words = ("nullable", "NOT NULL")
            yield Unlike(
                name,
                f"column {name} is {words[not one]} on SQLite, {words[not other]} on PostgreSQL",
                parity_code.of_nullable(lite.name, name),
            )
        if sentence := _default(name, here, there):
            yield Unlike(name, sentence)
        if ("generated" in here) != ("generated" in there):
            side = "SQLite" if "generated" in here else "PostgreSQL"
            yield Unlike(name, f"column {name} is computed on {side} only")


def _stores(lite: str, full: str) -> bool:
    """Whether both types hold the same values. SQLAlchemy declares JSON, UUID and ARRAY columns in several ways."""
    one, other = family(lite, "sqlite"), family(full, "postgresql")
    allowed = _STORED.get(other)
    return one == other or allowed is None or affinity(lite) in allowed


def _default(name: str, here: Properties, there: Properties) -> str | None:
    of = family(there["type"], "postgresql")
    one = default_meaning(here["default"], of, "sqlite") if "default" in here else ""
    other = default_meaning(there["default"], of, "postgresql") if "default" in there else ""
    one, other = (re.sub(r"^now at 'utc'$", "now", each) for each in (one, other))
    if one == other or drawn_anew(one, other):
        return None
    if other in ("next value", "random uuid"):  # SQLite counts rowids by itself, and knows no UUID
        return None
    if one and other and not (_is_plain(one) and _is_plain(other)):
        return None  # expressions of two databases say little about each other
    one, other = (f"the default {side['default']}" if "default" in side else "no default" for side in (here, there))
    return f"column {name} has {one} on SQLite, {other} on PostgreSQL"


def _is_plain(meaning: str) -> bool:
    return "(" not in meaning or meaning.startswith(("'", "{", "["))


def _uniques(lite: Parts, full: Parts) -> Iterator[Unlike]:
    for columns in sorted({*lite.uniques, *full.uniques}, key=sorted):
        if (columns in lite.uniques and columns in full.uniques) or columns in (lite.key, full.key):
            continue
        side = _side(lite.uniques.get(columns))
        kept = lite.uniques if side == "SQLite" else full.uniques
        partial = next((each for each in (full if side == "SQLite" else lite).indexes if _covers(each, columns)), None)
        if partial is not None and partial.where:
            continue  # told as an index that is partial on one side
        yield Unlike(
            kept[columns].split()[-1],
            f"({_shown(columns)}) is unique on {side} only, by {kept[columns]}",
            parity_code.of_unique(lite.name, columns, side),
        )


def _covers(index: Indexed, columns: frozenset[str]) -> bool:
    return index.unique and frozenset(index.columns) == columns


def _references(lite: Parts, full: Parts) -> Iterator[Unlike]:
    keys = [{(each.columns, each.parent): each for each in side.references} for side in (lite, full)]
    for at in sorted({*keys[0], *keys[1]}):
        here, there = keys[0].get(at), keys[1].get(at)
        what = f"foreign key ({', '.join(at[0])}) to {at[1]}"
        name = at[0][0]
        if here is None or there is None:
            only, side = here or there, _side(here)
            code = parity_code.of_reference(lite.name, only, side) if only is not None else ""
            yield Unlike(name, f"{what} is on {side} only", code)
        elif here != there:
            one, other = (
                " ".join([*each.actions, *(["deferred"] if each.deferred else [])]) or "without an action"
                for each in (here, there)
            )
            if here.parent_columns != there.parent_columns:
                one, other = (f"to ({', '.join(each.parent_columns)}) {each_words}" for each, each_words in
                              ((here, one), (there, other)))  # fmt: skip
            yield Unlike(name, f"{what} is {one} on SQLite, {other} on PostgreSQL")


def _checks(lite: Parts, full: Parts, labels: Mapping[str, tuple[str, ...]]) -> Iterator[Unlike]:
    here, there = list(lite.checks), list(full.checks)
    for one in lite.checks:
        twin = next((each for each in there if each.meaning == one.meaning), None)
        if twin is not None:
            here.remove(one)
            there.remove(twin)
    for one in list(here):
        twin = next((each for each in there if one.name and each.name == one.name), None)
        if twin is not None:
            here.remove(one)
            there.remove(twin)
            patterns = _PATTERN.search(one.text) and _PATTERN.search(twin.text)  # each database has its own language
            if not patterns and _literals(one.meaning) != _literals(twin.meaning):
                yield Unlike(one.name, f"check {one.name} is {one.text} on SQLite, {twin.text.strip()} on PostgreSQL")
    for one in here:
        column = next((name for name in full.columns if re.search(rf"\b{re.escape(name)}\b", one.meaning)), "")
        enum = labels.get(full.columns[column]["type"].replace('"', "")) if column else None
        if enum is not None:
            if one.meaning.startswith(("in(", "eq(")) and set(_literals(one.meaning)) != {f"'{each}'" for each in enum}:
                yield Unlike(
                    column,
                    f"column {column} may be {', '.join(sorted(_literals(one.meaning)))} on SQLite, "
                    f"{', '.join(sorted(repr(each) for each in enum))} on PostgreSQL",
                )
        elif not (column and _is_typed(one.meaning, full.columns[column]["type"])):
            yield Unlike(one.name or column, f"check {one.name or one.text} is on SQLite only")
    for one in there:
        yield Unlike(one.name, f"check {one.name} {one.text.strip()} is on PostgreSQL only")


def _is_typed(meaning: str, type_: str) -> bool:
    """Whether PostgreSQL's type alone says what a check of SQLite's says: booleans, JSON, lengths."""
    of = family(type_, "postgresql")
    return (
        (of == "boolean" and meaning.startswith("in(") and set(_literals(meaning)) <= {"0", "1"})
        or (of in ("json", "list") and "json_valid" in meaning)
        or (of == "text" and "length" in meaning and "(" in type_)
        or of in ("timestamp", "date", "time", "uuid")
    )


def _literals(meaning: str) -> list[str]:
    return sorted(_LITERALS.findall(meaning))


def _indexes(lite: Parts, full: Parts) -> Iterator[Unlike]:
    there = {each.name.lower(): each for each in full.indexes}
    here = {_as_on_postgresql(each.name, there): each for each in lite.indexes}
    for name in sorted({*here, *there}):
        one, other = here.get(name), there.get(name)
        if one is not None and other is not None:
            yield from _index(lite.name, one, other)
        elif one is not None:
            yield from _index_alone(one, "SQLite", there, full)
        elif other is not None and other.common and all(_is_column(each) for each in other.columns):
            yield from _index_alone(other, "PostgreSQL", here, lite)


def _as_on_postgresql(name: str, there: Container[str]) -> str:
    """An index's name as PostgreSQL has it: cut, or shortened by SQLAlchemy, which takes it for one that it made up."""
    shortened = f"{name[: _LONGEST - 8]}_{md5(name.encode(), usedforsecurity=False).hexdigest()[-4:]}".lower()
    return shortened if len(name) > _LONGEST and shortened in there else name.lower()[:_LONGEST]


def _index(table: str, lite: Indexed, full: Indexed) -> Iterator[Unlike]:
    name = lite.name
    if not full.common:
        return
    if lite.unique != full.unique:
        yield Unlike(name, f"index {name} is unique on {'SQLite' if lite.unique else 'PostgreSQL'} only")
    plain = all(_is_column(each) for each in (*lite.columns, *full.columns))
    if plain and lite.columns != full.columns:
        one, other = (", ".join(each.columns) for each in (lite, full))
        yield Unlike(name, f"index {name} is on ({one}) on SQLite, ({other}) on PostgreSQL")
    if lite.unique and full.unique and bool(lite.where) != bool(full.where):
        side = "SQLite" if lite.where else "PostgreSQL"
        condition = lite.where or full.where
        says = f"unique index {name} is partial on {side} only, where {_unbracketed(condition)}"
        yield Unlike(name, says, parity_code.of_condition(table, full, _unbracketed(condition)))


def _index_alone(index: Indexed, side: Side, others: Mapping[str, Indexed], other: Parts) -> Iterator[Unlike]:
    if index.unique and frozenset(index.columns) in other.uniques:
        return
    if index.unique and not index.where and all(_is_column(each) for each in index.columns):
        return  # told as what is unique
    twin = next(
        (each for each in others.values() if (each.columns, each.unique) == (index.columns, index.unique)), None
    )
    if twin is None:
        code = parity_code.of_index(other.name, index, side)
        yield Unlike(index.name, f"index {index.name} on ({', '.join(index.columns)}) is on {side} only", code)
    elif side == "SQLite":
        yield Unlike(index.name, f"index {index.name} of SQLite is called {twin.name} on PostgreSQL")


def _is_column(part: str) -> bool:
    return "(" not in part and "::" not in part


def _unbracketed(condition: str) -> str:
    return condition[1:-1] if condition.startswith("(") and condition.endswith(")") else condition


def _side(lite: object) -> Side:
    """The database that has what was looked for on SQLite."""
    return "PostgreSQL" if lite is None else "SQLite"


def _shown(columns: frozenset[str]) -> str:
    return ", ".join(sorted(columns))
