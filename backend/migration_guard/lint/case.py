"""One history before its judges: what they said of it before, as far as that still holds, and what they say now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..facts import History, Migration, Policy
from ..findings import Finding
from ..records import dataclass
from .judging import Judges, on_history, on_migration
from .verdicts import Verdicts

_GRAPH = ""  # the path under which the verdict on the history itself is known


@dataclass(frozen=True)
class Case:
    """A history, what the settings ask in it, and who judges it. Without `verdicts` all is judged anew."""

    history: History
    policy: Policy
    judges: Judges
    verdicts: Verdicts | None = None

    def on_history(self) -> Sequence[Finding]:
        """What the rules say about the graph of revisions and about env.py."""
        known = self.known(_GRAPH)
        if known is None:
            known = tuple(on_history(self.judges, self.history, self.policy))
            self.keep(_GRAPH, known)
        return known

    def on_migration(self, migration: Migration) -> Iterable[Finding]:
        """What the rules say about one revision, judged now."""
        return on_migration(self.judges, migration, self.history, self.policy)

    def known(self, path: str) -> Sequence[Finding] | None:
        """What was said of a revision before; None where that is not known, or may be another thing now."""
        return None if self.verdicts is None else self.verdicts.of(path)

    def keep(self, path: str, said: Sequence[Finding]) -> None:
        """Remember for the next run what is said of a revision."""
        if self.verdicts is not None:
            self.verdicts.keep(path, said)

    def close(self) -> None:
        """Nothing more is said."""
        if self.verdicts is not None:
            self.verdicts.close()
