"""Whether a database has the schema that its revisions make: they are run in an empty scratch database beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..live import Server
from ..live import dialect as adapter_of
from ..live.redirect import own_engine
from ..live.schema import Difference, Snapshot, differences, without
from ..live.scratch import Scratch
from .target import Target, run_env

if TYPE_CHECKING:
    from sqlalchemy import Connection

SHOWN = 5  # differences in one sentence
# What a person gives a database for its own sake, and no revision has to know: who may read, and where it lies.
_BY_HAND = {"grants", "tablespace", "replica identity"}
_MADE_BY_HAND = {"extension", "publication", "default privileges"}


def snapshot_of(target: Target, connection: Connection) -> Snapshot:
    """The catalogue of a database, less what belongs to Alembic."""
    return without(adapter_of(target.dialect).snapshot(connection), {target.version_table})


def made_by(target: Target, connection: Connection, revisions: Collection[str]) -> Snapshot:
    """The catalogue that these revisions make in an empty database of a server like the one that is connected. Raises
    CannotFinish where no such database can be made, or a revision fails in it."""
    wanted = sorted(revisions)
    with _scratch(target, connection) as server:
        url = server.new_database()
        run_env(
            target.project,
            target.settings,
            target.settings.step_timeout * max(1, len(wanted)),
            "migration-guard verify says more",
            build=url,
            revisions=wanted,
        )
        engine = own_engine(url)
        try:
            with engine.connect() as fresh:
                return snapshot_of(target, fresh)
        finally:
            engine.dispose()


def apart(should: Snapshot, found: Snapshot) -> list[str]:
    """Sentences on what is not as it should be. Grants, extensions and the like may be given by hand where no revision
    speaks of them."""
    return [_sentence(each) for each in differences(should, found) if not _may_be(each)]


def _sentence(difference: Difference) -> str:
    if difference.what == "changed":
        subject, should, found = difference.sides()
        return f"{subject} should be {should}, and is {found}"
    return difference.sentence(added="is there, and no revision makes it", missing="is missing")


def made_otherwise(target: Target, connection: Connection, pending: Collection[str], was: Snapshot) -> list[str]:
    """Sentences on what the pending revisions, which have run, made otherwise here than in an empty database; `was` is
    the catalogue before they ran, and what was not as it should be then is left out. Raises as `made_by` does."""
    known = target.history.by_id.keys()
    found = apart(made_by(target, connection, known), snapshot_of(target, connection))
    older = apart(made_by(target, connection, known - set(pending)), was) if found else []
    return [each for each in found if each not in older]


def _may_be(difference: Difference) -> bool:
    if difference.what == "changed":
        return difference.property in _BY_HAND and not difference.before
    return difference.kind in _MADE_BY_HAND and difference.what == "added"


def some_of(found: Sequence[str]) -> str:
    """The first few sentences."""
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


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
