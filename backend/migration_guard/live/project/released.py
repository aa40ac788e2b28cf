"""Revisions of the base branch as git has them, with the helpers that they import: databases ran that text, whatever
the working tree made of it since."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from alembic.script import Script

from ...errors import CannotFinish
from ..statements import first_line
from .past import Past


@dataclass(frozen=True)
class Kept:
    """A revision that runs with a helper of the working tree, though the base branch has another: that cannot be had
    beside it. `file` is the helper's path, `why` a few words."""

    revision: Script
    file: str
    why: str


def take_back(scripts: Iterable[Script], base: Sequence[str], released: Mapping[str, str], past: Past) -> list[Kept]:
    """Give each script of `base`, by revision, the functions that it has there in place of its file's: of the text in
    `released`, where that is another, and with the helpers of `past`.

    The graph stays that of the files. Code and messages keep the file's path. Raises CannotFinish where a text cannot
    be loaded.
    """
    found = []
    for script in scripts:
        text = released.get(script.revision)
        if script.revision not in base or (text is None and not past):
            continue
        file = str(script.module.__file__)
        helpers = past.behind(text if text is not None else past.text(file))
        clash = past.clash(helpers)
        if clash is not None:
            found.append(Kept(script, clash, "makes tables, which can be there only once"))
            helpers = frozenset()
        if text is None and not helpers:
            continue
        try:
            module = _loaded(script, text if text is not None else past.text(file), past, helpers)
        except Exception as error:
            why = f"{type(error).__name__}: {first_line(error)}"
            if text is None:  # the file itself can be loaded, with the helpers that stand there now
                found.append(Kept(script, past.file(min(helpers)), f"cannot be loaded: {why}"))
                continue
            raise CannotFinish(
                f"revision {script.revision} as the base branch has it cannot be loaded: {why}",
                f"take back what it needs, or the whole file: git checkout <base branch> -- {file}",
            ) from error
        script.module = module
    return found


def _loaded(script: Script, text: str, past: Past, helpers: frozenset[str]) -> ModuleType:
    file = str(script.module.__file__)
    spec = importlib.util.spec_from_file_location(script.module.__name__, file)
    if spec is None:
        raise CannotFinish(f"{file} is no Python file", "rename it to end in .py")
    module = importlib.util.module_from_spec(spec)
    with past.there(helpers):
        exec(compile(text, file, "exec", dont_inherit=True), vars(module))  # noqa: S102 - as Alembic runs the file beside it
    for name in ("upgrade", "downgrade") if helpers else ():
        if callable(function := getattr(module, name, None)):
            setattr(module, name, _in_the_past(function, past, helpers))
    return module


def _in_the_past(function: Callable[..., Any], past: Past, helpers: frozenset[str]) -> Callable[..., Any]:
    """The function, which finds the helpers also by imports of its own."""

    @functools.wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        with past.there(helpers):
            return function(*arguments, **named)

    return run
