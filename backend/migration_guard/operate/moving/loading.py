"""Rows into PostgreSQL: what slows a load down is taken away and made again, in one transaction with the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import psycopg

from ...errors import CannotFinish
from ...live.row_sql import identifier, table_name
from .columns import Table
from .lines import sent_lines
from .session import Connection, Record
from .source import Source

Moved = Callable[[int], None]


def load(connection: Connection, source: Source, table: Table, moved: Moved) -> None:
    """Copy a table's rows in the place of those that it has, and write that down. Raises psycopg.Error; then nothing
    has changed."""
    name = table_name(table.shape)
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = off")  # the last transaction waits for all before it
        connection.execute("SET LOCAL maintenance_work_mem = '128MB'")
        connection.execute(f"TRUNCATE {name}".encode())
        triggers = _triggers(connection, table)
        made_later = _without_indexes(connection, table)
        for trigger in triggers:
            connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER {trigger}".encode())
        _copy(connection, source, table, moved)
        for statement in made_later:
            connection.execute(statement.encode())
        for trigger, enabled in triggers.items():
            connection.execute(f"ALTER TABLE {name} ENABLE {enabled} TRIGGER {trigger}".encode())
        Record(connection).add("loaded", table.name, table.mark)
    table.spool.close()


def copy_into(
    connection: Connection,
    name: str,
    columns: Sequence[str],
    parts: Iterator[tuple[int, bytes]],
    moved: Moved,
    how: str = "",
) -> None:
    """COPY lines, of which each part comes with the number of its rows; `how` are options of COPY."""
    names = ", ".join(map(identifier, columns))
    with connection.cursor().copy(f"COPY {name} ({names}) FROM STDIN {how}".encode()) as copy:
        for rows, text in parts:
            copy.write(text)
            moved(rows)


def _copy(connection: Connection, source: Source, table: Table, moved: Moved) -> None:
    name, columns = table_name(table.shape), [column.name for column in table.columns]
    if not columns:
        if table.rows:
            connection.execute(f"INSERT INTO {name} SELECT FROM generate_series(1, {table.rows})".encode())
        return
    # The table was emptied in this transaction: nobody sees its rows too early, and they need not be frozen later.
    plain = connection.execute("SELECT FROM pg_class WHERE oid = %s::regclass AND relkind = 'r'", (name,)).fetchone()
    how = "(FREEZE)" if plain is not None else ""
    if table.spool:
        copy_into(connection, name, columns, table.spool.parts(table.rows), moved, how)
    else:
        with source.ahead(sent_lines, table.bare) as ready:
            copy_into(connection, name, columns, ready, moved, how)


def _triggers(connection: Connection, table: Table) -> dict[str, str]:
    """The triggers that would fire for rows that are copied, with the word that enables each again."""
    rows = connection.execute(
        "SELECT quote_ident(tgname), CASE tgenabled WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' ELSE '' END "
        "FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgenabled <> 'D'",
        (table_name(table.shape),),
    )
    return dict(rows.fetchall())


def _without_indexes(connection: Connection, table: Table) -> list[str]:
    """Drop the indexes whose definition says all there is to them; the statements that make them again."""
    later: list[str] = []
    rows = connection.execute(_INDEXES, (table_name(table.shape),)).fetchall()
    for drop, create in rows:
        try:
            with connection.transaction():
                connection.execute(drop)
        except psycopg.errors.DependentObjectsStillExist:
            continue  # a view groups by it: it stays, and is filled as the rows come
        later.append(create)
    return later


def keys_dropped(connection: Connection, record: Record, tables: Sequence[Table]) -> None:
    """Drop the foreign keys of these tables, and write down how they are made again, in one transaction."""
    names = [table_name(table.shape) for table in tables]
    with connection.transaction():
        for name, drop, create in connection.execute(_KEYS, (names, names)).fetchall():
            record.add("key", name, create)
            connection.execute(drop)


def keys_made(connection: Connection, record: Record) -> None:
    """Make the foreign keys again that were dropped. Raises CannotFinish where rows do not satisfy one."""
    for name, create in record.all("key").items():
        try:
            with connection.transaction():
                connection.execute(create.encode())
                record.remove("key", name)
        except psycopg.IntegrityError as error:  # noqa: PERF203
            detail = error.diag.message_detail or ""
            raise CannotFinish(
                f"{name} does not hold: {detail}", "correct the row in the SQLite file and run it again"
            ) from error


def sequences_set(connection: Connection, source: Source, tables: Sequence[Table]) -> None:
    """Set each sequence behind what SQLite has given out: the greatest value, or what AUTOINCREMENT keeps."""
    names = {table_name(table.shape): table for table in tables}
    kept: dict[str, int] = {}
    if source.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        kept = {name: int(number or 0) for name, number in source.execute("SELECT name, seq FROM sqlite_sequence")}
    greatest: dict[str, int] = {}
    for name, column, sequence in connection.execute(_SEQUENCES, ([*names],)).fetchall():
        found = connection.execute(f"SELECT max({identifier(column)}) FROM {name}".encode()).fetchone()
        number = max(int((found or (0,))[0] or 0), kept.get(names[name].shape.name, 0))
        greatest[sequence] = max(number, greatest.get(sequence, 0))
    for sequence, number in greatest.items():
        if number > 0:
            connection.execute("SELECT setval(%s::regclass, %s)", (sequence, number))


def last_numbers(connection: Connection, tables: Sequence[Table]) -> dict[str, int]:
    """The last number that the sequence of each table gave out, where it has one."""
    names = {table_name(table.shape): table for table in tables}
    found: dict[str, int] = {}
    for name, _, sequence in connection.execute(_SEQUENCES, ([*names],)).fetchall():
        sql = f"SELECT last_value FROM {sequence} WHERE is_called"
        if row := connection.execute(sql.encode()).fetchone():
            found[names[name].name] = max(int(row[0]), found.get(names[name].name, 0))
    return found


# What an index definition does not say keeps it from being dropped: comments, tablespaces, statistics, marks of other
# commands, dependent extensions. Nor is anything of a partitioned table.
_INDEXES = """
SELECT CASE WHEN k.oid IS NULL THEN format('DROP INDEX %%s', i.indexrelid::regclass)
            ELSE format('ALTER TABLE %%s DROP CONSTRAINT %%I', i.indrelid::regclass, k.conname) END,
       CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
            ELSE format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', i.indrelid::regclass, k.conname,
                        pg_get_constraintdef(k.oid)) END
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = %s::regclass AND i.indisvalid AND i.indislive AND NOT i.indisclustered AND NOT i.indisreplident
  AND t.relkind = 'r' AND NOT t.relispartition AND x.reltablespace = 0 AND x.reloptions IS NULL
  AND NOT EXISTS (SELECT 1 FROM pg_description d WHERE (d.classoid = 'pg_class'::regclass AND d.objoid = x.oid)
                  OR (d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid))
  AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = x.oid AND a.attstattarget >= 0
                  AND i.indexprs IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.deptype IN ('e', 'x') AND d.objid IN (x.oid, k.oid))
