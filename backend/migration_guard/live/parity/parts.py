"""What the tables of a snapshot hold, in a form that SQLite and PostgreSQL share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..meaning import meaning
from ..schema import Key, Properties, Snapshot

_REFERENCE = re.compile(r"(?:FOREIGN KEY )?\((.*?)\) references ([^(]+)\((.*?)\)(.*)", re.IGNORECASE | re.DOTALL)
_ACTION = re.compile(r"on (delete|update) (cascade|set null|set default|restrict)", re.IGNORECASE)
_METHOD = re.compile(r"(\w+) (?=\()")
# Each after its column; PostgreSQL knows operator classes, which are words without meaning elsewhere.
_DESCENDING = re.compile(r"\sdesc\b", re.IGNORECASE)
# https://www.postgresql.org/docs/current/indexes-types.html: SQLite has B-trees alone.
_TREES = ("", "btree", "hash")
_LABEL = re.compile(r"E?'((?:[^']|'')*)'")
_FLAGS = re.compile(r"((?: NO INHERIT| NOT VALID| NOT ENFORCED)*)$")


@dataclass(frozen=True)
class Reference:
    """A foreign key."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    actions: tuple[str, ...]  # "on delete cascade"
    deferred: bool


@dataclass(frozen=True)
class Indexed:
    """An index. `columns` are names in lower case, "name desc", or an expression as it stands."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    where: str  # empty: of all rows
    common: bool = True  # of a kind that both databases have


@dataclass(frozen=True)
class Check:
    """A condition: its name, what it means, and its text."""

    name: str
    meaning: str
    text: str


@dataclass
class Parts:
    """One table."""

    name: str
    columns: dict[str, Properties] = field(default_factory=dict)  # by name in lower case
    key: frozenset[str] = frozenset()
    uniques: dict[frozenset[str], str] = field(default_factory=dict)  # columns -> what keeps them unique
    references: list[Reference] = field(default_factory=list)
    indexes: list[Indexed] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


def parts_of(snapshot: Snapshot, dialect: str) -> dict[str, Parts]:
    """The tables by name in lower case, without schemas: less virtual tables and partitions, which one side lacks."""
    found: dict[str, Parts] = {}
    owners: dict[str, Parts] = {}
    for (kind, name), properties in snapshot.objects.items():
        if kind == "table" and not {"virtual", "partition of", "foreign"} & properties.keys():
            owners[name] = Parts(name)
            if "." not in name or _plain(name) not in found:  # of two, that in the default schema
                found[_plain(name)] = owners[name]
    for (kind, name), properties in snapshot.objects.items():
        table = owners.get(properties.get("table", ""))
        if table is not None:
            _add(table, (kind, name), properties, dialect)
    return found


def labels_of(snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
    """The labels of each enum type, by the name that columns show."""
    return {
        name: tuple(match.replace("''", "'") for match in _LABEL.findall(properties["labels"]))
        for (kind, name), properties in snapshot.objects.items()
        if kind == "enum" and "labels" in properties
    }


def _add(table: Parts, key: Key, properties: Properties, dialect: str) -> None:
    kind, name = key
    own = name.removeprefix(f"{table.name}.")
    text = properties.get("definition", "")
    if kind == "column":
        table.columns[own.lower()] = properties
    elif kind == "primary key":
        table.key = frozenset(_bare(part) for part in _listed(text))
    elif kind == "unique":
        table.uniques.setdefault(frozenset(_bare(part) for part in _listed(text)), f"constraint {own}")
    elif kind == "foreign key" and (match := _REFERENCE.match(text)):
        actions = tuple(sorted(f"on {event} {action}".lower() for event, action in _ACTION.findall(match[4])))
        table.references.append(
            Reference(
                tuple(_bare(part) for part in match[1].split(", ")),
                _plain(match[2].strip()),
                tuple(_bare(part) for part in match[3].split(", ")),
                actions,
                "initially deferred" in match[4].lower(),
            )
        )
    elif kind == "check":
        flags = _FLAGS.search(text)
        condition = text.removesuffix(flags[1] if flags else "").removeprefix("CHECK ")
        table.checks.append(
            Check("" if own.startswith(f"{table.name}(") else own, meaning(condition, dialect), condition)
        )
    elif kind == "index":
        _add_index(table, name.rpartition(".")[2], properties)


def _add_index(table: Parts, name: str, properties: Properties) -> None:
    text = properties["definition"]
    method = _METHOD.match(text)
    columns = tuple(_index_column(part) for part in _listed(text))
    where = re.split(r"\bwhere\b", text, maxsplit=1, flags=re.IGNORECASE)
    index = Indexed(
        name,
        columns,
        properties.get("unique") == "yes",
        where[1].strip() if len(where) > 1 else "",
        common=(method[1] if method else "") in _TREES,
    )
    if index.unique and not index.where and all(column in table.columns for column in columns):
        table.uniques.setdefault(frozenset(columns), f"index {name}")
    table.indexes.append(index)


def _index_column(part: str) -> str:
    words = part.split()
    if re.fullmatch(r'"[^"]+"|\w+', words[0]) and "(" not in part:
        return _bare(words[0]) + (" desc" if _DESCENDING.search(part) else "")
    return part


def _listed(text: str) -> list[str]:
    """The parts between commas in the first parentheses."""
    return list(_split(text[text.find("(") + 1 :]))


def _split(text: str) -> Iterator[str]:
    depth, part = 0, ""
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            break
        if letter == "," and not depth:
            yield part.strip()
            part = ""
        else:
            part += letter
    if part.strip():
        yield part.strip()


def _bare(part: str) -> str:
    """A column's name in lower case, without quotes and what follows it."""
    quoted = re.match(r'"([^"]+)"', part)
    return (quoted[1] if quoted else part.split()[0]).lower()


def _plain(name: str) -> str:
    return name.replace('"', "").rpartition(".")[2].lower()
