"""The child process that runs env.py for `squash`: revisions on a scratch database, those that stand or a new file.

It connects to no other database than the scratch ones that it is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.script import Script, ScriptDirectory
from sqlalchemy import MetaData

from ..errors import CannotFinish
from ..live.project.environment import Environment, cause_in
from ..live.project.fence import fence
from ..live.project.loading import Home
from ..live.project.redirect import Lead, engines_led
from ..live.project.stage import Stage
from ..live.statements import Recorder, first_line
from ..verify.one_question import answered

_USUAL = {"ix"}  # what SQLAlchemy's own naming convention names


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run each of the `jobs` on a database of its own. What env.py says of its version table and of names."""
    home = Home.of(request)
    told: dict[str, Any] = {"done": 0}
    lead = Lead("sqlite://")
    with engines_led(lead):
        environment = Environment(home, lead, Recorder())
        for job in request["jobs"]:
            lead.url = job["url"]

            def play(stage: Stage, job: dict[str, Any] = job) -> None:
                told.update(version_table=stage.version_table, convention=_names(stage.options))
                _run(stage, environment, job)

            with fence([lead.url]):
                try:
                    environment.run(play)
                except Exception as error:  # noqa: BLE001 - env.py and revisions may raise anything
                    told.update(_said(error, home.root))
                    break
            told["done"] += 1
    if environment.databases > 1:
        raise CannotFinish(
            f"env.py migrates {environment.databases} databases, and a base can be written for one", "squash by hand"
        )
    return told


def _run(stage: Stage, environment: Environment, job: dict[str, Any]) -> None:
    if job["revisions"]:
        wanted = set(job["revisions"])
        for revision in environment.revisions():
            if revision.revision in wanted:
                stage.step(revision, "upgrade")
    if job["folder"]:
        stage.script = ScriptDirectory(str(environment.home.script_location), version_locations=[job["folder"]])
        (base,) = _all(stage.script)
        for direction in job["directions"]:
            stage.step(base, direction)


def _all(script: ScriptDirectory) -> list[Script]:
    return list(script.walk_revisions())


def _names(options: dict[str, Any]) -> bool:
    """Whether constraints without a name get one from a naming convention."""
    given = options.get("target_metadata")
    every = (given,) if isinstance(given, MetaData) else tuple(given or ())
    return any(set(map(str, each.naming_convention)) - _USUAL for each in every)


def _said(error: BaseException, root: Path) -> dict[str, Any]:
    """What was raised, where in the project, and on which line of the new base."""
    place = cause_in(error, root)
    where = f"{place[0]}:{place[1]}: " if place else ""
    return {"error": f"{where}{type(error).__name__}: {first_line(error)}", "line": _line(error)}


def _line(error: BaseException) -> int:
    """The line of the new base that raised, 0 for any other file."""
    found, trace = 0, error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).name == "base.py" and "base-" in trace.tb_frame.f_code.co_filename:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def main() -> None:
    """Answer the request on standard input."""
    answered(answer, _said)
