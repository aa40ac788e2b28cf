"""The steps before anything is judged: what to set up, which jobs there are, and the environment of a job."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..errors import GuardError
from .event import Event
from .inputs import Inputs, listed
from .places import Variables, own, report_file, workspace
from .runner import notice, put_outputs

_SOURCE = Path(__file__).resolve().parents[3]  # the checkout of the action


def plan(environment: Variables) -> int:
    """What the steps after this one need to know: the Python to set up, where the environment is and its key."""
    from .environment import environment_of, key_of, passed_over, source_key
    from .install import guard_of
    from .pythons import python_of

    inputs, top = Inputs.of(environment), workspace(environment)
    Event.of(environment)  # refuses what must not run, before anything is installed
    folder = inputs.folder(top)
    project = environment_of(folder, top, inputs.install)
    python = python_of(folder, top, inputs.python_version)
    more = (inputs.version or source_key(_SOURCE / "backend"), inputs.requirements, project.tool)
    what = key_of(project, top, *more, guard_of(inputs, Path("guard")))
    put_outputs(
        environment,
        # A folder of its own: two projects of one job take turns, and a kept one is found at the same place again.
        {
            "python": python,
            "environment": str(own(environment) / f"environment-{what[:8]}"),
            "key": f"migration-guard-{what}",
        },
    )
    print(f"Python {python}; install {project.says}")
    if inputs.with_databases and not inputs.requirements and (said := passed_over(project, top)):
        notice(said)
    return 0


def matrix_of_jobs(environment: Variables) -> int:
    """The jobs of the reusable workflow, and what its last one needs."""
    from .databases import databases_of
    from .matrix import matrix
    from .parts import artifact_of

    artifact_of(environment)  # refuses a name before any job leaves its report under it
    inputs, top = Inputs.of(environment), workspace(environment)
    event = Event.of(environment)
    folder = inputs.folder(top)
    asked = listed(inputs.databases)
    names, root = databases_of(folder, asked)
    entries = [] if asked == ["none"] or event.is_deletion else matrix(names, int(inputs.shards), compared=True)
    expected = ["check:the job that reads the migrations"] if not event.is_deletion else []
    expected += [f"{entry['report']}:the job of {entry['name']}" for entry in entries]
    put_outputs(
        environment,
        {
            "matrix": json.dumps({"include": entries}),
            "live": json.dumps(bool(entries)),
            "expected": json.dumps(expected),
            "root": os.path.relpath(root, top),
            "nothing": json.dumps(event.is_deletion),
        },
    )
    return 0


def install(environment: Variables) -> int:
    from .environment import environment_of
    from .install import guard_alone, installed, python_in
    from .running import could_not, harmless

    inputs, top = Inputs.of(environment), workspace(environment)
    project = environment_of(inputs.folder(top), top, inputs.install)
    into = Path(environment.get("GUARD_ENVIRONMENT") or own(environment) / "environment")
    failed: Path | None = None
    try:
        made = installed(project, inputs, into, _SOURCE, environment.get("GUARD_KEY", ""), environment)
    except GuardError as error:
        if inputs.part != "all" or not inputs.with_databases:
            raise
        print(harmless(f"error: {error}\nThe migrations are read all the same."), flush=True)
        guard_alone(inputs, into, _SOURCE, environment)
        could_not(failed := report_file(environment), "verify", str(error), error.hint, error.exit_code)
        made = False  # nothing to keep
    put_outputs(environment, {"made": json.dumps(made), "python": str(python_in(into)), "failed": str(failed or "")})
    return 0
