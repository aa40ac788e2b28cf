"""One question to a child process that runs a project's env.py: request and answer are JSON on its standard streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..config import Settings
from ..errors import GuardError
from ..read.project import Project
from .jobs import folder_of

_START = """\
import sys
sys.path[:] = [p for p in sys.path if p] + [{path!r}]
from {module} import main
main()
"""


def ended(
    module: str, project: Project, settings: Settings, seconds: int | None, **more: object
) -> subprocess.CompletedProcess[str]:
    """How the child ended, and what it printed; it has all the time where `seconds` is None. Raises
    subprocess.TimeoutExpired."""
    folder = folder_of(project)
    request = {
        "root": str(settings.root.absolute()),
        "folder": str(folder),
        "ini": str(project.ini) if project.ini else None,
        "section": project.section,
        "script_location": str(project.script_location),
        "version_locations": [str(location) for location in project.version_locations],
        "recursive": project.recursive,
        "flask_app": settings.flask_app,
        **more,
    }
    return subprocess.run(
        [sys.executable, "-c", _START.format(path=str(Path(__file__).parents[2]), module=module)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        errors="replace",
        cwd=folder,
        env={**os.environ, **settings.environment},
        timeout=seconds,
        check=False,
    )


def answered(
    answer: Callable[[dict[str, Any]], dict[str, Any]], raised: Callable[[BaseException, Path], dict[str, Any]]
) -> None:
    """The child's side: answer the request on standard input, or say what was raised, and end. What the project prints
    goes to standard error."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.read())
    sys.dont_write_bytecode = True
    sys.path.append(request["folder"])
    try:
        told = answer(request)
    except GuardError as error:
        told = {"error": str(error), "hint": error.hint}
    except BaseException as error:  # noqa: BLE001 - env.py may raise anything, SystemExit too
        told = raised(error, Path(request["root"]))
    own.write(json.dumps(told))
    own.close()
    os._exit(0)
