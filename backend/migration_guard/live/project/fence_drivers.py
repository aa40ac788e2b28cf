"""Drivers that do their work in C, unseen by audit hooks: wrapped as they are imported, so that the fence is asked."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import forbidding
from .targets import Targets

Call = Callable[..., Any]


def _libpq(allowed: Targets, dsn: str | None = None, *_: Any, **given: Any) -> None:
    forbidding.judge_postgresql(allowed, dsn, given)


def _sqlite(allowed: Targets, database: Any = "", *_: Any, **__: Any) -> None:
    forbidding.judge_sqlite(allowed, database)


def _other(_allowed: Targets, *arguments: Any, **given: Any) -> None:
    """These drivers reach databases of which we have no scratch ones."""
    target = [word for word in arguments if isinstance(word, str)]
    target += [f"{name}={given[name]}" for name in ("host", "server", "dsn", "database") if name in given]
    forbidding.refuse(" ".join(target) or "a database of another kind")


def _asking(call: Call, judge: Call, *, bound: int = 0) -> Call:
    """The call, with the fence asked first where one stands; `bound` arguments before the driver's own."""

    @functools.wraps(call)
    def connect(*arguments: Any, **given: Any) -> Any:
        if allowed := forbidding.allowed_now():
            judge(allowed, *arguments[bound:], **given)
        return call(*arguments, **given)

    return connect


def _names(judge: Call, *names: str) -> Callable[[ModuleType], None]:
    def wrap(module: ModuleType) -> None:
        for name in names:
            if call := getattr(module, name, None):
                setattr(module, name, _asking(call, judge))

    return wrap


def _sqlite3(module: ModuleType) -> None:
    """The audit hook sees the file; what SQL then opens is seen by an authorizer, which needs the connection."""
    call = module.connect

    @functools.wraps(call)
    def connect(*arguments: Any, **given: Any) -> Any:
        connection = call(*arguments, **given)
        if forbidding.allowed_now():
            forbidding.refuse_attach(connection)
        return connection

    module.__dict__["connect"] = module.dbapi2.connect = connect


def _psycopg(module: ModuleType) -> None:
    for kind in (module.Connection, module.AsyncConnection):
        kind.connect = classmethod(_asking(kind.connect.__func__, _libpq, bound=1))
    module.__dict__["connect"] = module.Connection.connect


def _asyncpg(module: ModuleType) -> None:
    _names(_libpq, "connect")(module.connection)
    module.__dict__["connect"] = module.connection.connect


def _socket(module: ModuleType) -> None:
    """`connect_ex` answers with a number where `connect` raises."""
    call = module.socket.connect_ex

    @functools.wraps(call)
    def connect_ex(self: Any, address: Any) -> int:
        try:
            found: int = call(self, address)
        except forbidding.ForbiddenConnection as error:
            return error.errno or -1
        return found

    module.socket.connect_ex = connect_ex


_WRAPPERS: dict[str, Callable[[ModuleType], None]] = {
    "socket": _socket,
    "sqlite3": _sqlite3,
    "psycopg": _psycopg,
    "psycopg2": _names(_libpq, "_connect"),  # psycopg2.connect calls it
    "asyncpg": _asyncpg,
    "pg8000": _names(_libpq, "connect"),
    "pysqlite3.dbapi2": _names(_sqlite, "connect"),
    "sqlcipher3.dbapi2": _names(_sqlite, "connect"),
}
_WRAPPERS |= dict.fromkeys(
    ("MySQLdb", "mysql.connector", "mariadb", "pyodbc", "pymssql", "cx_Oracle", "oracledb", "duckdb", "ibm_db"),
    _names(_other, "connect", "Connect", "connect_async"),
)


class _Imports(MetaPathFinder):
    """Lets the other finders find a driver, and wraps it when it has been run."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _WRAPPERS:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec and spec.loader:
                run = spec.loader.exec_module

                def run_and_wrap(module: ModuleType, run: Callable[[ModuleType], None] = run) -> None:
                    run(module)
                    _WRAPPERS[fullname](module)

                spec.loader.exec_module = run_and_wrap  # type: ignore[method-assign]
                return spec
        return None


def wrap_drivers() -> None:
    """Wrap the drivers that are loaded, and the others when they will be."""
    for name, wrap in _WRAPPERS.items():
        if name in sys.modules:
            wrap(sys.modules[name])
    sys.meta_path.insert(0, _Imports())
