"""What a way up and down again loses for good: values that upgrade() moves and downgrade() does not move back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ..rows.contents import Contents, TableContents, meaning, shown
from ..statements import tables_written
from ..steps import Forgotten, Statement

_MOVES = re.compile(r"\s*(WITH|SELECT|INSERT|REPLACE|UPDATE|MERGE)\b", re.IGNORECASE)
_WHERE = re.compile(r"\bwhere\b.*", re.DOTALL)  # says which rows, not what they get
_FEWEST = 2  # values that stand in the old and in the new place: one, or a flag, may be there by chance


class Round:
    """The rows before a revision, after its upgrade() and after its downgrade(), and what these ran."""

    def __init__(
        self,
        before: Contents,
        above: Contents,
        back: Contents,
        up: Sequence[Statement],
        down: Sequence[Statement],
    ) -> None:
        self.before, self.above, self.back = before.tables, above.tables, back.tables
        self.written = tables_written(down)
        moves = [each.sql.lower() for each in up if _MOVES.match(each.sql) and "_alembic_tmp_" not in each.sql]
        self.read = [_WHERE.sub("", sql) for sql in moves]
        self.put = [sql for sql in moves if not sql.lstrip().startswith("select")]

    def forgotten(self) -> Iterator[Forgotten]:
        """The columns and tables that upgrade() drops and downgrade() makes anew without their values.

        What downgrade() writes to by itself is its author's business.
        """
        for name, was in self.before.items():
            now, between = self.back.get(name), self.above.get(name)
            if now is None or _bare(name) in self.written:
                continue
            if between is None:
                if was.count > now.count:
                    kept = self._kept(name, [set(_values(was, each)) for each in was.columns], [_bare(name)])
                    yield Forgotten(name, None, was.count - now.count, was.count, _row(was), kept, now.count == 0)
                continue
            for column in was.columns:
                if column in between.columns or column not in now.columns:
                    continue
                values, left = _values(was, column), _values(now, column)
                if gone := values - left:
                    kept = self._kept(name, [set(values)], [column.lower(), _bare(name)])
                    example = _literal(was, column, next(iter(gone)))
                    yield Forgotten(name, column, gone.total(), values.total(), example, kept, not left)

    def _kept(self, table: str, values: Sequence[set[str]], words: Sequence[str]) -> tuple[str, str | None] | None:
        """The column or table that upgrade() made and moved something to, and that downgrade() drops: either all
        values stand there as they are, or what it ran reads the one and writes the other."""
        reads = any(all(_names(sql, word) for word in words) for sql in self.read)
        for name, column in sorted(self._new(), key=lambda place: (place[0] != table, place)):
            there = _values(self.above[name], column)
            same = any(own <= there.keys() and sum(len(value) > 1 for value in own) >= _FEWEST for own in values)
            word = column if name in self.before else _bare(name)
            if same or (there and reads and any(_names(sql, word) for sql in self.put)):
                return name, column if name in self.before else None
        return None

    def _new(self) -> Iterator[tuple[str, str]]:
        """The columns that stand after upgrade() alone."""
        for name, now in self.above.items():
            others = [one[name] for one in (self.before, self.back) if name in one]
            yield from ((name, column) for column in now.columns if not any(column in one.columns for one in others))


def _values(of: TableContents, column: str) -> Counter[str]:
    """How often a column holds which value; NULL is none."""
    place = [*of.columns].index(column)
    return Counter(meaning(row[place]) for row in of.rows if row[place] != "NULL")


def _literal(of: TableContents, column: str, value: str) -> str:
    place = [*of.columns].index(column)
    return shown(next(row[place] for row in of.rows if meaning(row[place]) == value))


def _row(of: TableContents) -> str:
    """The first row's first columns."""
    first = dict(zip(of.columns, of.rows[0], strict=True)) if of.rows else {}
    return ", ".join(f"{column} {shown(value)}" for column, value in [*first.items()][:3])


def _names(sql: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word.lower())}\b", sql) is not None


def _bare(name: str) -> str:
    return name.rpartition(".")[2].lower()