ORDER BY k.contype = 'p' DESC NULLS LAST, x.relname
"""
_KEYS = """
SELECT format('%%s.%%I', k.conrelid::regclass, k.conname),
       format('ALTER TABLE %%s DROP CONSTRAINT %%I', k.conrelid::regclass, k.conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
       || coalesce(format('; COMMENT ON CONSTRAINT %%I ON %%s IS %%L', k.conname, k.conrelid::regclass,
                          obj_description(k.oid, 'pg_constraint')), '')
FROM pg_constraint k
WHERE k.contype = 'f' AND k.conparentid = 0
  AND (k.conrelid = ANY (%s::text[]::regclass[]) OR k.confrelid = ANY (%s::text[]::regclass[]))
"""
_SEQUENCES = """
SELECT format('%%s', u.name), a.attname, s.oid::regclass::text
FROM unnest(%s::text[]) u(name)
JOIN pg_attribute a ON a.attrelid = u.name::regclass AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
JOIN pg_depend d ON (d.classid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
                     AND d.deptype IN ('a', 'i'))
                 OR (d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass)
JOIN pg_class s ON s.relkind = 'S' AND s.oid IN (d.objid, d.refobjid)
WHERE format_type(a.atttypid, NULL) IN ('smallint', 'integer', 'bigint')
"""
