"""The static run: files -> facts -> rules -> report."""

from .concern import concerns_migrations
from .run import check

__all__ = ["check", "concerns_migrations"]
