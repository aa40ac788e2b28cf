"""The tables that the oldest revision finds, for a history that cannot begin with an empty database."""

from __future__ import annotations

import importlib
import os
import shlex
import subprocess
from dataclasses import dataclass

from sqlalchemy import MetaData, make_url

from ...errors import CannotFinish
from ..statements import first_line
from ..urls import hide_in
from .redirect import own_engine

_SHOWN = 300  # letters of a command's last words


@dataclass(frozen=True)
class Ground:
    """What makes them: a command line, or the name of models' metadata, or nothing."""

    command: str | None = None
    metadata: str | None = None
    seconds: int = 60

    def lay(self, url: str) -> None:
        """Make them in a new scratch database. Raises CannotFinish where that does not work."""
        if self.command is not None:
            self._run(self.command, url)
        if self.metadata is not None:
            self._create(self.metadata, url)

    def _run(self, command: str, url: str) -> None:
        plain = make_url(url)
        address = plain.set(drivername=plain.get_backend_name()).render_as_string(hide_password=False)
        try:
            words = [word.replace("{url}", address) for word in shlex.split(command)]
            done = subprocess.run(
                words,
                env={**os.environ, "DATABASE_URL": address},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _fails(command, f"did not end within {self.seconds} s (step-timeout)") from error
        except (OSError, ValueError, IndexError) as error:
            raise _fails(command, f"cannot be run: {error}") from error
        if done.returncode:
            last = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            said = f": {hide_in(last[-1])[:_SHOWN]}" if last else ""
            raise _fails(command, f"ended with code {done.returncode}{said}")

    def _create(self, name: str, url: str) -> None:
        module, _, path = name.partition(":")
        try:
            found = importlib.import_module(module)
            for part in path.split(".") if path else ():
                found = getattr(found, part)
        except Exception as error:  # a module of the project's may raise anything
            raise _no_metadata(name, f"raises {type(error).__name__}: {first_line(error)}") from error
        metadata = getattr(found, "metadata", found)
        if not isinstance(metadata, MetaData):
            raise _no_metadata(name, f"is a {type(found).__name__}, not a MetaData")
        try:
            with own_engine(url).begin() as connection:
                metadata.create_all(connection)
        except Exception as error:  # types of the project's own may raise anything
            raise _no_metadata(name, f"cannot be created: {type(error).__name__}: {first_line(error)}") from error


def _fails(command: str, how: str) -> CannotFinish:
    return CannotFinish(
        f"base-command = {command!r} {how}",
        "it runs where Alembic runs, without a shell; {url} stands for the URL of the scratch database",
    )


def _no_metadata(name: str, how: str) -> CannotFinish:
    return CannotFinish(
        f"base-metadata = {name!r} {how}", 'write it as "package.module:Base.metadata", importable beside the guard'
    )
