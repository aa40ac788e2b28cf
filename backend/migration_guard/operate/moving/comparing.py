"""What PostgreSQL holds, read back and compared with the digests of the source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice

from ...errors import CannotFinish
from ...live.row_sql import identifier, table_name
from .loading import Moved
from .parsing import Parser
from .session import Connection
from .source import Source, Table


def digest(connection: Connection, table: Table, moved: Moved) -> str:
    """The digest of the rows in the order in which they lie: that in which they came."""
    found = hashlib.sha256()
    for part in _parts(_lines(connection, table)):
        found.update(b"".join(part))
        moved(len(part))
    return found.hexdigest()


def compare(connection: Connection, source: Source, table: Table, parser: Parser, moved: Moved) -> None:
    """Raises CannotFinish where the rows are not those of the source, with the first one that differs."""
    if not same(connection, source, table, parser, moved):
        raise CannotFinish(
            f"{table.name} differs after the transfer: {_difference(connection, source, table, parser)}",
            "run it again, and if it stays, report it with this message",
        )


def same(connection: Connection, source: Source, table: Table, parser: Parser, moved: Moved) -> bool:
    """Whether both hold the same rows; if need be, in whatever order."""
    if not table.columns or digest(connection, table, moved) == table.digest:
        return True
    return alike(connection, source, table, parser)


def alike(connection: Connection, source: Source, table: Table, parser: Parser) -> bool:
    """Whether both hold the same rows, in whatever order."""
    here = _sum(
        line for _, text in source.lines(table, parser, as_kept=True) for line in text.splitlines(keepends=True)
    )
    return here == _sum(_lines(connection, table))


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """The rows as COPY prints them, each with its end of line."""
    names = [identifier(column.name) for column in table.columns]
    shown = [
        column.form.there.replace("{x}", name) if column.form else name
        for name, column in zip(names, table.columns, strict=True)
    ]
    what = table_name(table.shape)
    simple = shown == names and _is_plain(connection, what)
    sql = (
        f"COPY {what} ({', '.join(names)}) TO STDOUT"
        if simple
        else f"COPY (SELECT {', '.join(shown)} FROM {what}) TO STDOUT"
    )
    with connection.cursor().copy(sql.encode()) as copy:
        for line in copy:
            yield bytes(line)


def _is_plain(connection: Connection, name: str) -> bool:
    """Whether COPY takes it without a query: a table of no parts."""
    found = connection.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", (name,)).fetchone()
    return found in (("r",), (b"r",))


def _parts(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    while part := list(islice(lines, 2000)):
        yield part


def _sum(lines: Iterator[bytes]) -> tuple[int, int]:
    """How many lines, and a sum of their digests, which does not depend on their order."""
    number = total = 0
    for line in lines:
        number += 1
        total += int.from_bytes(hashlib.blake2b(line, digest_size=32).digest(), "big")
    return number, total


def _difference(connection: Connection, source: Source, table: Table, parser: Parser) -> str:
    """The first row that differs, in words."""
    here = (line for _, text in source.lines(table, parser, as_kept=True) for line in text.splitlines(keepends=True))
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
        for _ in there:  # the connection is in the middle of a COPY
            pass
    return f"it has {more:,} rows more than {number:,}"


def _shown(line: bytes, at: int) -> str:
    text = line.decode(errors="replace").rstrip("\n").replace("\t", " | ")
    start = max(0, at - 40)
    return repr(("..." if start else "") + text[start : start + 120]) if text else "missing"
