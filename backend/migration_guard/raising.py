"""What a project's env.py raised, in one line, with what to do about it."""

from __future__ import annotations

import re
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from .findings import Problem
from .live.environment import cause_in
from .live.fence import ForbiddenConnection
from .live.statements import first_line
from .protocol import Request

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{2,}")


def problem_of(error: BaseException, request: Request) -> Problem:
    """The problem that an error of the project's code is, with file and line of the project where it passed."""
    place = cause_in(error, Path(request.root))
    where = f"{place[0]}:{place[1]}" if place else request.env
    says = f"{type(error).__name__}: {first_line(error)}" if str(error) else type(error).__name__
    return Problem(
        f"{request.database}: {request.env} cannot be run: {where} raises {says}", hint_for(error, request.dialect), 4
    )


def hint_for(error: BaseException, dialect: str) -> str:
    """One line to try."""
    variable = _VARIABLE.fullmatch(str(error.args[0])) if isinstance(error, KeyError) and error.args else None
    if variable:
        return f'set it for the guard: {variable[0]} = "..." under [tool.migration-guard.environment] in pyproject.toml'
    if isinstance(error, ModuleNotFoundError):
        return f"install {error.name}, or the guard beside the project, so that both are in one environment"
    if isinstance(error, ForbiddenConnection):
        return "let env.py reach its database through SQLAlchemy's create_engine, which the guard leads elsewhere"
    if isinstance(error, DBAPIError):
        return f"if the project is not meant for {dialect}, leave it out of `databases` under [tool.migration-guard]"
    if isinstance(error, CommandError):
        return "migration-guard check says more about the files"
    return (
        "run `alembic current` to see it in full; variables that env.py needs can be set under "
        "[tool.migration-guard.environment] in pyproject.toml"
    )
