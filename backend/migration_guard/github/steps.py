"""The steps of the action and of the reusable workflow, each with what it needs from its environment."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import GuardError, UsageError
from .event import Event
from .inputs import Inputs, listed
from .runner import failed, notice, put_outputs

if TYPE_CHECKING:
    from .finishing import Result

Variables = Mapping[str, str]
_SOURCE = Path(__file__).resolve().parents[3]  # the checkout of the action


def main(arguments: Sequence[str], environment: Variables) -> int:
    """Run one step and return its exit code: 0, 1 for findings, else that of what could not be done."""
    if len(arguments) != 1 or arguments[0] not in STEPS:
        said = f"{' '.join(arguments) or 'nothing'} is no step"
        return failed(UsageError(said, f"give one of {', '.join(STEPS)}"))
    (step,) = arguments
    try:
        return STEPS[step](environment)
    except GuardError as error:
        return _gave_up(error, environment) if step in ("plan", "install", "run") else failed(error)


def _gave_up(error: GuardError, environment: Variables) -> int:
    """Why this job runs nothing, where a reader looks for it: in its report for the last job, else on its own page."""
    from ..findings import Problem, Report
    from ..printing import put_out
    from .running import could_not, harmless

    part = environment.get("GUARD_PART")
    if part in ("check", "verify"):
        file = _part(environment)
        could_not(file, part, str(error), error.hint, error.exit_code)
        put_outputs(environment, {"report": str(file)})
        print(harmless(f"error: {error}\nTry: {error.hint}"), flush=True)  # the last job annotates it, once for all
    else:
        report = Report(problems=(Problem(str(error), error.hint, error.exit_code),))
        put_out(report, "verify", Path(), form="github", environment=environment)
    return error.exit_code


def _plan(environment: Variables) -> int:
    """What the steps after this one need to know: the Python to set up, where the environment is and its key."""
    from .environment import environment_of, key_of, passed_over, source_key
    from .install import guard_of
    from .pythons import python_of

    inputs, top = Inputs.of(environment), _workspace(environment)
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
            "environment": str(_own(environment) / f"environment-{what[:8]}"),
            "key": f"migration-guard-{what}",
        },
    )
    print(f"Python {python}; install {project.says}")
    if inputs.with_databases and not inputs.requirements and (said := passed_over(project, top)):
        notice(said)
    return 0


def _matrix(environment: Variables) -> int:
    """The jobs of the reusable workflow, and what its last one needs."""
    from .databases import databases_of
    from .matrix import matrix
    from .parts import artifact_of

    artifact_of(environment)  # refuses a name before any job leaves its report under it
    inputs, top = Inputs.of(environment), _workspace(environment)
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


def _install(environment: Variables) -> int:
    from .environment import environment_of
    from .install import guard_alone, installed, python_in
    from .running import could_not, harmless

    inputs, top = Inputs.of(environment), _workspace(environment)
    project = environment_of(inputs.folder(top), top, inputs.install)
    into = Path(environment.get("GUARD_ENVIRONMENT") or _own(environment) / "environment")
    failed: Path | None = None
    try:
        made = installed(project, inputs, into, _SOURCE, environment.get("GUARD_KEY", ""), environment)
    except GuardError as error:
        if inputs.part != "all" or not inputs.with_databases:
            raise
        print(harmless(f"error: {error}\nThe migrations are read all the same."), flush=True)
        guard_alone(inputs, into, _SOURCE, environment)
        could_not(failed := _part(environment), "verify", str(error), error.hint, error.exit_code)
        made = False  # nothing to keep
    put_outputs(environment, {"made": json.dumps(made), "python": str(python_in(into)), "failed": str(failed or "")})
    return 0


def _run(environment: Variables) -> int:
    """`check`, `verify` or both; the whole verdict where this job is all there is."""
    from ..config import load
    from .base import Clone
    from .running import run_check, run_verify

    inputs, top, event = Inputs.of(environment), _workspace(environment), Event.of(environment)
    if event.is_deletion:
        notice("a branch was deleted: there is nothing to guard")
        return 0
    folder = inputs.folder(top)
    parts = (part := _part(environment)).parent
    base = Clone.of(folder, environment).base(event, inputs.base)
    print(f"Base: {base or 'none, so the whole history is judged by itself'}", flush=True)
    since = environment.get("GUARD_SINCE", "")
    if inputs.part != "verify":
        run_check(folder, inputs, event, base, parts / "check.json")
    if failed := environment.get("GUARD_FAILED"):  # the report that an earlier step left in place of that of `verify`
        Path(failed).replace(part)
    elif inputs.with_databases:
        run_verify(folder, inputs, event, base, part, since=since)
    if inputs.part != "all":
        report = next(parts.glob("*.json"), None)
        put_outputs(environment, {"report": str(report or "")})
        return 0
    root = load(folder).root
    return _finish(environment, inputs, event, sorted(parts.glob("*.json")), [], root)


def _report(environment: Variables) -> int:
    """The reports of all jobs as one, in the last job of the reusable workflow."""
    from .parts import artifact_of, gathered

    inputs, top, event = Inputs.of(environment), _workspace(environment), Event.of(environment)
    if environment.get("GUARD_NOTHING") == "true":
        notice("a branch was deleted: there is nothing to guard")
        return 0
    try:
        expected = json.loads(environment.get("GUARD_EXPECTED") or "[]")
    except ValueError as error:
        raise UsageError("the plan of this run cannot be read", "see the log of its first job") from error
    if not expected:
        raise UsageError("this run has no plan", "see the log of its first job")
    root = (top / environment.get("GUARD_ROOT", ".")).resolve()
    files, missing = gathered(_own(environment) / "parts", expected, artifact_of(environment))
    return _finish(environment, inputs, event, files, missing, root)


def _finish(
    environment: Variables, inputs: Inputs, event: Event, files: Sequence[Path], missing: Sequence[str], root: Path
) -> int:
    from .finishing import finished
    from .scanning import categorised

    into = _fresh(environment, "reports")
    result = finished(files, missing, root, into, inputs.fail_on, environment)
    categorised(into / "report.sarif", inputs)
    may_write = not event.is_from_a_fork
    wants = [name for name, on in (("comment", inputs.comment), ("code scanning", inputs.sarif)) if on == "true"]
    if wants and not may_write:
        notice(f"no {' and no '.join(wants)}: a pull request from a fork has no token that may write")
    if inputs.comment == "true" and may_write and event.pull_request is not None:
        _write_comment(into / "comment.md", result, inputs, environment)
    put_outputs(environment, {**result.outputs(into), "reports": str(into)})
    return result.exit_code


def _write_comment(file: Path, result: Result, inputs: Inputs, environment: Variables) -> None:
    from .comment import body_of

    server = environment.get("GITHUB_SERVER_URL") or "https://github.com"
    run = f"{server}/{environment.get('GITHUB_REPOSITORY', '')}/actions/runs/{environment.get('GITHUB_RUN_ID', '')}"
    title = "" if inputs.working_directory == "." else inputs.working_directory
    news = bool(result.report.findings or result.report.problems)
    file.write_text(json.dumps({"body": body_of(result, run, title), "news": news}), encoding="utf-8")


def _publish(environment: Variables) -> int:
    """The comment and the upload, where they were asked for and the token may; the verdict does not hang on them."""
    from .api import Api, Refused
    from .comment import comment
    from .scanning import upload

    inputs, event, api = Inputs.of(environment), Event.of(environment), Api.of(environment)
    into = Path(environment.get("GUARD_REPORTS") or _own(environment) / "reports")
    words = into / "comment.md"
    number = event.pull_request

    def commented() -> None:
        if number is not None and words.is_file():
            kept = json.loads(words.read_text(encoding="utf-8"))
            key = f"{inputs.working_directory}\0{inputs.config}"
            print("Comment:", comment(api, number, kept["body"], key, is_news=kept["news"]), flush=True)

    def uploaded() -> None:
        upload(api, into / "report.sarif", environment)
        print("Code scanning: uploaded", flush=True)

    for wanted, act, needs in (
        (inputs.comment, commented, "pull-requests: write"),
        (inputs.sarif, uploaded, "security-events: write"),
    ):
        if wanted == "true" and not event.is_from_a_fork:
            try:
                act()
            except Refused as error:
                notice(f"{error}: the job was not granted `{needs}`; annotations and the summary have it all")
            except GuardError as error:
                notice(f"{error}; annotations and the summary have it all")
    return 0


def _workspace(environment: Variables) -> Path:
    """The checkout. Raises UsageError where there is none."""
    top = environment.get("GITHUB_WORKSPACE")
    if not top or not Path(top).is_dir():
        raise UsageError("GITHUB_WORKSPACE names no folder", "this runs in a step of a workflow on GitHub")
    return Path(top).resolve()


def _own(environment: Variables) -> Path:
    """The folder of this job for what is ours."""
    folder = Path(environment.get("RUNNER_TEMP") or environment.get("TMPDIR") or "/tmp")  # noqa: S108
    return folder / "migration-guard"


def _part(environment: Variables) -> Path:
    """Where the report of this job goes, in a new folder."""
    name = environment.get("GUARD_REPORT") or ("check" if environment.get("GUARD_PART") == "check" else "verify")
    return _fresh(environment, "parts") / f"{name}.json"


def _fresh(environment: Variables, name: str) -> Path:
    """A new folder of ours: another project of this job may have one of that name."""
    _own(environment).mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=_own(environment)))


STEPS: dict[str, Callable[[Variables], int]] = {
    "plan": _plan,
    "matrix": _matrix,
    "install": _install,
    "run": _run,
    "report": _report,
    "publish": _publish,
}
