"""While a project's code runs, no database but the scratch ones can be reached: any other try is an error.

Python tells an audit hook of every SQLite file that is opened, every socket that connects and every program that is
started. Drivers that connect in C tell nothing, so those are wrapped (`fence_drivers.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache

from .fence_drivers import wrap_drivers
from .forbidding import audit, only
from .targets import Targets


@contextmanager
def fence(urls: Iterable[str]) -> Iterator[None]:
    """Until left, in all threads, only the databases of these scratch URLs can be connected to.

    Any other try raises ForbiddenConnection where it is made. A fence inside another counts alone until it is left.
    """
    targets = Targets.of(urls)
    _watch()
    with only(targets):
        yield


@cache
def _watch() -> None:
    """Set up once for the life of the process."""
    wrap_drivers()
    sys.addaudithook(audit)
