"""What the branch adds: each new revision in words, what it did to each database, its locks, its rows and its SQL."""

from __future__ import annotations

from collections.abc import Sequence

from ...branch import Told
from ...findings import Site
from ...reporting import counted
from ..links import address
from ..reviewing import Evidence, Locks, RoundTrip, Rows, Sql, Way, called
from ..telling import NO_LOCKS, no_locks, script, sql_title, stops, until
from .escaping import code, escaped, fenced, folded, linked, one_line, table
from .findings import place
from .limits import within

_ALL, _SQL = 450_000, 200_000  # bytes of all revisions; characters of all their SQL
_SHOWN_WHOLE = 3  # revisions; where there are more, those that went well are folded
_OPERATIONS, _LOCKS, _TABLES = 40, 40, 40  # of one revision
_STATEMENT = 300  # characters of a statement in the table of locks
_SIGNS = {"well": "✅", "badly": "❌", "not run": ""}


def revisions(shown: Sequence[Evidence], site: Site, wrong: set[str]) -> str:
    """A part for each new revision. `wrong` are the ids of those in which something was found."""
    sql = max(1_000, _SQL // max(1, sum(len(one.sql) for one in shown)))
    return within(_ALL, "new revision", (_revision(one, site, sql, wrong, len(shown)) for one in shown), between="\n\n")


def _revision(one: Evidence, site: Site, sql: int, wrong: set[str], of: int) -> str:
    revision = one.revision
    title = f"{code(revision.id)} {escaped(one_line(revision.message))}".strip()
    follows = " and ".join(code(parent) for parent in revision.parents)
    facts = [place(site, revision.path, revision.line), f"follows {follows}" if follows else "follows nothing"]
    if revision.reviewed:
        facts.append(f"reviewed by {escaped(one_line(revision.reviewed))}")
    parts = [
        " · ".join(facts),
        _operations("Up", revision.upgrade, site, revision.path),
        _operations("Down", revision.downgrade, site, revision.path),
        _trips(one.trips),
        *(_rows(rows, several=len(one.rows) > 1) for rows in one.rows),
        _locks(one, site),
        *(_sql(block, sql) for block in one.sql),
    ]
    body = "\n\n".join(part for part in parts if part)
    if of <= _SHOWN_WHOLE:
        return f"#### {title}\n\n{body}"
    bad = revision.id in wrong or not one.well
    return folded(f"{'❌ ' if bad else ''}{title}", body, opened=bad)


def _operations(direction: str, told: Sequence[Told], site: Site, path: str) -> str:
    if not told:
        return f"**{direction}**: nothing"
    lines = [f"**{direction}**\n"]
    for one in told[:_OPERATIONS]:
        line = linked(f"line {one.line}", address(site, path, one.line))
        lines.append(f"- {escaped(one_line(one.says))} ({line})")
    if len(told) > _OPERATIONS:
        lines.append(f"- and {counted(len(told) - _OPERATIONS, 'more operation')}")
    return "\n".join(lines)


def _trips(trips: Sequence[RoundTrip]) -> str:
    if not trips:
        return ""
    rows = [(escaped(called(trip.databases)), *map(_way, trip.ways)) for trip in trips]
    return table(("round trip", "up", "down", "up again"), rows)


def _way(way: Way) -> str:
    return f"{_SIGNS[way.outcome]} {escaped(way.says)}" if way.outcome != "not run" else "not run"


def _rows(rows: Rows, *, several: bool) -> str:
    on = f" on {escaped(called(rows.databases))}" if several else ""
    heads = (f"rows{on}", "before", "after up", "after down", "after up again")[: 1 + len(rows.counts[0][1])]
    lines = [
        (code(name), *("no table" if n is None else str(n) for n in counts)) for name, counts in rows.counts[:_TABLES]
    ]
    more = len(rows.counts) - _TABLES
    return table(heads, lines) + (f"\n\n{counted(more, 'more table')} not shown." if more > 0 else "")


def _locks(one: Evidence, site: Site) -> str:
    if not one.locks:
        return NO_LOCKS if no_locks(one) else ""
    everywhere = len({locks.databases for locks in one.locks}) == 1
    heads = ("statement", "lock", "table", "blocks", "until", "rewrites", "scans", *(() if everywhere else ("on",)))
    rows = [_lock(locks, site, everywhere) for locks in one.locks[:_LOCKS]]
    more = len(one.locks) - _LOCKS
    left = f"\n\n{counted(more, 'more lock')} not shown: see `--format json`." if more > 0 else ""
    on = f" on {escaped(called(one.locks[0].databases))}" if everywhere else ""
    return f"Locks{on}:\n\n{table(heads, rows)}{left}"


def _lock(locks: Locks, site: Site, everywhere: bool) -> tuple[str, ...]:
    lock = locks.lock
    blocks = escaped(lock.blocks or "not seen")
    where = linked(f"line {lock.line}", address(site, lock.path, lock.line))
    return (
        f"{code(lock.statement, _STATEMENT)} ({where})",
        escaped(lock.mode or "not seen"),
        code(lock.table),
        f"**{blocks}**" if stops(lock) else blocks,
        until(lock),
        "**yes**" if lock.rewritten else "no",
        "yes" if lock.scanned else "no",
        *(() if everywhere else (escaped(called(locks.databases)),)),
    )


def _sql(block: Sql, limit: int) -> str:
    return folded(escaped(sql_title(block, called(block.databases))), fenced(script(block, limit), "sql"))
