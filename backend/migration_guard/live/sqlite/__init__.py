"""SQLite as a database to prove migrations on: scratch files, catalogue, rows."""
