from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.exc import OperationalError

from migration_guard.live.project.redirect import own_engine


def test_errors_of_the_guards_own_engine_are_those_that_it_catches(tmp_path: Path) -> None:
    def unwrapped(context: ExceptionContext) -> None:
        if context.original_exception is not None:
            raise context.original_exception

    event.listen(Engine, "handle_error", unwrapped)
    engine = own_engine(f"sqlite:///{tmp_path / 'scratch.db'}")
    try:
        with engine.connect() as connection, pytest.raises(OperationalError):
            connection.exec_driver_sql("SELECT nothing")
    finally:
        event.remove(Engine, "handle_error", unwrapped)
        engine.dispose()
