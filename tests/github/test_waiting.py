"""Services that answer late, never, or as something else: with real sockets."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from migration_guard.errors import CannotFinish, UsageError
from migration_guard.github.waiting import wait_for


@pytest.fixture
def port() -> Iterator[int]:
    """A port at which nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def answering(port: int, answer: bytes, after: float) -> threading.Thread:
    def run() -> None:
        time.sleep(after)
        with socket.create_server(("127.0.0.1", port)) as server:
            connection, _ = server.accept()
            with connection:
                connection.recv(8)
                connection.sendall(answer)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_service_that_never_comes_up_is_one_line_with_its_place(port: int) -> None:
    began = time.monotonic()

    with pytest.raises(
        CannotFinish, match=rf"no PostgreSQL server answered at 127\.0\.0\.1:{port} within 0 s"
    ) as error:
        wait_for(f"postgresql://ada:s3cret@127.0.0.1:{port}/x", 0)

    assert time.monotonic() - began < 5
    assert "s3cret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_service_that_starts_late_is_waited_for() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    thread = answering(port, b"N", after=0.5)

    wait_for(f"postgresql+asyncpg://postgres@127.0.0.1:{port}/x", 20)

    thread.join()
    assert not thread.is_alive()


@pytest.mark.parametrize(("answer", "why"), [(b"H", "something else listens there"), (b"", "it ended the connection")])
def test_something_else_that_listens_there_is_no_server(answer: bytes, why: str) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    thread = answering(port, answer, after=0)
    time.sleep(0.1)

    with pytest.raises(CannotFinish, match=why):
        wait_for(f"postgresql://127.0.0.1:{port}/x", 0)

    thread.join()


@pytest.mark.parametrize("url", ["sqlite", "postgresql-16", "sqlite:///x.db", "postgresql:///x?host=/run/pg"])
def test_what_is_no_service_is_not_waited_for(url: str) -> None:
    assert wait_for(url, 60) is None


def test_a_url_that_is_none_is_named_without_its_password() -> None:
    with pytest.raises(UsageError, match="is no URL of a database") as error:
        wait_for("postgresql://ada:s3cret@h:port/x", 0)

    assert "s3cret" not in str(error.value)
