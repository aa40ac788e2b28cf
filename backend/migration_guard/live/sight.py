"""What stands in a scratch database at one moment, and the readers that bring it up to date after each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .schema import Key, Properties, Snapshot
from .shapes import TableShape

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Sight:
    """The catalogue in parts, by the table that each belongs to; the tables; and for each table, by its full name, a
    mark of its rows.

    A table with the mark and the shape of an earlier sight has the same rows; one without a mark may have any.
    """

    parts: Mapping[str, Mapping[Key, Properties]]
    shapes: tuple[TableShape, ...]
    rows: Mapping[str, object]

    def snapshot(self, without: str | None = None) -> Snapshot:
        """The catalogue as a whole, or less one table."""
        objects: dict[Key, Properties] = {}
        for owner, part in self.parts.items():
            if owner != without:
                objects.update(part)
        return Snapshot(objects)


class Reader(Protocol):
    """Reads a database again and again, and each time only what is not as it was the last time."""

    def begin(self, connection: Connection) -> None:
        """Prepare a new connection."""

    def look(self, connection: Connection) -> Sight:
        """What stands there now. Begins a transaction that its caller ends."""
