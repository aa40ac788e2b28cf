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
    work: Callable[[Item, Tool], Result],
    items: Sequence[Item],
    tools: Sequence[Tool],
    halt: Halt,
    stop: Callable[[], None],
    weight: Callable[[Item], int] = lambda _: 0,
) -> list[Result]:
    """Work on each item with one of the tools, as many at a time as there are, the heaviest first; what came of them,
    in their order.

    Raises the error that came first when those that had begun are through; no other begins then. Where it is this
    thread that is stopped, `halt` is set for the others, and `stop` ends what they wait for."""
    lock = threading.Lock()
    waiting = iter(sorted(range(len(items)), key=lambda place: -weight(items[place])))
    found: dict[int, Result] = {}
    errors: list[BaseException] = []

    def some(tool: Tool) -> None:
        while not errors:
            halt.check()
            with lock:
                place = next(waiting, None)
            if place is None:
                return
            try:
                found[place] = work(items[place], tool)
            except BaseException as error:
                errors.append(error)
                raise

    with ThreadPoolExecutor(len(tools)) as pool:
        begun: list[Future[None]] = [pool.submit(some, tool) for tool in tools]
        try:
            wait(begun, return_when=FIRST_EXCEPTION)
        except BaseException:
            halt.set()
            while wait(begun, timeout=0).not_done:  # one may just begin its next statement
                stop()
                wait(begun, timeout=0.2)
            raise
    if errors:
        raise errors[0]
    return [found[place] for place in range(len(items))]
