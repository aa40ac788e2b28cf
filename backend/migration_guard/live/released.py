"""Revisions of the base branch as git has them: databases ran that text, whatever the working tree made of it since."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from types import ModuleType

from alembic.script import Script

from ..errors import CannotFinish
from .statements import first_line


def take_back(scripts: Iterable[Script], released: Mapping[str, str]) -> None:
    """Give each script that `released` names, by revision, the functions of that text in place of its file's.

    The graph stays that of the files. Code and messages keep the file's path. Raises CannotFinish where the text cannot
    be loaded.
    """
    for script in scripts:
        text = released.get(script.revision)
        if text is not None:
            script.module = _loaded(script, text)


def _loaded(script: Script, text: str) -> ModuleType:
    file = str(script.module.__file__)
    spec = importlib.util.spec_from_file_location(script.module.__name__, file)
    if spec is None:
        raise CannotFinish(f"{file} is no Python file", "rename it to end in .py")
    module = importlib.util.module_from_spec(spec)
    try:
        exec(compile(text, file, "exec", dont_inherit=True), vars(module))  # noqa: S102 - as Alembic runs the file beside it
    except Exception as error:
        raise CannotFinish(
            f"revision {script.revision} as the base branch has it cannot be loaded: "
            f"{type(error).__name__}: {first_line(error)}",
            f"take back what it needs, or the whole file: git checkout <base branch> -- {file}",
        ) from error
    return module
