"""What a run found, sent to the parent: facts as the checks judge them, what could not be judged, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence

from ..checks import all_checks
from ..facts import Context, History, Place, Policy
from ..findings import NotJudged
from ..live.climb.plan import Plan
from ..live.project.redirect import Lead
from ..live.steps import Break, Crossing, Deployment, Drift, Interruption, Statement, Step
from .protocol import Channel, Request, finding_to_json, step_to_json


class Teller:
    """Tells the parent over the channel what was found on one database."""

    def __init__(self, request: Request, plan: Plan, channel: Channel, lead: Lead) -> None:
        self.request = request
        self.plan = plan
        self.channel = channel
        self.lead = lead
        self.context = Context(Policy(), History(Place(request.place)))
        self.ran: dict[str, Sequence[Statement]] = {}  # by the new revisions, on their way up

    def judge(self, fact: Step | Drift | Deployment | Interruption | Break | Crossing) -> None:
        """Send what the checks say about a fact, and locks that the parent judges beside the migration's text."""
        if isinstance(fact, Step) and fact.direction == "upgrade" and self.plan.base:
            self.ran[fact.revision] = fact.statements
        if isinstance(fact, Step) and fact.locks and fact.failure is None:
            self.channel.send("step", **step_to_json(fact))
        if isinstance(fact, (Step, Deployment)) and fact.failure is not None and self.lead.missing is not None:
            why = (
                f"whether failures are the project's own: its driver {self.lead.missing} is not installed here, "
                f"and {self.lead.instead} ran in its place"
            )
            self.gap_of_env(why)
        for entry in all_checks():
            for kind, judge in entry.judges:
                if isinstance(fact, kind):
                    for finding in judge(fact, self.context):
                        self.channel.send("finding", **finding_to_json(finding))

    def gap(self, gap: NotJudged) -> None:
        """Send what could not be judged."""
        self.channel.send("gap", path=gap.path, line=gap.line, why=gap.why)

    def gap_of_env(self, why: str) -> None:
        """Send what could not be judged on this database because of env.py."""
        self.gap(NotJudged(self.request.env, 1, f"{self.plan.database}: {why}"))

    def progress(self, revision: str, done: int, total: int) -> None:
        """Send how far we are; silence for too long means that we hang."""
        self.channel.send("progress", revision=revision, done=done, total=total)
