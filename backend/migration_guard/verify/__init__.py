"""The live run: scratch database -> steps, traced facts and checks -> report."""

from .run import verify

__all__ = ["verify"]
