"""The process that reads a SQLite file for a transfer.

What it is told comes through its input, what it found goes through its output, both pickled, as nobody but this program
writes there. It imports little, as it is to start fast and to take little memory, and ends with who started it.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from ...errors import GuardError
from .parsing import Connect
from .source import Source, opened

Request = (
    tuple[Literal["open"], Path, Connect] | tuple[Literal["do"], Callable[..., Iterator[Any]], tuple[Any, ...]] | None
)
Failure = tuple[type[BaseException], tuple[Any, ...]]
Answer = tuple[Literal["part"], Any] | tuple[Literal["end"], Failure | None]  # parts, and one end for each request


@dataclass
class _Job:
    """Something to do, until nobody wants it any more."""

    request: Any
    unwanted: threading.Event = field(default_factory=threading.Event)


def main() -> None:
    """Do what is asked, one thing after another."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints does not get between the answers
    jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    with ExitStack() as held:
        source: Source | None = None
        while True:
            job = jobs.get()
            failure: Failure | None = None
            what, first, second = job.request
            try:
                if what == "open":
                    held.close()
                    source = held.enter_context(opened(first, second))
                else:
                    for part in first(source, *second):
                        if job.unwanted.is_set():
                            break
                        _say(output, ("part", part))
            except Exception as error:  # noqa: BLE001 - it is raised by the one who asked
                failure = _failure(error)
            _say(output, ("end", failure))


def _listen(stream: IO[bytes], jobs: queue.SimpleQueue[_Job]) -> None:
    """Take in what is asked. Where nobody can ask any more, everything ends at once."""
    job, code = None, 1
    try:
        while True:
            request: Request = pickle.load(stream)  # noqa: S301
            if request is not None:
                job = _Job(request)
                jobs.put(job)
            elif job is not None:
                job.unwanted.set()
    except EOFError:
        code = 0
    except Exception as error:  # noqa: BLE001 - the last words of this process
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _say(stream: IO[bytes], answer: Answer) -> None:
    pickle.dump(answer, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _failure(error: Exception) -> Failure:
    """What makes an error again elsewhere."""
    given = (str(error), error.hint) if isinstance(error, GuardError) else error.args
    try:
        pickle.dumps(given)
    except Exception:  # noqa: BLE001 - whatever it holds, its words do
        given = (str(error),)
    return type(error), given
