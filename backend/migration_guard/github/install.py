"""The environment that the guard runs in: the project's own, with the guard beside it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import CannotFinish
from .environment import Environment, commands
from .inputs import Inputs, lines, listed

_STAMP = "installed.txt"
_WRONG = re.compile(r"(?i)\berror\b|unable|could not|cannot|conflict|no matching|not found|--no-root")
_SHOWN, _LONG = 4, 800  # lines and characters of what a program said when it failed


def python_in(folder: Path) -> Path:
    """The Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installed(
    environment: Environment, inputs: Inputs, into: Path, source: Path, key: str, variables: Mapping[str, str]
) -> bool:
    """Make the environment in the folder `into`, and return whether that took anything: a kept one is used again.

    `source` is where the guard's own project is, `key` what the environment is to hold. Raises CannotFinish, with the
    last words of the program that failed.
    """
    stamp = into / _STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == key and _starts(python_in(into)):
        print(f"The environment in {into} was kept from an earlier run.")
        return False
    if into.exists():
        shutil.rmtree(into)
    began = time.monotonic()
    _run([sys.executable, "-m", "venv", str(into)], Path.cwd(), variables)
    where = environment.folder if inputs.with_databases else source
    wanted = environment if inputs.with_databases else Environment("none", where)
    tools = into.with_name(f"{into.name}-tools")
    if wanted.tool in ("uv", "poetry"):
        _run([sys.executable, "-m", "venv", str(tools)], where, variables)
    own = {
        **variables,
        "VIRTUAL_ENV": str(into),  # Poetry installs into the environment that is active
        "UV_PROJECT_ENVIRONMENT": str(into),
        "UV_PYTHON": str(python_in(into)),
        "PATH": os.pathsep.join([str(python_in(into).parent), variables.get("PATH", "")]),
    }
    guard, extra = [guard_of(inputs, source)], _extra(inputs) if inputs.with_databases else []
    print(f"::group::Install {wanted.says}", flush=True)
    try:
        for command in commands(wanted, python_in(into), python_in(tools), guard, extra):
            if guard[0] in command:
                refuse_older(python_in(into))
            _installing(command, where, own)
    finally:
        print(f"{time.monotonic() - began:.0f} s\n::endgroup::", flush=True)
    stamp.write_text(key, encoding="utf-8")
    return True


def refuse_older(python: Path) -> None:
    """Raise CannotFinish where uv or Poetry installed an SQLAlchemy that the guard would put a newer one in place of:
    what runs then is not what the project runs on. Of what pip installs in one go, pip says it."""
    ask = "from importlib.metadata import version; print(version('sqlalchemy'))"
    done = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False)
    if done.stdout.startswith("1."):
        raise CannotFinish(
            f"the project runs on SQLAlchemy {done.stdout.strip()}, and the guard runs migrations on 2.0 and later",
            "`databases: none` reads the migrations, as was done now, and runs none",
        )


def guard_alone(inputs: Inputs, into: Path, source: Path, variables: Mapping[str, str]) -> None:
    """Put the guard into an environment whose project cannot be installed: reading needs nothing of the project."""
    reading = replace(inputs, databases="none")
    alone = Environment("none", source)
    for command in commands(alone, python_in(into), python_in(into), [guard_of(reading, source)], []):
        _installing(command, source, variables)


def _installing(command: list[str], where: Path, variables: Mapping[str, str]) -> None:
    print("$", shlex.join(command), flush=True)
    try:
        _run(command, where, variables)
    except CannotFinish as error:
        if "--no-root" not in str(error):
            raise
        _run([*command, "--no-root"], where, variables)  # Poetry: an application, of whose name there is no package


def guard_of(inputs: Inputs, source: Path) -> str:
    """The guard as pip is asked for it: of the action's own commit, unless a version is asked for."""
    extras = []
    if inputs.with_databases:
        names = listed(inputs.databases)
        servers = not names or any(name.startswith("postgresql") and ":" not in name for name in names)
        extras = ["live", *(["postgresql"] if servers else [])]
    end = f"[{','.join(extras)}]" if extras else ""
    return f"migration-guard{end}=={inputs.version}" if inputs.version else f"{source}{end}"


def _extra(inputs: Inputs) -> list[str]:
    """The requirements of the workflow as arguments of pip: a line each, but options are read as a shell does."""
    words = []
    for line in lines(inputs.requirements):
        if line.startswith("."):  # as a link: a copy in a kept environment would be that of an older commit
            words += ["-e", line]
        else:
            words += shlex.split(line) if line.startswith("-") else [line]
    return words


def _starts(python: Path) -> bool:
    try:
        return subprocess.run([str(python), "-c", "import migration_guard"], capture_output=True).returncode == 0
    except OSError:
        return False


def _run(command: list[str], where: Path, variables: Mapping[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=where,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    # The runner obeys commands wherever they stand in the log, also in what a package prints while it is built.
    said = done.stdout.replace("::", ": :").replace("##[", "## [").strip()
    if said:
        print(said, flush=True)
    if done.returncode:
        raise CannotFinish(
            f"the project cannot be installed: `{_short(command)}` failed: {_why(said)}",
            "see the log; `requirements`, `install` and `python-version` are inputs",
        )


def _why(said: str) -> str:
    """What a program said of its failure, on one line: the lines that sound like it, else its last ones."""
    told = [line.strip(" |\t") for line in said.splitlines() if line.strip(" |\t")]
    wrong = [line for line in told if _WRONG.search(line)]
    return " / ".join((wrong or told)[-_SHOWN:])[:_LONG] or "it said nothing"


def _short(command: list[str]) -> str:
    return shlex.join([Path(command[0]).name, *command[1:]])
