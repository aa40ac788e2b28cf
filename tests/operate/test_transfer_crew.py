"""Several tables at a time: what comes back, and how it ends."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from migration_guard.operate.moving.crew import Halt, side_by_side

SLOW = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 60000000) SELECT count(*) FROM n"


def test_ctrl_c_stops_the_statements_that_run() -> None:
    with (
        closing(sqlite3.connect(":memory:", check_same_thread=False)) as one,
        closing(sqlite3.connect(":memory:", check_same_thread=False)) as other,
    ):
        hands = [one, other]

        def stop() -> None:
            for hand in hands:
                hand.interrupt()

        began = time.monotonic()
        main = threading.main_thread().ident
        assert main is not None
        timer = threading.Timer(0.5, lambda: signal.pthread_kill(main, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            side_by_side(lambda sql, hand: hand.execute(sql).fetchone(), [SLOW, SLOW], hands, Halt(), stop)
        timer.join()

    assert time.monotonic() - began < 3.0  # each alone would take longer


def test_the_error_that_came_first_is_raised_whichever_thread_has_it() -> None:
    failed = threading.Event()

    def work(item: str, _: object) -> None:
        if item == "first":
            assert failed.wait(10)
            time.sleep(0.05)
        else:
            failed.set()
        raise ValueError(item)

    stopped: list[str] = []
    with pytest.raises(ValueError, match="second"):
        side_by_side(work, ["first", "second"], [1, 2], Halt(), lambda: stopped.append("stopped"))
    assert stopped == []


def test_results_stand_in_the_order_of_the_items_and_nothing_begins_after_an_error() -> None:
    begun: list[int] = []

    def work(item: int, _: object) -> int:
        begun.append(item)
        if item < 0:
            raise ValueError(item)
        return item * 2

    assert side_by_side(work, [3, 1, 2], ["a", "b"], Halt(), lambda: None) == [6, 2, 4]
    begun.clear()
    with pytest.raises(ValueError, match="-1"):
        side_by_side(work, [-1, 1, 2], ["a"], Halt(), lambda: None)
    assert begun == [-1]
