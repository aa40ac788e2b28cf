"""Parts that are made while the one who reads is busy with those before."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

MOST = 4  # parts that wait
Part = TypeVar("Part")


@contextmanager
def ahead(parts: Iterator[Part]) -> Iterator[Iterator[Part]]:
    """What an iterator gives, made in a thread that is a few parts ahead."""
    ready: queue.Queue[tuple[Part] | BaseException | None] = queue.Queue(MOST)
    given_up = threading.Event()

    def run() -> None:
        try:
            for part in parts:
                if given_up.is_set():
                    return
                ready.put((part,))
            ready.put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised by the one who reads
            ready.put(error)

    def read() -> Iterator[Part]:
        while (part := ready.get()) is not None:
            if isinstance(part, BaseException):
                raise part
            yield part[0]

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield read()
    finally:
        given_up.set()
        while thread.is_alive():
            with suppress(queue.Empty):
                ready.get(timeout=0.05)
        thread.join()
