"""Lets env.py run again in a process in which it was made to run once: its project is imported anew."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import MetaData

from ..drift.models import is_copy
from .installed import is_own

_OURS = __name__.partition(".")[0]
_TWICE = re.compile(r"Table '([^']+)' is already defined")  # SQLAlchemy's words where a name comes a second time


class Again:
    """Runs an env.py any number of times. One that comes to nothing after it did not is run with its project imported
    anew, from then on each time."""

    def __init__(self, root: Path, forgotten: Callable[[], None]) -> None:
        self.root = root
        self.forgotten = forgotten  # told that nothing of the project is to be kept
        self.came = False  # whether env.py came to context.configure() in this run
        self._came_before = False
        self._anew = False
        self._twice: set[str] = set()  # tables of metadata that has to be emptied

    def run(self, once: Callable[[], None]) -> None:
        """Run it, as often as it takes. Errors come out as they are; the first one, where no try came further."""
        first: BaseException | None = None
        while True:
            self.came = False
            try:
                self._with_all_anew(once)
            except (Exception, SystemExit) as error:
                first = first or error
                if self.came or not self._came_before:
                    raise
                if not self._more_anew(error):
                    raise first from None
            else:
                return
            finally:
                self._came_before |= self.came

    def _more_anew(self, error: BaseException) -> bool:
        """Whether something is left that the next try can do without."""
        if not self._anew:
            self._anew = True
            return True
        table = _TWICE.search(str(error))
        if table is None or table[1] in self._twice:
            return False
        self._twice.add(table[1])
        return True

    def _with_all_anew(self, once: Callable[[], None]) -> None:
        if self._anew:
            _forget_modules(self.root)
            self.forgotten()
        if self._twice:
            _forget_tables(self._twice)
        once()


def _forget_modules(root: Path) -> None:
    """Let the next import of a module of the project's own read it again."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and is_own(file, root) and name.partition(".")[0] not in (_OURS, "__main__"):
            del sys.modules[name]


def _forget_tables(tables: set[str]) -> None:
    """Empty the metadata that has such a table: a library's, as SQLModel's, knows it when its module is gone."""
    for one in gc.get_objects():
        if isinstance(one, MetaData) and not tables.isdisjoint(one.tables) and not is_copy(one):
            one.clear()
