"""`db transfer` killed at random moments, there and back: the next run ends, and what it made is what a run makes that
nobody disturbs, digest for digest."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url

from migration_guard.live import Server
from migration_guard.live.postgresql_catalogue import snapshot
from migration_guard.live.redirect import own_engine
from migration_guard.live.schema import Snapshot, differences
from migration_guard.live.sqlite_catalogue import snapshot as sqlite_snapshot

ROOT = Path(__file__).parents[2]
_TABLE = re.compile(r"^  (\w+): ([\d,]+)  ([0-9a-f]+)$", re.MULTILINE)


@dataclass
class Tally:
    """What came of all rounds of one direction."""

    way: str
    kills: int = 0
    ended_first: int = 0  # runs that came to their end before they were killed
    went_on: int = 0  # next runs that found tables of the one before
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        """For people."""
        said = f"transfer {self.way}: {self.kills} kills ({self.ended_first} after the end, {self.went_on} went on)"
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

    def digest(self) -> str:
        """Of the bytes of the SQLite file."""
        return hashlib.sha256((self.folder / "bench.db").read_bytes()).hexdigest()


def there(ground: Ground, server: Server, rounds: int, seed: int) -> Tally:
    """SQLite to PostgreSQL."""
    before = ground.digest()
    tally = _rounds("to PostgreSQL", ground, lambda: (ground.here, server.new_database()), rounds, seed)
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
            time.sleep(chance.uniform(0.3 if chance.random() < 0.3 else longest / 2, longest))
            tally.kills += 1
            tally.ended_first += run.poll() is not None
            os.killpg(run.pid, signal.SIGKILL) if run.poll() is None else None
            run.communicate()
        last = ground.start(source, to)
        printed = last.communicate(timeout=300)[0]
        tally.went_on += "Going on: " in printed
        ended = to.startswith("sqlite") and "holds rows already" in printed
        if not ended and (last.returncode or _TABLE.findall(printed) != expected):
            tally.wrong.append(f"after {tally.kills} kills the next run says: {printed}")
        elif changes := differences(schema, _catalogue(to)):
            tally.wrong.append(f"after {tally.kills} kills the schema differs: {changes[0].sentence()}")
    return tally


def _catalogue(url: str) -> Snapshot:
    parsed: URL = make_url(url)
    engine = own_engine(parsed)
    try:
        with closing(engine.connect()) as connection:
            read = snapshot if parsed.get_backend_name() == "postgresql" else sqlite_snapshot
            return read(connection)
    finally:
        engine.dispose()
