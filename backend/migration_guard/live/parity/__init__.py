"""The schema on SQLite against the schema on PostgreSQL."""
