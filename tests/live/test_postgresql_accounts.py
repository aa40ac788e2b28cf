"""What transactions tell of themselves is believed where it is all that happened, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url

from migration_guard.live import Server, dialect
from migration_guard.live.climb.observer import Observer
from migration_guard.live.postgresql import reader
from migration_guard.live.postgresql.accounts import Account, Ledger, Over
from migration_guard.live.postgresql.beside import Beside
from migration_guard.live.schema import without


@pytest.fixture
def engine(postgresql: Server) -> Iterator[Engine]:
    made = create_engine(postgresql.new_database())
    yield made
    made.dispose()


def account(number: int | None, *, own: bool = False) -> Account:
    return Account(number, own, frozenset(), frozenset())


def test_what_is_over_since_an_earlier_moment() -> None:
    before, now = Over.of("5:8:5,6"), Over.of("6:11:6,9")

    assert Over.of("8:8:").open == frozenset()
    assert now.since(before) == {5, 8, 10}


@pytest.mark.parametrize(
    ("accounts", "numbers", "covered"),
    [
        ([account(5), account(6)], {5, 6}, True),
        ([account(5)], {5, 6}, False),
        ([account(None)], set(), True),
        ([account(None)], {5}, False),
        ([account(5, own=True)], {5, 6, 7}, True),  # savepoints of the guard's have numbers, too
        ([account(5, own=True), account(8)], {5, 6, 8}, True),
        ([account(5, own=True), account(8)], {5, 6, 8, 9}, False),
        ([account(5), account(8, own=True)], {5, 6, 8}, False),
    ],
)
def test_accounts_cover_what_is_theirs(accounts: list[Account], numbers: set[int], covered: bool) -> None:
    assert Ledger(accounts).covers(numbers) is covered


def test_processes_on_one_server_tell_each_other(tmp_path: Path) -> None:
    one, other = Beside(tmp_path / "transactions"), Beside(tmp_path / "transactions")
    one.tell(5)
    assert other.told() == {5}
    one.tell(7)
    other.tell(6)

    assert other.told() == {5, 6, 7}
    assert Ledger([account(8)], beside=other).covers({6, 7, 8})


def test_only_servers_of_ours_have_a_place_for_that(tmp_path: Path) -> None:
    assert Beside.of(make_url("postgresql://me@/d?host=/var/run/postgresql")).file is None
    assert Beside.of(make_url("postgresql://me@localhost/d")).file is None
    assert Beside.of(make_url(f"postgresql://me@/d?host={tmp_path}/mg-1")).file == tmp_path / "mg-1" / "transactions"
    gone = Beside(tmp_path / "mg-1" / "transactions")
    gone.tell(5)
    assert gone.told() == set()


PLAIN = "CREATE TABLE plain (id int PRIMARY KEY)"


@pytest.mark.parametrize(
    ("how", "plainly"),
    [
        ("plain", True),
        ("cursor commits", False),
        ("rolled back", False),
        ("other database", False),
        ("grant", False),
        ("function", False),
        ("savepoint", False),
    ],
)
def test_whatever_else_is_run_beside_a_plain_statement_is_seen(
    engine: Engine, postgresql: Server, monkeypatch: pytest.MonkeyPatch, how: str, plainly: bool
) -> None:
    through_all = []
    look = reader.changes
    with engine.connect() as project, Observer(engine.url.render_as_string(hide_password=False), "v") as observer:
        project.exec_driver_sql("CREATE TABLE old (id int PRIMARY KEY, x int)")
        if how == "function":
            project.exec_driver_sql(
                "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN ALTER TABLE old ADD y int; RETURN 1; END'"
            )
        project.commit()
        observer.snapshot()
        monkeypatch.setattr(reader, "changes", lambda *given, **more: (through_all.append(1), look(*given, **more))[1])
        if how == "cursor commits":
            project.connection.cursor().execute("ALTER TABLE old ADD y int")
            project.connection.commit()
        if how == "rolled back":
            project.exec_driver_sql("ALTER TABLE old ADD y int")
            project.rollback()
        if how == "other database":
            other = create_engine(postgresql.new_database())
            with other.connect() as beside:
                beside.connection.cursor().execute("CREATE TABLE there (id int)")
                beside.connection.commit()
            other.dispose()
        if how == "grant":
            project.exec_driver_sql("GRANT SELECT ON old TO public")
        if how == "function":
            project.exec_driver_sql("SELECT f()")
        if how == "savepoint":
            with project.begin_nested():
                project.exec_driver_sql("ALTER TABLE old ADD y int")
        project.exec_driver_sql(PLAIN)
        project.commit()

        found = observer.snapshot()
        assert ("table", "plain") in found.objects
        assert (not through_all) is plainly
        with engine.connect() as eyes:
            assert found == without(dialect("postgresql").snapshot(eyes), {"v"})
