"""Several tables at a time: SQLite, the server and hashes let go of Python's lock, so threads do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Tool = TypeVar("Tool")
Result = TypeVar("Result")
HANDS = 2  # tables at a time


class Halt:
    """Ends threads whose main thread was stopped, at their next step."""

    def __init__(self) -> None:
        self._set = threading.Event()

    def set(self) -> None:
        """From now on `check` raises."""
        self._set.set()

    def check(self) -> None:
        """Raises Halted where it was set."""
        if self._set.is_set():
            raise Halted


class Halted(Exception):
    """The work is given up; nobody reads this."""


def side_by_side(
    work: Callable[[Item, Tool], Result], items: Sequence[Item], tools: Sequence[Tool], halt: Halt
) -> list[Result]:
    """Work on each item with one of the tools, as many at a time as there are; what came of them, in their order.

    Raises the first error when those that had begun are through; no other begins then. Where it is this thread that is
    stopped, `halt` is set for the others."""
    lock = threading.Lock()
    waiting = iter(range(len(items)))
    found: dict[int, Result] = {}
    failed = threading.Event()

    def some(tool: Tool) -> None:
        while not failed.is_set():
            halt.check()
            with lock:
                place = next(waiting, None)
            if place is None:
                return
            try:
                found[place] = work(items[place], tool)
            except BaseException:
                failed.set()
                raise

    with ThreadPoolExecutor(len(tools)) as pool:
        begun: list[Future[None]] = [pool.submit(some, tool) for tool in tools]
        try:
            wait(begun, return_when=FIRST_EXCEPTION)
        except BaseException:
            halt.set()
            raise
    for each in begun:
        each.result()
    return [found[place] for place in range(len(items))]
