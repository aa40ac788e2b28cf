"""PostgreSQL as a database to prove migrations on: servers, catalogue, rows."""
