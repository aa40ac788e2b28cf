"""The static run: files -> facts -> rules -> report."""

from .run import check

__all__ = ["check"]
