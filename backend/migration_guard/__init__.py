"""Migration Guard stops a bad Alembic migration before it is merged."""

__version__ = "0.1.0"
