"""What the branch adds: each new revision in words, its round trip, rows, locks and SQL."""

from __future__ import annotations

from collections.abc import Sequence

from ...branch import Told
from ...findings import Site
from ...reporting import counted
from ..links import address
from ..reviewing import Evidence, Locks, Rows, Sql, Way, called
from ..telling import NO_LOCKS, no_locks, script, sql_title, stops, until
from .findings import place
from .markup import Markup, between, folded, joined, link, table, tag, text
from .sql import coloured

_SQL, _LEAST, _BLOCK = 1_000_000, 2_000, 100_000  # characters of all SQL; of one block
_SHOWN_WHOLE = 5  # revisions; where there are more, those that went well are folded
_LISTED = 200  # operations, locks or tables of one revision
_SIGNS = {"well": "✓", "badly": "✗", "not run": ""}


def anchor(number: int) -> str:
    """The id of the part of a new revision."""
    return f"revision-{number + 1}"


def revisions(shown: Sequence[Evidence], site: Site, wrong: set[str]) -> Markup:
    """A part for each new revision. `wrong` are the ids of those in which something was found."""
    limit = min(_BLOCK, max(_LEAST, _SQL // max(1, sum(len(one.sql) for one in shown))))
    whole = len(shown) <= _SHOWN_WHOLE
    return joined(*(_revision(number, one, site, limit, wrong, whole) for number, one in enumerate(shown)))


def _revision(number: int, one: Evidence, site: Site, limit: int, wrong: set[str], whole: bool) -> Markup:
    revision = one.revision
    bad = revision.id in wrong or not one.well
    title = joined(tag("code", revision.id), " ", revision.message)
    follows = between([tag("code", parent) for parent in revision.parents], " and ")
    facts = [
        place(site, revision.path, revision.line),
        joined("follows ", follows) if follows else text("follows nothing"),
    ]
    if revision.reviewed:
        facts.append(joined("reviewed by ", revision.reviewed))
    body = joined(
        tag("p", between(facts, " · "), class_="quiet"),
        tag(
            "div",
            _operations("Up", revision.upgrade, site, revision.path),
            _operations("Down", revision.downgrade, site, revision.path),
            class_="pair",
        ),
        _trips(one),
        *(_rows(rows, several=len(one.rows) > 1) for rows in one.rows),
        _locks(one, site),
        *(_sql(block, limit) for block in one.sql),
    )
    kind = f"card revision {'error' if bad else 'added'}"
    if whole:
        return tag("article", tag("h3", title), body, class_=kind, id=anchor(number))
    return tag("div", folded(tag("h3", title), body, opened=bad), class_=kind, id=anchor(number))


def _operations(direction: str, told: Sequence[Told], site: Site, path: str) -> Markup:
    lines = [
        tag("li", one.says, " ", tag("span", link(f"line {one.line}", address(site, path, one.line)), class_="line"))
        for one in told[:_LISTED]
    ]
    left = len(told) - _LISTED
    more = tag("li", f"and {counted(left, 'more operation')}") if left > 0 else None
    body = tag("ul", *lines, more) if lines else tag("p", "nothing", class_="quiet")
    return tag("div", tag("h4", direction), body)


def _trips(one: Evidence) -> Markup | None:
    if not one.trips:
        return None
    rows = [(called(trip.databases), *map(_way, trip.ways)) for trip in one.trips]
    return table("Round trip", ("database", "up", "down", "up again"), rows)


def _way(way: Way) -> Markup:
    kind = way.outcome.replace(" ", "-")
    return tag("span", f"{_SIGNS[way.outcome]} {way.says}".strip(), class_=f"way {kind}")


def _rows(rows: Rows, *, several: bool) -> Markup:
    title = f"Rows on {called(rows.databases)}" if several else "Rows"
    heads = ("table", "before", "after up", "after down", "after up again")[: 1 + len(rows.counts[0][1])]
    lines = [
        (tag("code", name), *("no table" if n is None else f"{n:,}" for n in counts))
        for name, counts in rows.counts[:_LISTED]
    ]
    left = len(rows.counts) - _LISTED
    more = tag("p", f"{counted(left, 'more table')} not shown.") if left > 0 else None
    return joined(table(title, heads, lines), more)


def _locks(one: Evidence, site: Site) -> Markup | None:
    if not one.locks:
        return tag("p", NO_LOCKS, class_="quiet") if no_locks(one) else None
    everywhere = len({locks.databases for locks in one.locks}) == 1
    title = f"Locks on {called(one.locks[0].databases)}" if everywhere else "Locks"
    heads = ("statement", "lock", "table", "blocks", "until", "rewrites", "scans", *(() if everywhere else ("on",)))
    left = len(one.locks) - _LISTED
    more = tag("p", f"{counted(left, 'more lock')} not shown: see `--format json`.") if left > 0 else None
    return joined(table(title, heads, [_lock(locks, site, everywhere) for locks in one.locks[:_LISTED]]), more)


def _lock(locks: Locks, site: Site, everywhere: bool) -> tuple[str, ...]:
    lock = locks.lock
    statement = lock.statement if len(lock.statement) <= 300 else f"{lock.statement[:300]} ... (cut)"
    line = tag("span", link(f"line {lock.line}", address(site, lock.path, lock.line)), class_="line")
    return (
        joined(tag("code", coloured(statement)), " ", line),
        lock.mode or "not seen",
        tag("code", lock.table),
        tag("span", lock.blocks or "not seen", class_="way badly" if stops(lock) else None),
        until(lock),
        tag("span", "yes", class_="way badly") if lock.rewritten else "no",
        "yes" if lock.scanned else "no",
        *(() if everywhere else (called(locks.databases),)),
    )


def _sql(block: Sql, limit: int) -> Markup:
    code = tag("code", coloured(script(block, limit)))
    return folded(sql_title(block, called(block.databases)), tag("pre", code, tabindex="0"))
