"""Who else is at a PostgreSQL database while a backup is put in its place, and long names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from migration_guard.config import Settings
from migration_guard.errors import CannotFinish
from migration_guard.live import Server
from migration_guard.operate import postgresql_restore
from migration_guard.operate.clients import client_for, run
from migration_guard.operate.moving.session import address, connected
from migration_guard.operate.postgresql_restore import alone, fitting, put_back
from migration_guard.operate.target import Target
from migration_guard.operate.turn import turn


@pytest.fixture
def target(postgresql: Server) -> Target:
    """A database with one row."""
    url = make_url(postgresql.new_database()).set(drivername="postgresql+psycopg")
    made = Target(url, None, Settings())  # type: ignore[arg-type]
    with closing(connected(made)) as session:
        session.execute("CREATE TABLE words AS SELECT 'old' AS word")
    return made


@pytest.fixture
def dump(target: Target, tmp_path: Path) -> Path:
    """A backup of it, after which it was changed."""
    with closing(connected(target)) as session:
        version = str(session.info.server_version // 10000)
        run(client_for(version), "pg_dump", target.url, "--format=custom", f"--file={tmp_path / 'dump'}")
        session.execute("UPDATE words SET word = 'new'")
    return tmp_path / "dump"


def words(target: Target) -> object:
    with closing(connected(target)) as session:
        return session.execute("SELECT word FROM words").fetchone()


def databases(target: Target) -> set[str]:
    with closing(psycopg.connect(address(target))) as session:
        return {name for (name,) in session.execute("SELECT datname FROM pg_database")}


def meanwhile(monkeypatch: pytest.MonkeyPatch, harm: Callable[[], None]) -> None:
    """Do something once the dump is restored, and before it takes its place."""
    own = postgresql_restore.restored

    def restored(file: Path, url: object, *arguments: object, **options: object) -> None:
        own(file, url, *arguments, **options)  # type: ignore[arg-type]
        if not options.get("schema_only"):
            harm()

    monkeypatch.setattr(postgresql_restore, "restored", restored)


def test_nobody_deploys_while_a_backup_is_put_in_place(
    target: Target, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []

    def deploys() -> None:
        with (
            pytest.raises(CannotFinish, match=r"somebody else is deploying to .*, or restoring it") as raised,
            turn(target),
        ):
            pass
        refused.append(str(raised.value))

    meanwhile(monkeypatch, deploys)
    with alone(target) as held:
        put_back(target, dump, Path(f"{target.url.database}_kept"), held)

    assert len(refused) == 1
    assert words(target) == ("old",)
    with turn(target):  # the lock is given back
        pass


def test_who_comes_while_the_dump_is_restored_is_named_and_nothing_is_changed(
    target: Target, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = databases(target)
    came: list[psycopg.Connection[object]] = []
    meanwhile(monkeypatch, lambda: came.append(psycopg.connect(address(target), application_name="shop")))

    with pytest.raises(CannotFinish, match=r"is in use by shop \(\d+\), who came while .*: nothing is changed"), alone(target) as held:  # fmt: skip
        put_back(target, dump, Path(f"{target.url.database}_kept"), held)
    came.pop().close()

    assert words(target) == ("new",)
    assert databases(target) == before


def test_a_database_with_the_longest_name_is_restored_and_kept(target: Target, dump: Path) -> None:
    long, neighbour = (fitting("ü" * 31, f"{target.url.database}{end}") for end in "xy")
    with closing(psycopg.connect(address(target), autocommit=True)) as session:
        for name in (long, neighbour):
            session.execute(f'CREATE DATABASE "{name}"'.encode())
    to = Target(target.url.set(database=long), None, Settings())  # type: ignore[arg-type]
    kept = fitting(long, "_before_20260101t000000z")

    with alone(to) as held:
        put_back(to, dump, Path(kept), held)

    assert (len(kept.encode()), kept[-24:]) == (63, "_before_20260101t000000z")
    assert words(to) == ("old",)
    assert {long, kept, neighbour} <= databases(target)
    assert not [name for name in databases(target) if "being_restored" in name]


def test_the_same_name_is_made_for_a_database_and_another_one_for_its_neighbour() -> None:
    names = [postgresql_restore.being_restored("x" * 62 + end) for end in "aab"]

    assert names[0] == names[1] != names[2]
    assert {len(name) for name in names} == {63}
