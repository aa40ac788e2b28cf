"""The budgets of `db transfer`: five tables, two million rows, beside a raw COPY of ready files and pgloader.

`python bench/transfer.py [--rows N] [--rounds N] [--json FILE]`. It starts a server of its own. Where pgloader
(a Debian package) is not installed, its rows are left out.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psycopg
from sqlalchemy import make_url
from timing import Line, as_json, peak_megabytes, table

from migration_guard.live import Server, dialect
from migration_guard.live.scratch.folder import Scratch

TABLES = ("authors", "posts", "events", "prices", "tags")
ENV = """\
from alembic import context
from sqlalchemy import create_engine

engine = create_engine("sqlite:///bench.db")
with engine.connect() as connection:
    context.configure(connection=connection, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """\
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "a1"
down_revision = None


def upgrade():
    op.create_table(
        "authors",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(120), nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("author_id", sa.Integer, sa.ForeignKey("authors.id"), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("published", sa.Date),
    )
    op.create_index("ix_posts_author", "posts", ["author_id"])
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(JSONB(), "postgresql")),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "prices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("post_id", sa.Integer, sa.ForeignKey("posts.id")),
        sa.Column("amount", sa.Numeric(10, 2), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("raw", sa.LargeBinary),
    )
    op.create_table(
        "tags",
        sa.Column("post_id", sa.Integer, sa.ForeignKey("posts.id"), nullable=False),
        sa.Column("tag", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "tag"),
    )


def downgrade():
    pass
"""
# One run in a process of its own; it prints the seconds of each part of the work.
RUN = """\
import json, sys, time
from pathlib import Path
from migration_guard.config import load
from migration_guard.operate.target import target_of
from migration_guard.operate.moving import loading
from migration_guard.operate.transfer import Transfer
copied = []
def timed(*arguments, plain=loading._copy):
    before = time.perf_counter()
    plain(*arguments)
    copied.append((before, time.perf_counter()))
loading._copy = timed
began = {}
ended = {}
def progress(part, table, done, total):
    began.setdefault(part, last[0])
    ended[part] = last[0] = time.perf_counter()
if sys.argv[2] == "again":  # as where there is no room to keep what the check has read
    from migration_guard.operate.moving import spool
    spool.Spools.begun = lambda self: spool.Spool(None)
settings = load(Path.cwd())
transfer = Transfer(target_of(settings, "sqlite:///bench.db"), target_of(settings, sys.argv[1]), progress)
last = [time.perf_counter()]
whole = last[0]
obstacles, done = transfer.run()
assert done and not obstacles, obstacles
parts = {part: ended[part] - began[part] for part in ended}
load, until = 0.0, 0.0
for before, after in sorted(copied):  # two tables at a time: the time in which there was a COPY
    load += max(0.0, after - max(before, until))
    until = max(until, after)
print(json.dumps(parts | {"load": load, "whole": time.perf_counter() - whole}))
"""


def write(folder: Path, rows: int) -> None:
    """A project with a filled SQLite database, so many rows in each of five tables."""
    (folder / "alembic" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = alembic\n")
    (folder / "alembic" / "env.py").write_text(ENV)
    (folder / "alembic" / "versions" / "a1.py").write_text(REVISION)
    alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(alembic, cwd=folder, check=True, capture_output=True)
    chance = random.Random(1)  # noqa: S311 - the same rows in every run
    day = "2026-{:02}-{:02}"
    body = "lorem ipsum dolor sit amet consectetur " * 3

    def moment(i: int) -> str:
        return f"{day.format(i % 12 + 1, i % 28 + 1)} {i % 24:02}:{i % 60:02}:{i % 59:02}.{i * 7919 % 1000000:06}"

    with closing(sqlite3.connect(folder / "bench.db")) as made, made:
        n = range(1, rows + 1)
        made.execute("PRAGMA synchronous = OFF")
        made.executemany(
            "INSERT INTO authors VALUES (?, ?, ?, ?, ?)",
            ((i, f"user{i}@example.org", f"Name {i} Größe", i % 3 > 0, moment(i)) for i in n),
        )
        made.executemany(
            "INSERT INTO posts VALUES (?, ?, ?, ?, ?)",
            (
                (
                    i,
                    i * 7 % rows + 1,
                    f"Title of {i}",
                    body + "\nline" * (i % 5 == 0),
                    day.format(i % 12 + 1, i % 28 + 1),
                )
                for i in n
            ),
        )
        made.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?)",
            (
                (
                    f"{chance.getrandbits(128):032x}",
                    ("login", "view", "buy")[i % 3],
                    json.dumps({"user": i, "path": f"/p/{i}", "ok": True}),
                    moment(i),
                )
                for i in n
            ),
        )
        made.executemany(
            "INSERT INTO prices VALUES (?, ?, ?, ?, ?)",
            ((i, i, round(i * 0.37 % 99999, 2), i / 7, i.to_bytes(8, "big")) for i in n),
        )
        made.executemany("INSERT INTO tags VALUES (?, ?)", ((i // 2 + 1, f"tag{i % 50}") for i in range(rows)))


def scratch_server(stack: ExitStack) -> Server:
    """The guard's own throw-away server."""
    return stack.enter_context(dialect("postgresql").servers("postgresql", stack.enter_context(Scratch())))


def ours(folder: Path, url: str, how: str = "") -> dict[str, float]:
    """The seconds of each part of a transfer in a process of its own; with "again" rows are read once more for COPY."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, url, how], cwd=folder, check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def raw(folder: Path, url: str) -> float:
    """The seconds of COPY from ready files into tables without keys and indexes."""
    taken = 0.0
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS raw CASCADE")
        connection.execute("CREATE SCHEMA raw")
        for name in TABLES:
            file = folder / f"{name}.copy"
            if not file.exists():
                with file.open("wb") as stream, connection.cursor().copy(f"COPY public.{name} TO STDOUT") as copy:
                    stream.writelines(copy)
            connection.execute(f"CREATE TABLE raw.{name} (LIKE public.{name})")
            began = time.perf_counter()
            with file.open("rb") as stream, connection.cursor().copy(f"COPY raw.{name} FROM STDIN") as copy:
                while part := stream.read(1 << 18):
                    copy.write(part)
            taken += time.perf_counter() - began
    return taken


def pgloader(folder: Path, url: str) -> tuple[float, float] | None:
    """The seconds that pgloader says its COPY and the whole took; None where it is not installed."""
    if shutil.which("pgloader") is None:
        return None
    parsed = make_url(url)
    where = f"{parsed.username}@unix:{parsed.query['host']}:{parsed.query.get('port', 5432)}/{parsed.database}"
    script = folder / "bench.load"
    script.write_text(
        f"load database from sqlite://{folder / 'bench.db'} into postgresql://{where}\n"
        " with include drop, create tables, create indexes, reset sequences;\n"
    )
    done = subprocess.run(["pgloader", str(script)], capture_output=True, text=True, check=False)
    found = {
        words: float(seconds)
        for words, seconds in re.findall(r"(COPY Threads Completion|Total import time).*?([\d.]+)s", done.stdout)
    }
    if len(found) != 2 or "ERROR" in done.stdout:
        print(f"pgloader failed: {done.stdout[-300:]}", file=sys.stderr)
        return None
    return found["COPY Threads Completion"], found["Total import time"]


def peak_of_all(command: list[str], cwd: Path) -> float:
    """The largest memory of a command with all processes that it starts, in MB of 1,000,000 bytes: what they share
    counts once (PSS). Where the system does not tell, that of the command alone."""
    if not Path("/proc/self/smaps_rollup").exists():
        return peak_megabytes(command, cwd)
    process, peak = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), 0
    while process.poll() is None:
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
        waiting, now = [process.pid], 0
        while waiting:
            pid = waiting.pop()
            waiting += children.get(pid, [])
            with suppress(OSError):
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                now += sum(int(kilobytes) for kilobytes in re.findall(r"^Pss: *(\d+) kB", rollup, re.MULTILINE))
        peak = max(peak, now)
        time.sleep(0.02)
    return peak * 1024 / 1e6


def _next(server: Server, url: str) -> str:
    """Another database in the place of one that is through: they are large."""
    _gone(url)
    return server.new_database()


def _gone(url: str) -> None:
    admin = make_url(url).set(drivername="postgresql", database="template1").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')


def measured(folder: Path, rows: int, rounds: int) -> list[Line]:
    """The budgets of `db transfer`; the sides take turns."""
    write(folder, rows)
    figures: dict[str, list[float]] = {}
    with ExitStack() as stack:
        server = scratch_server(stack)
        for _ in range(rounds):
            url = server.new_database()
            for name, seconds in ours(folder, url).items():
                figures.setdefault(name, []).append(seconds)
            figures.setdefault("raw", []).append(raw(folder, url))
            again = ours(folder, url := _next(server, url), "again")
            figures.setdefault("load again", []).append(again["load"])
            figures.setdefault("copy again", []).append(again["copy"] + again["compare"])
            if found := pgloader(folder, url := _next(server, url)):
                figures.setdefault("pgloader", []).append(found[0])
                figures.setdefault("pgloader, whole", []).append(found[1])
            _gone(url)
        guard = [sys.executable, "-m", "migration_guard", "db", "transfer"]
        memory = peak_of_all([*guard, "--url", "sqlite:///bench.db", "--to", server.new_database()], folder)
    took = {name: statistics.median(seconds) for name, seconds in figures.items()}
    print({name: round(seconds, 2) for name, seconds in took.items()})
    lines = [
        Line("transfer: load, keys and indexes apart", took["load"], "raw COPY", took["raw"], 1 / 0.6),
        Line("transfer: load that reads SQLite again", took["load again"], "raw COPY", took["raw"], 1 / 0.6),
        Line("transfer: memory", memory, "150 MB", 150, 1, "MB"),
    ]
    if "pgloader" in took:
        peer = took["pgloader"]
        lines += [
            Line("transfer: load, keys and indexes apart", took["load"], "pgloader's", peer, 1 / 2.5),
            Line("transfer: load that reads SQLite again", took["load again"], "pgloader's", peer, 1 / 2.5),
            Line("transfer: load and comparison", took["copy"] + took["compare"], "pgloader's load", peer, 1),
            Line("transfer: the same, reading SQLite again", took["copy again"], "pgloader's load", peer, 1),
            Line("transfer: check, load, keys, comparison", took["whole"], "pgloader, which checks nothing",
                 took["pgloader, whole"], 1),
        ]  # fmt: skip
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=400_000, metavar="N", help="of each of the five tables")
    options.add_argument("--rounds", type=int, default=5, metavar="N")
    options.add_argument("--json", type=Path, metavar="FILE")
    given, _ = options.parse_known_args()
    with tempfile.TemporaryDirectory() as name:
        lines = measured(Path(name), given.rows, given.rounds)
    print(table(lines))
    if given.json:
        given.json.write_text(as_json(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
