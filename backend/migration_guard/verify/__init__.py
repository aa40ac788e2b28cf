"""The live run: scratch database -> steps, traced facts and checks -> report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run import verify

__all__ = ["verify"]


def __getattr__(name: str) -> Any:
    """`verify`, late: the processes that it starts are of this package, and need nothing of it."""
    if name == "verify":
        from .run import verify

        return verify
    raise AttributeError(name)
