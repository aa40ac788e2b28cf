"""Whether a database has the schema that its revisions make: they are run in an empty scratch database beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from ..live import Server
from ..live import dialect as adapter_of
from ..live.project.redirect import own_engine
from ..live.schema import Difference, Snapshot, differences, without
from ..live.scratch.folder import Scratch
from .target import Target, run_env

if TYPE_CHECKING:
    from sqlalchemy import Connection

Key = tuple[str, str, str]  # kind, name, property
SHOWN = 5  # differences in one sentence
# What a person gives a database for its own sake, and no revision has to know: who may read, and where it lies.
_BY_HAND = {"grants", "tablespace", "replica identity"}
_MADE_BY_HAND = {"extension", "publication", "default privileges"}


def snapshot_of(target: Target, connection: Connection) -> Snapshot:
    """The catalogue of a database, less what belongs to Alembic."""
    return without(adapter_of(target.dialect).snapshot(connection), {target.version_table})


def apart(target: Target, connection: Connection, revisions: Collection[str], found: Snapshot) -> dict[Key, str]:
    """What of a catalogue is not as these revisions make it in an empty database of a server like the one that is
    connected: by kind, name and property, in words. Raises CannotFinish where no such database can be made, or a
    revision fails in it.

    What the revisions say nothing of may be given by hand: grants, extensions. A database that was once restored from a
    dump has some expressions in other words than the one that the migrations made: both are right.
    """
    with _scratch(target, connection) as server:
        url = server.new_database()
        _build(target, url, sorted(revisions))
        wrong = _compared(_read(target, url), found)
        if wrong and target.dialect == "postgresql":
            restored = _compared(_read(target, _dumped_and_restored(url, server)), found)
            wrong = {key: words for key, words in wrong.items() if key in restored}
    return wrong


def made_otherwise(target: Target, connection: Connection, pending: Collection[str], was: Snapshot) -> list[str]:
    """Sentences on what the pending revisions, which have run, made otherwise here than in an empty database; `was` is
    the catalogue before they ran, and what was not as it should be then is left out. Raises as `apart` does."""
    known = target.history.by_id.keys()
    wrong = apart(target, connection, known, snapshot_of(target, connection))
    older = apart(target, connection, known - set(pending), was) if wrong else {}
    return [words for key, words in wrong.items() if key not in older]


def some_of(found: Sequence[str]) -> str:
    """The first few sentences."""
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


def _build(target: Target, url: str, revisions: Sequence[str]) -> None:
    seconds = target.settings.step_timeout * max(1, len(revisions))
    hint = "migration-guard verify says more"
    run_env(target.project, target.settings, seconds, hint, build=url, revisions=revisions)


def _read(target: Target, url: str) -> Snapshot:
    with own_engine(url).connect() as connection:
        return snapshot_of(target, connection)


def _dumped_and_restored(url: str, server: Server) -> str:
    """The URL of a second scratch database, with the schema of the first as a dump brings it."""
    from .clients import client_for, restored, run

    with tempfile.TemporaryDirectory(prefix="schema-") as folder:
        file = Path(folder) / "schema.dump"
        client = client_for(server.label.rpartition(" ")[2])
        run(client, "pg_dump", make_url(url), "--format=custom", "--schema-only", f"--file={file}")
        restored(file, make_url(again := server.new_database()), client)
    return again


def _compared(should: Snapshot, found: Snapshot) -> dict[Key, str]:
    return {
        (each.kind, each.name, each.property): _sentence(each)
        for each in differences(should, found)
        if not _may_be(each)
    }


def _sentence(difference: Difference) -> str:
    if difference.what == "changed":
        subject, should, found = difference.sides()
        return f"{subject} should be {should}, and is {found}"
    return difference.sentence(added="is there, and no revision makes it", missing="is missing")


def _may_be(difference: Difference) -> bool:
    if difference.what == "changed":
        return difference.property in _BY_HAND and not difference.before
    return difference.kind in _MADE_BY_HAND and difference.what == "added"


@contextmanager
def _scratch(target: Target, connection: Connection) -> Iterator[Server]:
    """A server for a database beside this one: PostgreSQL of the same version, or the next newer one of this machine,
    with the same extensions."""
    if target.dialect == "postgresql":
        from .dumps import server_with

        extensions = set(connection.exec_driver_sql("SELECT extname FROM pg_extension").scalars())
        major = int(str(connection.exec_driver_sql("SHOW server_version_num").scalar_one())) // 10_000
        with server_with(major, extensions) as server:
            yield server
        return
    with Scratch() as scratch, adapter_of(target.dialect).servers(target.dialect, scratch) as server:
        yield server
