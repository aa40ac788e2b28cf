"""What PostgreSQL holds, read back and compared with the digests of the source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice

from ...errors import CannotFinish
from ...live.row_sql import table_name
from .columns import Table
from .lines import LARGEST, lines
from .loading import Moved
from .session import Connection
from .source import Source


def digest(connection: Connection, table: Table, moved: Moved) -> str:
    """The digest of the rows in the order in which they lie: that in which they came."""
    found = hashlib.sha256()
    for rows, text in _texts(connection, table):
        found.update(text)
        moved(rows)
    return found.hexdigest()


def compare(connection: Connection, source: Source, table: Table, moved: Moved) -> None:
    """Raises CannotFinish where the rows are not those of the source, with the first one that differs."""
    if not same(connection, source, table, moved):
        raise CannotFinish(
            f"{table.name} differs after the transfer: {difference(connection, source, table)}",
            "run it again, and if it stays, report it with this message",
        )


def same(connection: Connection, source: Source, table: Table, moved: Moved) -> bool:
    """Whether both hold the same rows; if need be, in whatever order."""
    if not table.columns or digest(connection, table, moved) == table.digest:
        return True
    return alike(connection, source, table)


def alike(connection: Connection, source: Source, table: Table) -> bool:
    """Whether both hold the same rows, in whatever order."""
    here = _sum(line for *_, text in lines(source, table) for line in _split(table, text))
    return here == _sum(_lines(connection, table))


def _split(table: Table, text: bytes) -> list[bytes]:
    """The rows of a text, without their ends."""
    return text.split(table.end)[:-1]


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Row for row what `_texts` has."""
    for _, text in _texts(connection, table):
        yield from _split(table, text)


def _texts(connection: Connection, table: Table) -> Iterator[tuple[int, bytes]]:
    """All rows, some of them at a time, in the order in which they lie.

    With ends that no text holds the server joins them, a range of blocks at a time; else they come as COPY prints them.
    """
    if not table.clean:
        return _copied(connection, table)
    name = table_name(table.shape)
    kind, blocks = connection.execute(_BLOCKS, (name,)).fetchone() or ("", 0)
    step = min(128, LARGEST // (_PER_BLOCK * max(table.longest, 1)))
    if kind == "r" and step and connection.info.server_version >= 140000:  # before, each range reads the whole table
        return _joined(connection, table, int(blocks), step)
    return _fetched(connection, table)


def _joined(connection: Connection, table: Table, blocks: int, step: int) -> Iterator[tuple[int, bytes]]:
    sql = (
        "SELECT count(*), convert_to(string_agg(line, E'\\x1e') || E'\\x1e', 'UTF8') FROM "
        f"(SELECT {_line(table)} AS line FROM {table_name(table.shape)} WHERE ctid"
    ).replace("%", "%%") + " >= %s::text::tid AND ctid < %s::text::tid) AS rows"
    for block in range(0, blocks, step):
        ends = f"({block},0)", f"({block + step},0)"
        rows, text = connection.execute(sql.encode(), ends, binary=True).fetchone() or (0, b"")
        if rows:
            yield rows, text


def _fetched(connection: Connection, table: Table) -> Iterator[tuple[int, bytes]]:
    with connection.transaction(), connection.cursor("guard_lines", binary=True) as cursor:
        sql = f"SELECT convert_to({_line(table)} || E'\\x1e', 'UTF8') FROM {table_name(table.shape)}"
        cursor.execute(sql.encode())
        while rows := cursor.fetchmany(max(1, min(2000, LARGEST // max(table.longest, 1)))):
            yield len(rows), b"".join(text for (text,) in rows)


def _copied(connection: Connection, table: Table) -> Iterator[tuple[int, bytes]]:
    shown = ", ".join(column.there for column in table.columns)
    sql = f"COPY (SELECT {shown} FROM {table_name(table.shape)}) TO STDOUT"
    with connection.cursor().copy(sql.encode()) as copy:
        rows = iter(copy)
        while part := list(islice(rows, max(1, min(2000, LARGEST // max(table.longest, 1))))):
            yield len(part), b"".join(part)


def _line(table: Table) -> str:
    """An expression of PostgreSQL for a row; concat() prints as COPY does, which a cast does not for every type."""
    cells = []
    for column in table.columns:
        text, plain = column.there, column.form is not None and column.shape.kind != "bool"
        text = f"({text})::text" if plain else f"CASE WHEN {text} IS NOT NULL THEN concat({text}) END"
        cells.append(f"coalesce({text}, E'\\x1d')")
    return " || E'\\x1f' || ".join(cells) or "''"


def _sum(rows: Iterable[bytes]) -> tuple[int, int]:
    """How many lines, and a sum of their digests, which does not depend on their order."""
    number = total = 0
    for line in rows:
        number += 1
        total += int.from_bytes(hashlib.blake2b(line, digest_size=32).digest(), "big")
    return number, total


def difference(connection: Connection, source: Source, table: Table) -> str:
    """The first row that differs, in words."""
    here = (line for *_, text in lines(source, table) for line in _split(table, text))
    there = _lines(connection, table)
    number = 0
    try:
        for number, line in enumerate(here, 1):
            other = next(there, b"")
            if line != other:
                at = next((at for at, pair in enumerate(zip(line, other, strict=False)) if pair[0] != pair[1]), 0)
                return f"row {number:,} is {_shown(other, at)}, and was {_shown(line, at)}"
        more = sum(1 for _ in there)
    finally:
        for _ in there:  # the connection may be in the middle of a COPY
            pass
    return f"it has {more:,} rows more than {number:,}"


def _shown(line: bytes, at: int) -> str:
    text = line.translate(_SHOWN).decode(errors="replace").replace("\x1f", " | ")
    start = max(0, at - 40)
    return repr(("..." if start else "") + text[start : start + 120]) if text else "missing"


_SHOWN = bytes.maketrans(b"\t\x1d", b"\x1f-")
_PER_BLOCK = 300  # rows that a block of 8 kB holds at most, all of them TOASTed
_BLOCKS = """
SELECT relkind::text, pg_relation_size(oid) / current_setting('block_size')::int FROM pg_class WHERE oid = %s::regclass
"""
