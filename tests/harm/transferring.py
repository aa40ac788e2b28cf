"""`db transfer` killed at random moments, and when some of its tables are there, in both directions: the next run ends,
and what it made is what a run makes that nobody disturbs, digest for digest. The process that reads for it ends, too."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from migration_guard.live import Server
from migration_guard.live.postgresql.catalogue import snapshot
from migration_guard.live.project.redirect import own_engine
from migration_guard.live.schema import Snapshot, differences
from migration_guard.live.sqlite.catalogue import snapshot as sqlite_snapshot
from migration_guard.operate.moving.session import RECORD

ROOT = Path(__file__).parents[2]
TABLES = 5
LEFT_WITHIN = 10.0  # seconds
_TABLE = re.compile(r"^  (\w+): ([\d,]+)  ([0-9a-f]+)$", re.MULTILINE)


@dataclass
class Tally:
    """What came of all rounds of one direction."""

    way: str
    kills: int = 0
    ended_first: int = 0  # runs that came to their end before they were killed
    in_parts: int = 0  # runs that were killed when some tables were there, and not all
    went_on: int = 0  # next runs that found tables of the one before
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        """For people."""
        said = f"transfer {self.way}: {self.kills} kills ({self.ended_first} after the end, {self.in_parts} in parts; "
        said += f"{self.went_on} next runs went on)"
        return f"{said}: as if nobody had disturbed it" if not self.wrong else f"{said}\n" + "\n".join(self.wrong)


@dataclass(frozen=True)
class Ground:
    """A project with a filled SQLite file."""

    folder: Path

    @classmethod
    def made(cls, folder: Path, rows: int) -> Ground:
        """A new one, so many rows in each of five tables."""
        sys.path.insert(0, str(ROOT / "bench"))
        import transfer

        transfer.write(folder, rows)
        return cls(folder)

    def start(self, source: str, to: str) -> subprocess.Popen[str]:
        """A transfer, in a group of processes of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "migration_guard", "db", "transfer", "--url", source, "--to", to],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT / "backend")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def here(self) -> str:
        """The URL of the SQLite file."""
        return f"sqlite:///{self.folder / 'bench.db'}"

    def readers(self) -> list[int]:
        """The processes that read for a transfer here, and do not end."""
        deadline, found = time.monotonic() + LEFT_WITHIN, [0]
        while found and time.monotonic() < deadline:
            found = []
            for entry in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    if b"moving.reading" in (entry / "cmdline").read_bytes():
                        found += [int(entry.name)] if (entry / "cwd").readlink() == self.folder.resolve() else []
            time.sleep(0.05 if found else 0)
        return found

    def digest(self) -> str:
        """Of the bytes of the SQLite file."""
        return hashlib.sha256((self.folder / "bench.db").read_bytes()).hexdigest()


def there(ground: Ground, server: Server, rounds: int, seed: int) -> Tally:
    """SQLite to PostgreSQL."""
    before, made = ground.digest(), [server.new_database()]

    def pair() -> tuple[str, str]:
        made.append(server.new_database())
        old = make_url(made.pop(0))
        admin = old.set(drivername="postgresql", database="template1").render_as_string(hide_password=False)
        with psycopg.connect(admin, autocommit=True) as session:
            session.execute(f'DROP DATABASE "{old.database}" WITH (FORCE)'.encode())
        return ground.here, made[0]

    tally = _rounds("to PostgreSQL", ground, pair, rounds, seed)
    if ground.digest() != before:
        tally.wrong.append("the SQLite file changed")
    return tally


def back(ground: Ground, server: Server, rounds: int, seed: int) -> Tally:
    """PostgreSQL to SQLite."""
    full = server.new_database()
    printed = ground.start(ground.here, full).communicate(timeout=300)[0]
    number = 0

    def pair() -> tuple[str, str]:
        nonlocal number
        number += 1
        folder = ground.folder / f"back{number}"
        shutil.rmtree(ground.folder / f"back{number - 1}", ignore_errors=True)
        folder.mkdir()
        return full, f"sqlite:///{folder / 'back.db'}"

    tally = _rounds("to SQLite", ground, pair, rounds, seed)
    if not _TABLE.search(printed):
        tally.wrong.append(f"the first transfer failed: {printed}")
    return tally


def _rounds(way: str, ground: Ground, pair: Callable[[], tuple[str, str]], rounds: int, seed: int) -> Tally:
    tally, chance = Tally(way), random.Random(seed)  # noqa: S311 - the same moments in every run, more or less
    source, to = pair()
    begun = time.monotonic()
    whole = ground.start(source, to).communicate(timeout=300)[0]
    longest, expected, schema = time.monotonic() - begun, _TABLE.findall(whole), _catalogue(to)
    if not expected:
        tally.wrong.append(f"a run that nobody disturbs fails: {whole}")
    while tally.kills < rounds and not tally.wrong:
        source, to = pair()
        for _ in range(chance.randint(1, 3)):
            run = ground.start(source, to)
            if chance.random() < 0.5:
                _wait_for_parts(run, to, chance.randint(1, TABLES - 1))
                time.sleep(chance.uniform(0, longest / 20))
            else:
                time.sleep(chance.uniform(0.3 if chance.random() < 0.3 else longest / 2, longest))
            tally.kills += 1
            tally.ended_first += run.poll() is not None
            if run.poll() is None:
                tally.in_parts += 0 < _parts(to) < TABLES
                os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
        if left := ground.readers():
            tally.wrong.append(f"after {tally.kills} kills these still read: {left}")
        last = ground.start(source, to)
        printed = last.communicate(timeout=300)[0]
        tally.went_on += "Going on: " in printed
        ended = to.startswith("sqlite") and "holds rows already" in printed
        if not ended and (last.returncode or _TABLE.findall(printed) != expected):
            tally.wrong.append(f"after {tally.kills} kills the next run says: {printed}")
        elif changes := differences(schema, _catalogue(to)):
            tally.wrong.append(f"after {tally.kills} kills the schema differs: {changes[0].sentence()}")
    return tally


def _wait_for_parts(run: subprocess.Popen[str], to: str, number: int) -> None:
    """Until so many tables are there, or the run is through."""
    while run.poll() is None and _parts(to) < number:
        time.sleep(0.003)


def _parts(to: str) -> int:
    """How many tables a transfer that is under way has written down."""
    sql = f"SELECT count(*) FROM {RECORD} WHERE what = 'loaded'"
    url = make_url(to)
    with suppress(psycopg.Error, sqlite3.Error):
        if url.get_backend_name() == "postgresql":
            address = url.set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(address, autocommit=True) as session:
                return int((session.execute(sql.encode()).fetchone() or (0,))[0])
        file = Path(str(url.database))
        with closing(sqlite3.connect(f"file:{file.with_name(f'.{file.name}.transfer')}?mode=ro", uri=True)) as part:
            return int(part.execute(sql).fetchone()[0])
    return 0


def _catalogue(url: str) -> Snapshot:
    parsed: URL = make_url(url)
    engine = own_engine(parsed)
    try:
        with closing(engine.connect()) as connection:
            read = snapshot if parsed.get_backend_name() == "postgresql" else sqlite_snapshot
            return read(connection)
    finally:
        engine.dispose()
