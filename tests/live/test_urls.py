from __future__ import annotations

import pytest

from migration_guard.live.urls import hidden, hide_in, with_driver


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:s3cret@db.example.com/app",
        "postgresql+asyncpg://app:s3cret@[::1]:5432/app",
        "postgresql://app:s3c@ret@db/app",
        "postgresql://app:s3cret/with/slashes@db/app",
        "postgresql://app:s3cret?yes@db/app",
        "postgresql://app:1s3cret?yes@db/app",
        "postgresql://:s3cret@db/app",
        "postgresql://app:s3 cret's@db/app",
        "postgresql://db/app?user=me&password=s3cret&sslmode=require",
        "postgresql://db/app?sslpassword=s3cret",
        "postgresql://db:5432/app?user=me@there&password=s3cret",
        "host=db user=app password=s3cret dbname=app",
        "host=db password = 's3cr et\\'s' dbname=app",
        "DRIVER={x};UID=me;PWD=s3cret",
    ],
)
def test_no_form_of_a_password_is_shown(url: str) -> None:
    shown = hidden(url)

    assert "***" in shown
    for part in ("s3cret", "s3c@ret", "s3c", "ret@", "cret"):
        assert part not in shown
    assert hidden(shown) == shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app@db.example.com:5432/app",
        "postgresql://db.example.com:5432/app?user=me@there",
        "postgresql://db:5432?target_session_attrs=read-write",
        "sqlite+aiosqlite:////srv/data/app.db",
        "sqlite://",
        "host=/tmp dbname=app",
        "password authentication failed for user app",
    ],
)
def test_what_holds_no_password_stays_as_it_is(url: str) -> None:
    assert hidden(url) == url
    assert hide_in(url) == url


def test_host_and_database_can_still_be_read() -> None:
    assert hidden("postgresql://app:pw@db:5433/app?x=1") == "postgresql://app:***@db:5433/app?x=1"


def test_every_password_in_a_longer_text_is_hidden() -> None:
    text = (
        "could not move from 'postgresql://a:one@x/d' to postgresql://b:two@y/d (password=three, "
        "{'user': 'c', 'password': 'four'}) and http://example.com/page"
    )

    shown = hide_in(text)

    assert not any(word in shown for word in ("one", "two", "three", "four"))
    assert "postgresql://b:***@y/d" in shown
    assert "http://example.com/page" in shown


def test_a_scratch_url_changes_its_driver_only() -> None:
    url = "postgresql+psycopg://postgres@/x?host=/tmp/mg-1&port=5432"

    assert with_driver(url, "postgresql+asyncpg") == "postgresql+asyncpg://postgres@/x?host=/tmp/mg-1&port=5432"
    assert with_driver("sqlite:////tmp/x", "sqlite+aiosqlite") == "sqlite+aiosqlite:////tmp/x"


def test_pg8000_gets_the_path_of_the_socket() -> None:
    url = with_driver("postgresql+psycopg://postgres@/x?host=/tmp/mg-1&port=5432", "postgresql+pg8000")

    assert url == "postgresql+pg8000://postgres@/x?unix_sock=/tmp/mg-1/.s.PGSQL.5432"
