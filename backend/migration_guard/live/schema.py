"""A database's catalogue as plain text that can be compared, and what differs between two of them, in words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Key = tuple[str, str]
Properties = Mapping[str, str]
What = Literal["added", "missing", "changed"]

# Made and named by people, kept by structure: one of these with a new name is the same thing renamed.
_KEPT_BY_STRUCTURE = frozenset({"primary key", "foreign key", "unique", "check", "exclusion", "index"})
# What a property's values make of the object, in words; the empty text stands for a property that is not set.
_STATES: Mapping[str, Mapping[str, str]] = {
    "nullable": {
        "yes": "nullable",
        "no": "NOT NULL",
        "no NOT VALID": "NOT NULL but not checked for older rows (NOT VALID)",
        "no NO INHERIT": "NOT NULL, which children do not inherit (NO INHERIT)",
    },
    "unique": {"yes": "unique", "": "not unique"},
    "valid": {"no": "INVALID, so no query uses it", "": "valid"},
    "enabled": {"": "enabled", "no": "disabled", "replica": "enabled on replicas only", "always": "always enabled"},
    "populated": {"no": "without data", "": "populated"},
    "persistence": {"unlogged": "UNLOGGED", "": "logged"},
    "strict": {"yes": "STRICT", "": "not STRICT"},
    "autoincrement": {"yes": "AUTOINCREMENT", "": "without AUTOINCREMENT"},
    "without rowid": {"yes": "WITHOUT ROWID", "": "with a rowid"},
    "restrictive": {"yes": "restrictive", "": "permissive"},
    "deterministic": {"no": "not deterministic", "": "deterministic"},
}
_UNSET = {
    **dict.fromkeys(("partition of", "partitioned by", "inherits", "clustered on", "owned by"), "nothing"),
    **dict.fromkeys(("collation", "storage", "replica identity", "tablespace"), "the default"),
    **dict.fromkeys(("comment", "tables", "mappings"), "none"),
    "row security": "off",
    "cycle": "no",
    "cache": "1",
    "grants": "as usual",
    "access method": "heap",
}
# https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4: made of random bits, but for two digits
_RANDOM = re.compile(r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}\b", re.IGNORECASE)
_EXCERPT = 160  # characters of a long text, such as a function's body, that a sentence shows


@dataclass(frozen=True)
class Snapshot:
    """Everything in a database that is not a row: `(kind, name) -> {property: text}`.

    Names are qualified ("persona.name" is a column) and carry their schema only when it is not the default one.
    An object that belongs to a table names it in the property "table". A property that is not set is left out,
    so equal databases have equal snapshots.
    """

    objects: Mapping[Key, Properties]


@dataclass(frozen=True)
class Difference:
    """One thing that is not in both snapshots, or one property that is not the same in both."""

    kind: str
    name: str
    table: str | None  # the table it belongs to, or is
    what: What
    property: str = ""  # these three only where `what` is "changed"; empty text: not set
    before: str = ""
    after: str = ""

    def sentence(self, *, added: str = "is left behind", missing: str = "is missing") -> str:
        """What differs in words, such as "table mood is left behind". The two phrases fit the comparison made."""
        if self.what == "added":
            return f"{self.kind} {self.name} {added}"
        if self.what == "missing":
            return f"{self.kind} {self.name} {missing}"
        subject, before, after = self.sides()
        return f"{subject} was {before}, is {after}"

    def sides(self) -> tuple[str, str, str]:
        """Of what is changed: the subject of a sentence, and the words for what it is on either side."""
        states = _STATES.get(self.property)
        if states is not None:
            return f"{self.kind} {self.name}", states.get(self.before, self.before), states.get(self.after, self.after)
        unset = _UNSET.get(self.property, "not set")
        before, after = _excerpts(self.before, self.after)
        return f"{self.kind} {self.name}: {self.property}", before or unset, after or unset


def differences(before: Snapshot, after: Snapshot) -> list[Difference]:
    """What `after` has too much, lacks or has otherwise, sorted by table.

    What belongs to a table that came or went is told by that table's line alone.
    """
    if before.objects == after.objects:
        return []
    gone = {key: found for key, found in before.objects.items() if key not in after.objects}
    new = {key: found for key, found in after.objects.items() if key not in before.objects}
    found = list(_renamed(gone, new))
    found += _one_sided(gone, "missing")
    found += _one_sided(new, "added")
    for key, was in before.objects.items():
        if key in after.objects and was != after.objects[key]:
            found += _changes(key, was, after.objects[key])
    return sorted(
        found, key=lambda each: (each.table or each.name, each.kind != "table", each.kind, each.name, each.property)
    )


def without(snapshot: Snapshot, tables: Collection[str]) -> Snapshot:
    """The snapshot less these tables and what belongs to them, such as Alembic's own version table."""
    return Snapshot({key: found for key, found in snapshot.objects.items() if _table(key, found) not in tables})


def tables(snapshot: Snapshot) -> list[str]:
    """The names of the tables in a snapshot, sorted."""
    return sorted(name for kind, name in snapshot.objects if kind == "table")


def _table(key: Key, properties: Properties) -> str | None:
    return key[1] if key[0] == "table" else properties.get("table")


def _one_sided(objects: Mapping[Key, Properties], what: What) -> Iterator[Difference]:
    for (kind, name), properties in objects.items():
        table = _table((kind, name), properties)
        owners = {("table", table), ("view", table), ("materialized view", table)} - {(kind, name)}
        if table is None or owners.isdisjoint(objects):
            yield Difference(kind, name, table, what)


def _renamed(gone: dict[Key, Properties], new: dict[Key, Properties]) -> Iterator[Difference]:
    """Takes out of both what only has another name, and tells it as one change."""
    for old in sorted(gone):
        if old[0] not in _KEPT_BY_STRUCTURE:
            continue
        for key in sorted(new):
            if key[0] == old[0] and new[key] == gone[old]:
                table = gone.pop(old).get("table")
                del new[key]
                short = (_own_name(name, table) for name in (old[1], key[1]))
                yield Difference(old[0], old[1], table, "changed", "name", *short)
                break


def _own_name(name: str, table: str | None) -> str:
    """A name without its table; nothing for a constraint that is called after what it says, as it has no name."""
    return "" if name.startswith(f"{table}(") else name.removeprefix(f"{table}.")


def _changes(key: Key, before: Properties, after: Properties) -> Iterator[Difference]:
    for name in sorted({*before, *after}):
        was, now = before.get(name, ""), after.get(name, "")
        # A sequence that a column gets for its own is told as that alone.
        if was != now and not (name == "table" and key[0] == "sequence") and not drawn_anew(was, now):
            yield Difference(*key, _table(key, after), "changed", name, was, now)


def drawn_anew(one: str, other: str) -> bool:
    """Whether two texts differ in random UUIDs alone: a revision that draws one draws another in each database."""
    return _RANDOM.search(one) is not None and _RANDOM.sub("?", one) == _RANDOM.sub("?", other)


def _excerpts(before: str, after: str) -> tuple[str, str]:
    """Both texts, short enough for a sentence, and never so short that the difference is cut away."""
    if max(len(before), len(after)) <= _EXCERPT:
        return before, after
    same = next((i for i, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
    start = max(0, (min(len(before), len(after)) if same is None else same) - _EXCERPT // 4)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    part = text[start : start + _EXCERPT]
    return f"{'...' if start and part else ''}{part}{'...' if start + _EXCERPT < len(text) else ''}"
