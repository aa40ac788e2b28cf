"""What a run left out because it was told to: a part that is not judged, on each database where it would have been."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..facts.experiments import EXPERIMENTS
from ..findings import NotJudged
from .child import Outcome
from .jobs import Job

_OF_A_BRANCH = frozenset({"half-way", "old-code"})


def left_out(
    outcomes: Sequence[Outcome], jobs: Sequence[Job], without: frozenset[str]
) -> Iterator[tuple[str, NotJudged]]:
    """The name of each experiment that was left out, with what is not judged for it."""
    on_a_branch = {job.project.place.path for job in jobs if job.base_ref is not None}
    for outcome in outcomes:
        for name in EXPERIMENTS:
            branch = name not in _OF_A_BRANCH or outcome.place in on_a_branch
            dialect = name != "locks" or outcome.database.startswith("postgresql")
            if name in without and name != "parity" and branch and dialect:
                yield name, _gap(outcome.place, outcome.database, name)
    databases = list(dict.fromkeys(outcome.database for outcome in outcomes))
    if "parity" in without and len({name.partition(" ")[0] for name in databases}) > 1:
        for place in dict.fromkeys(outcome.place for outcome in outcomes):
            yield "parity", _gap(place, ", ".join(databases), "parity")


def _gap(place: str, database: str, name: str) -> NotJudged:
    return NotJudged(place, 1, f"{database}: left out by --without {name}: {EXPERIMENTS[name]}")
