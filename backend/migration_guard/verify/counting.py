"""What the runs on several databases of one env.py came to, in one count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..live.climb.walked import most

_FEWEST = {"up", "down_and_up"}  # a revision counts where it works on all of them


def together(done: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The counts of all runs as those of one, with the number of databases."""
    first = done[0]
    return {
        **first,
        "tally": {
            name: (min if name in _FEWEST else max)(each["tally"][name] for each in done) for name in first["tally"]
        },
        "compared": all(each["compared"] for each in done),
        "deployed": min(each["deployed"] for each in done),
        "filled": most(each["filled"] for each in done),
        "empty": {
            table: why
            for each in done
            for table, why in each["empty"].items()
            if not any(table in other["filled"] for other in done)
        },
        "lacking": sorted({name for each in done for name in each["lacking"]}),
        "known": [key for each in done for key in each["known"]],
        "databases": len(done),
    }
