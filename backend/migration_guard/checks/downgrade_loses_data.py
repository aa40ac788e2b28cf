"""What a way up and down again was seen to lose, under the id of the rule on the migration's text."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context, Place
from ..findings import Finding
from ..live.steps import Forgotten, Step
from ..registry import judges
from ..rules.downgrade_loses_data import RULE

__all__ = ["RULE"]


@judges(Step)
def moved_and_not_moved_back(step: Step, _: Context) -> Iterator[Finding]:
    """One finding for each place that came back without its values, where upgrade() had kept them elsewhere.

    What upgrade() drops without a copy is lost on the way up: column-dropped and table-dropped speak of that.
    """
    for lost in step.forgotten:
        if lost.kept is not None:
            yield Finding(
                RULE,
                _line(step, *lost.kept),
                says=_says(lost, *lost.kept, step.database),
                instead=_instead(lost, *lost.kept),
                revision=step.revision,
                direction="downgrade",
                dialect=step.database,
                depth="experiment",
            )


def _line(step: Step, table: str, column: str | None) -> Place:
    """Where the place goes that kept them; SQLite's batch mode names no column that it leaves out."""
    bare = table.rpartition(".")[2]
    return step.line_of(column or bare, f"_alembic_tmp_{bare}")


def _says(lost: Forgotten, table: str, column: str | None, database: str) -> str:
    old, back = _called(lost.table, lost.column), "empty" if lost.empty else "without them"
    things = "values" if lost.column else "rows"
    # The rule's own words first: a report of both depths then tells it once.
    return (
        f"Going down drops {_called(table, column)}, which holds what the upgrade moved there out of {old}: "
        f"{old} comes back {back}. Seen on {database}: {lost.gone} of {lost.of} {things} are gone, "
        f"such as {lost.example}."
    )


def _called(table: str, column: str | None) -> str:
    return f"{table}.{column}" if column else f"table {table}"


def _instead(lost: Forgotten, table: str, column: str | None) -> str:
    if lost.column is None:
        sql = f"INSERT INTO {lost.table} (<columns>) SELECT <values> FROM {table}"  # noqa: S608
    elif column is not None and table == lost.table:
        sql = f"UPDATE {table} SET {lost.column} = {column}"  # noqa: S608
    else:
        sql = f"UPDATE {lost.table} SET {lost.column} = (SELECT <value> FROM {table} WHERE <key of {lost.table}>)"  # noqa: S608
    return f'op.execute("{sql}")  # or however the old values come out of it; before the line that drops them'
