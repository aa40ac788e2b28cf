"""The text of a base revision: what the schemas of one or two databases come to, in one file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from ..facts import DIALECTS
from .schema import Schema, Thing
from .tables import Rule, Table, common, common_index, in_order
from .writing import Line, branched, create_index, create_key, create_table, drop_table, execute

_ORDER = tuple(DIALECTS)  # SQLite keeps what people wrote, so its spelling is taken for both

SEQUENCES = ""  # under this name, no table's, stand the statements that set sequences


@dataclass(frozen=True)
class Body:
    """The two functions, a statement each."""

    upgrade: tuple[str, ...]
    downgrade: tuple[str, ...]

    @property
    def imports(self) -> str:
        """What the statements need beside op and sa."""
        words = "\n".join((*self.upgrade, *self.downgrade))
        return "from sqlalchemy.dialects import postgresql\n" if "postgresql." in words else ""


def body_of(
    schemas: Mapping[str, Schema], rows: Mapping[str, list[Line]], apart: Collection[str], *, convention: bool
) -> Body:
    """The functions for these databases. `rows` are the statements that fill a table; the tables `apart` are written
    for each database by itself."""
    dialects = [name for name in _ORDER if name in schemas]
    writer = _Writer(dialects, schemas, set(apart), convention)
    up: list[Line] = [*writer.things("first")]
    for table, dialect in writer.ordered:
        up += writer.made(table, dialect)
    for name in dict.fromkeys(table.full_name for table, _ in writer.ordered):
        up += rows.get(name, [])
    up += rows.get(SEQUENCES, [])
    up += writer.late_keys()  # after the rows: of two tables that point at each other, one is filled first
    for name in dialects:
        up += [Line(execute(sql), writer.only(name)) for table, _ in writer.each(name) for sql in table.later]
    up += writer.things("last")
    down: list[Line] = [*writer.drops("last", outlives=False)]
    down += writer.late_drops()
    down += writer.dropped()
    down += writer.drops("last", outlives=True)
    down += writer.drops("first")
    return Body(tuple(branched(up)), tuple(branched(dict.fromkeys(down))))


class _Writer:
    def __init__(self, dialects: list[str], schemas: Mapping[str, Schema], apart: set[str], convention: bool) -> None:
        self.dialects = dialects
        self.schemas = schemas
        self.convention = convention
        by_name: dict[str, dict[str, Table]] = {}
        for dialect in dialects:
            for table in schemas[dialect].tables:
                by_name.setdefault(table.full_name, {})[dialect] = table
        self.by_name = by_name
        self.shared = {
            name: made
            for name, own in by_name.items()
            if len(dialects) > 1 and len(own) == len(dialects) and name not in apart
            if (made := common(*(own[dialect] for dialect in dialects))) is not None
        }
        whole = [
            self.shared.get(name)
            or replace(
                own[dialects[-1]] if dialects[-1] in own else next(iter(own.values())),
                parents=frozenset().union(*(each.parents for each in own.values())),
            )
            for name, own in by_name.items()
        ]
        tables, self.broken = in_order(whole)
        self.ordered: list[tuple[Table, str | None]] = []
        for table in tables:
            name = table.full_name
            if name in self.shared:
                self.ordered.append((self.shared[name], None))
            else:
                self.ordered += [(own, self.only(dialect)) for dialect, own in by_name[name].items()]

    def only(self, dialect: str) -> str | None:
        """The condition for one database: none where there is no other."""
        return dialect if len(self.dialects) > 1 else None

    def each(self, dialect: str) -> Iterator[tuple[Table, str]]:
        """The tables of one database."""
        for own in self.by_name.values():
            if dialect in own:
                yield own[dialect], dialect

    def things(self, which: str) -> Iterator[Line]:
        """All that stands before, or behind, the tables."""
        for dialect in self.dialects:
            for thing in self._of(dialect, which):
                yield from (Line(execute(sql), self.only(dialect)) for sql in thing.make)

    def drops(self, which: str, *, outlives: bool | None = None) -> Iterator[Line]:
        """What takes it away again; with `outlives`, only what tables hang on, or do not."""
        for dialect in self.dialects:
            for thing in reversed(self._of(dialect, which)):
                if thing.drop and outlives in (None, thing.outlives):
                    yield Line(execute(thing.drop), self.only(dialect))

    def _of(self, dialect: str, which: str) -> tuple[Thing, ...]:
        schema = self.schemas[dialect]
        return schema.first if which == "first" else schema.last

    def made(self, table: Table, dialect: str | None) -> Iterator[Line]:
        """A table with its indexes."""
        if table.sql:
            yield from (Line(execute(sql), dialect) for sql in table.sql)
            return
        late = "postgresql" in self.dialects and dialect != "sqlite"  # SQLite looks at no key there
        apart = {parent for child, parent in self.broken if late and child == table.full_name}
        yield Line(create_table(table, convention=self.convention, apart=apart), dialect)
        if dialect is not None or len(self.dialects) == 1:
            yield from self._indexes(table, dialect)
            return
        own = [self.by_name[table.full_name][each] for each in self.dialects]
        found = {index.name: index for index in own[0].indexes}
        for index in own[1].indexes:
            same = common_index(found[index.name], index) if index.name in found else None
            if same is not None:
                del found[index.name]
                yield Line(create_index(same, table, convention=self.convention))
            else:
                yield Line(create_index(index, table, convention=self.convention), self.dialects[1])
        for index in found.values():
            yield Line(create_index(index, table, convention=self.convention), self.dialects[0])

    def _indexes(self, table: Table, dialect: str | None) -> Iterator[Line]:
        for index in table.indexes:
            yield Line(create_index(index, table, convention=self.convention), dialect)

    def late_keys(self) -> Iterator[Line]:
        """The keys of tables that point at each other; SQLite has them in the tables, as nobody looks at them there."""
        for table, rule in self._circular():
            yield Line(create_key(table, rule, convention=self.convention), self.only("postgresql"))

    def late_drops(self) -> Iterator[Line]:
        """What takes those keys away before the tables go."""
        for table, rule in self._circular():
            name = rule.name_in(table.name)
            schema = f', schema="{table.schema}"' if table.schema else ""
            text = f'op.drop_constraint("{name}", "{table.name}", type_="foreignkey"{schema})'
            yield Line(text, self.only("postgresql"))

    def _circular(self) -> Iterator[tuple[Table, Rule]]:
        if "postgresql" not in self.dialects:
            return
        for table, dialect in self.ordered:
            if dialect == "sqlite" or table.sql:
                continue
            for rule in table.rules:
                if rule.parent and (table.full_name, rule.parent) in self.broken:
                    yield table, rule

    def dropped(self) -> Iterator[Line]:
        """The tables, children before parents."""
        for table, dialect in reversed(self.ordered):
            yield Line(drop_table(table), dialect if self._alone(table.full_name) else None)

    def _alone(self, name: str) -> bool:
        return len(self.by_name[name]) < len(self.dialects)
