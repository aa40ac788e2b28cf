"""From PostgreSQL to SQLite: values of every kind, and those that SQLite cannot hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migration_guard.errors import CannotFinish, UsageError

from .pair import Pair
from .test_transfer_harm import pair  # noqa: F401 - a fixture

# Column, value as PostgreSQL reads it, value as SQLite has it.
VALUES: list[tuple[str, str, Any]] = [
    ("flag", "true", 1),
    ("whole", "-9223372036854775808", -(2**63)),
    ("price", "1.10", 1.1),
    ("price", "-0.01", -0.01),
    ("exact", "12345678901234", 12345678901234),
    ("exact", "0.10", 0.1),
    ("ratio", "0.1", 0.1),
    ("ratio", "-Infinity", float("-inf")),
    ("ratio", "-0", 0.0),
    ("ratio", "5e-324", 5e-324),
    ("single", "0.1", 0.10000000149011612),
    ("day", "2024-02-29", "2024-02-29"),
    ("at", "0001-01-01 00:00:00", "0001-01-01 00:00:00.000000"),
    ("at", "9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"),
    ("at_zone", "2026-01-02 03:04:05.1+02", "2026-01-02 01:04:05.100000"),
    ("clock", "23:59:59.5", "23:59:59.500000"),
    ("span", "36:00:00", "1970-01-02 12:00:00.000000"),
    ("span", "-1 hour", "1969-12-31 23:00:00.000000"),
    ("doc", '{"b": 1,  "a": 1.50}', '{"b": 1,  "a": 1.50}'),
    ("docb", '{"bb": 1, "a": [1.50, "\\u00e4"]}', '{"a": [1.50, "ä"], "bb": 1}'),
    ("raw", "\\x00ff5c0a", b"\x00\xff\\\n"),
    ("uid", "01234567-89AB-CDEF-0123-456789abcdef", "0123456789abcdef0123456789abcdef"),
    ("numbers", "{1.50,NULL,12345678901234567890.5}", "[1.50,null,12345678901234567890.5]"),
    ("numbers", "{{1,2},{3,4}}", "[[1,2],[3,4]]"),
    ("numbers", "{}", "[]"),
    ("names", '{"a,b","\\"",NULL,"NULL",""}', '["a,b","\\"",null,"NULL",""]'),
    ("reach", "[1,5]", "[1,6)"),
    ("reach", "empty", "empty"),
    ("reach", "(,3)", "(,3)"),
    ("code", "größe\t\\N", "größe\t\\N"),
    ("code", "\x1e\x1f", "\x1e\x1f"),
    ("code", "", ""),
]


def test_values_come_back_as_models_read_them_and_go_there_again(pair: Pair) -> None:  # noqa: F811
    for number, (column, value, _) in enumerate(VALUES):
        pair.at_server(f"INSERT INTO things (id, {column}) VALUES (%s, %s)", (number, value))
    pair.at_server("INSERT INTO things (id) VALUES (-5)")

    digests = pair.digests("back")

    for number, (column, _, expected) in enumerate(VALUES):
        assert pair.sql(f"SELECT {column} FROM things WHERE id = {number}", "back.db") == [(expected,)], column
    assert set(pair.sql("SELECT * FROM things WHERE id = -5", "back.db")[0]) == {-5, None}
    assert pair.sql("SELECT count(*) FROM sqlite_master WHERE name LIKE '%transfer%'", "back.db") == [(0,)]
    (pair.root / "back.db").replace(pair.here)
    assert pair.digests("there") == digests
    assert "held the same rows before; nothing was copied." in pair.said[-1]


REFUSED: list[tuple[str, str, str]] = [
    ("exact", "NaN", "NaN is no number to SQLite"),
    ("exact", "Infinity", "Infinity is no number to SQLite"),
    ("exact", "0.12345678901234567890", "has more digits than a number of SQLite keeps"),
    ("exact", "9223372036854775809", "has more digits"),
    ("ratio", "NaN", "SQLite has no NaN"),
    ("single", "NaN", "SQLite has no NaN"),
    ("day", "infinity", "it is no time"),
    ("day", "0044-03-15 BC", "it is no time"),
    ("at", "-infinity", "it is no time"),
    ("at", "10000-01-01", "it is no time"),
    ("at_zone", "infinity", "it is no time"),
    ("clock", "24:00", "a day of SQLite ends before 24:00"),
    ("span", "1 month", "its months"),
    ("span", "-2000 years", "its months"),
    ("span", "infinity", "its end"),
    ("numbers", "[0:1]={1,2}", "its first index is not 1"),
    ("bare", "{1}", "it is an array, and SQLite's TEXT holds none"),
]


def test_each_value_that_sqlite_cannot_hold_is_named_before_anything_is_written(
    pair: Pair,  # noqa: F811
) -> None:
    (version,) = pair.at_server("SHOW server_version_num")
    known = [each for each in REFUSED if each[:2] != ("span", "infinity") or int(version[0]) >= 170000]
    for number, (column, value, _) in enumerate(known):
        pair.at_server(f"INSERT INTO things (id, {column}) VALUES (%s, %s)", (number, value))

    obstacles, done = pair.go("back")

    said = {each.key: str(each) for each in obstacles}
    for number, (column, value, words) in enumerate(known):
        line = said.pop(f"id '{number}'")
        assert line.startswith(f"things (id '{number}'): {column}: "), line
        assert words in line, value
    assert (said, done) == ({}, None)
    assert list(pair.root.glob("*back.db*")) == [*pair.root.glob(".*.lock")]


def test_what_sqlite_has_no_place_for_is_refused(pair: Pair) -> None:  # noqa: F811
    pair.at_server("CREATE TABLE more (id integer)")
    pair.at_server("INSERT INTO more VALUES (1)")

    with pytest.raises(CannotFinish, match=r"make no table more on SQLite, and .* has 1 rows in it"):
        pair.go("back")
    with pytest.raises(UsageError, match="holds rows already, in notes"):
        pair.go("back", url=f"sqlite:///{pair.here}")
    assert Path(pair.here).stat().st_size > 0
