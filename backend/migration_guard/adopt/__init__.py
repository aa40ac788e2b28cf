"""`migration-guard init`: what a project needs to be guarded, planned, shown and written."""

from .run import init

__all__ = ["init"]
