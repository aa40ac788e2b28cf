"""Questions that the server plans once for a connection."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from migration_guard.live import Server
from migration_guard.live.postgresql.questions import Question, asked


def test_a_rollback_after_statements_that_the_driver_prepared_leaves_ours_in_place(postgresql: Server) -> None:
    engine = create_engine(postgresql.new_database())
    question = Question("SELECT $1::text", ["yes"])

    with engine.connect() as connection:
        first = asked(connection, question)
        for _ in range(8):  # psycopg 3 prepares what it has run five times, and a rollback makes it forget all
            connection.execute(text("SELECT :n"), {"n": 1})
        connection.rollback()
        again = asked(connection, question)
        connection.execute(text("SELECT 1"))

        assert asked(connection, question) == again == first
    engine.dispose()
