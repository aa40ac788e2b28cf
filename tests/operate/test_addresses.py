"""URLs as people write them, made into those of our own drivers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest

from migration_guard.errors import UsageError
from migration_guard.operate.addresses import own_url


def shown(url: str) -> str:
    return unquote(own_url(url, Path("/app")).render_as_string(hide_password=False))


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("sqlite+aiosqlite:///data/a.db?cache=shared", "sqlite:////app/data/a.db"),
        ("sqlite:////var/lib/it's here/a.db", "sqlite:////var/lib/it's here/a.db"),
        ("sqlite:///file:data/a%20b.db?mode=ro&uri=true", "sqlite:////app/data/a b.db"),
        ("sqlite:///file:/var/a.db?uri=true", "sqlite:////var/a.db"),
        ("postgres://u:p%40@h/d", "postgresql+psycopg://u:p@@h/d"),
        ("postgresql://u@h?dbname=d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg2://h/d?sslmode=require", "postgresql+psycopg://h/d?sslmode=require"),
        (
            "postgresql+asyncpg://h/d?ssl=require&prepared_statement_cache_size=0&application_name=x",
            "postgresql+psycopg://h/d?application_name=x&sslmode=require",
        ),
    ],
)
def test_a_url_of_any_driver_becomes_ours(written: str, ours: str) -> None:
    assert shown(written) == ours


@pytest.mark.parametrize("written", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:a?mode=memory&uri=true"])
def test_a_database_in_memory_stays_one(written: str) -> None:
    assert own_url(written, Path("/app")).database == ":memory:"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("postgresql://u:geheim@h:port/d", "'postgresql://u:***@h:port/d' is not a URL"),
        ("u:geheim@h/d", "what is given is not a URL"),
        ("postgresql://u:geheim@h", "postgresql://u:***@h names no database"),
        ("mysql://u:geheim@h/d", "mysql://u:***@h/d is a database of mysql"),
    ],
)
def test_what_cannot_be_used_is_refused_without_its_password(written: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        shown(written)
    assert str(refused.value).startswith(words)
    assert "geheim" not in f"{refused.value} {refused.value.hint}"
