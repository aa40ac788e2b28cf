"""SQLite's library in this process, set to count none of its memory: a lock and three sums less for each allocation, of
which the text of a schema takes thousands whenever it is parsed.

https://www.sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigmemstatus
"""

from __future__ import annotations

import ctypes
from functools import cache

_OK = 0
_MEMORY_STATUS = 9  # SQLITE_CONFIG_MEMSTATUS


@cache  # afterwards nothing tells any more whether a connection is open
def without_counting() -> bool:
    """Let SQLite count nothing from now on; whether it does. It goes on as it is where a connection is open, as it can
    be set only while nobody uses it, and where Python has it built in and shows none of its functions."""
    try:
        import _sqlite3

        library = ctypes.CDLL(_sqlite3.__file__)
        used, configure = library.sqlite3_memory_used, library.sqlite3_config
        shut_down, initialize = library.sqlite3_shutdown, library.sqlite3_initialize
    except (ImportError, AttributeError, OSError):
        return False
    used.restype = ctypes.c_int64
    configure.argtypes = [ctypes.c_int]  # what follows it differs from one setting to another
    if used() or shut_down() != _OK:
        return False
    done: int = configure(_MEMORY_STATUS, ctypes.c_int(0))
    initialize()
    return done == _OK
