"""What stands in a scratch database at one moment, and the readers that bring it up to date after each step."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .schema import Snapshot
from .shapes import TableShape

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Sight:
    """The catalogue, the tables, and for each table, by its full name, a mark of its rows.

    A table with the mark and the shape of an earlier sight has the same rows; one without a mark may have any.
    """

    snapshot: Snapshot
    shapes: tuple[TableShape, ...]
    rows: Mapping[str, Hashable]


class Reader(Protocol):
    """Reads a database again and again, and each time only what is not as it was the last time."""

    def begin(self, connection: Connection) -> None:
        """Prepare a new connection."""

    def look(self, connection: Connection) -> Sight:
        """What stands there now. Begins a transaction that its caller ends."""
