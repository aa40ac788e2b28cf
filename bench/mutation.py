"""How many small faults in the guard its tests notice: `python bench/mutation.py rules --out mutation.json`.

All tests are collected once. A first run, in a fork, notes which lines each test executes. Then each fault runs in a
fork of its own: the changed function takes the place of the old one in memory, no file is touched, and the tests that
execute its line run until one fails. It works on systems that can fork.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import fnmatch
import functools
import importlib
import json
import os
import pickle
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import coverage
import pytest
from mutants import Mutant, mutants

PACKAGE = "migration_guard"
HERE = Path(__file__).parents[1]
SOURCE = HERE / "backend" / PACKAGE
TESTS = ["tests/rules", "tests/read", "tests/replay", "tests/change", "tests/test_lint.py", "tests/test_baseline.py"]
TOO_SLOW = 6.0  # seconds: a test that takes longer is not run for each fault
PER_FAULT = 25.0  # seconds, after which a fault counts as noticed: it made something endless
AT_MOST = 12.0  # seconds of tests that are spent on a fault which none of them has noticed so far


@dataclass(frozen=True)
class Fault:
    """A mutant of a module."""

    module: str
    mutant: Mutant

    @property
    def file(self) -> Path:
        return SOURCE.parent.joinpath(*self.module.split(".")).with_suffix(".py")

    def __str__(self) -> str:
        return f"{self.file.relative_to(SOURCE.parent)}:{self.mutant.line} {self.mutant.says}"


class Runner:
    """The plugin that takes the place of pytest's own loop over the tests."""

    def __init__(self, wanted: list[str], out: Path, share: tuple[int, int], only: frozenset[str]) -> None:
        self.wanted, self.out, self.share, self.only = wanted, out, share, only
        self.killers: Counter[str] = Counter()

    def pytest_configure(self) -> None:
        from hypothesis import settings

        settings.register_profile("mutation", derandomize=True, database=None)
        settings.load_profile("mutation")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = [item for item in session.items if "postgresql" not in getattr(item, "fixturenames", ())]
        lines, seconds = _in_fork(lambda: _lines_of(items))
        by_id = {item.nodeid: item for item in items}
        results: list[dict[str, object]] = []
        faults = [fault for number, fault in enumerate(self._faults()) if number % self.share[1] == self.share[0]]
        for number, fault in enumerate(faults):
            tests = self._tests(fault, lines, seconds)
            start = time.perf_counter()
            noticed = _noticed(fault, [by_id[name] for name in tests]) if tests else "no test runs this line"
            results.append({"fault": str(fault), "by": noticed, "seconds": round(time.perf_counter() - start, 2)})
            if noticed in by_id:
                self.killers[noticed] += 1
            if number % 50 == 49 or number + 1 == len(faults):
                self.out.write_text(json.dumps(results, indent=1))
                left = sum(each["by"] in (None, "no test runs this line") for each in results)
                print(f"{number + 1} of {len(faults)} faults, {left} not noticed", flush=True)
        return True

    def _faults(self) -> Iterable[Fault]:
        for file in sorted(SOURCE.rglob("*.py")):
            name = file.relative_to(SOURCE).as_posix()
            if any(fnmatch.fnmatch(name, pattern) for pattern in self.wanted) and file.name != "__init__.py":
                module = ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)
                for mutant in mutants(file.read_text(encoding="utf-8")):
                    fault = Fault(module, mutant)
                    if not self.only or str(fault) in self.only:
                        yield fault

    def _tests(self, fault: Fault, lines: dict[str, dict[str, frozenset[int]]], seconds: dict[str, float]) -> list[str]:
        """The tests that run the line of a fault: those named after its module, then those that noticed others."""
        of_file = lines.get(str(fault.file), {})
        own = set(range(fault.mutant.line, fault.mutant.last_line + 1))
        in_function = isinstance(fault.mutant.statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        found = [test for test, those in of_file.items() if not in_function or own & those]
        name = fault.file.stem
        found.sort(key=lambda test: (name not in test.replace("-", "_"), -self.killers[test], seconds[test]))
        spent, chosen = 0.0, []
        for test in found:
            spent += seconds[test]
            if spent > AT_MOST:
                break
            chosen.append(test)
        return chosen


def _lines_of(items: list[pytest.Item]) -> tuple[dict[str, dict[str, frozenset[int]]], dict[str, float]]:
    """By file the lines that each test executes, and how long each test takes."""
    measured = coverage.Coverage(data_file=None, config_file=False, source=[str(SOURCE)])
    seconds = {}
    for item in items:
        _clear_caches()
        measured.start()
        measured.switch_context(item.nodeid)
        start = time.perf_counter()
        failed = _fails(item)
        seconds[item.nodeid] = time.perf_counter() - start
        measured.stop()
        if failed or seconds[item.nodeid] > TOO_SLOW:
            print(f"left out: {item.nodeid} ({'fails' if failed else 'slow'})", flush=True)
            del seconds[item.nodeid]
    data = measured.get_data()
    found: dict[str, dict[str, frozenset[int]]] = {}
    for file in data.measured_files():
        by_test: dict[str, set[int]] = {}
        for line, tests in data.contexts_by_lineno(file).items():
            for test in tests:
                if test in seconds:
                    by_test.setdefault(test, set()).add(line)
        found[file] = {test: frozenset(those) for test, those in by_test.items()}
    return found, seconds


def _fails(item: pytest.Item) -> bool:
    from _pytest.runner import runtestprotocol

    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a test asks of warnings is set up by the loop that this one replaces
        return any(report.failed for report in runtestprotocol(item, nextitem=None, log=False))


def _noticed(fault: Fault, tests: list[pytest.Item]) -> str | None:
    """The first test that fails once the fault is there, None where all pass."""

    def run() -> str | None:
        try:
            _put_in_place(fault)
        except Exception as error:  # noqa: BLE001 - a module that cannot be loaded is noticed by anybody
            return f"cannot be loaded: {error!r}"
        for item in tests:
            if _fails(item):
                return item.nodeid
        return None

    noticed: str | None = _in_fork(run)
    return noticed


def _in_fork(work: Callable[[], Any]) -> Any:
    """What a function gives back when it runs in a copy of this process."""
    with tempfile.NamedTemporaryFile() as answer:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                Path(answer.name).write_bytes(pickle.dumps(work()))
                code = 0
            finally:
                os._exit(code)
        return _answer(child, Path(answer.name), limited=work.__name__ == "run")


def _answer(child: int, file: Path, *, limited: bool) -> Any:
    end = time.monotonic() + PER_FAULT if limited else float("inf")
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return pickle.loads(file.read_bytes()) if status == 0 else "the process ends"  # noqa: S301 - our own fork's
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "takes too long"
        time.sleep(0.005)


def _put_in_place(fault: Fault) -> None:
    """Give the functions or the constant of a module their faulty form, wherever else they were imported to."""
    module = importlib.import_module(fault.module)
    statement = fault.mutant.statement
    new: dict[str, Any] = {}
    code = compile(ast.Module([statement], []), str(fault.file), "exec", flags=_future(module))
    exec(code, vars(module), new)  # noqa: S102 - our own source
    for name, value in new.items():
        old = vars(module).get(name)
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            _take_over(old, value)
        else:
            for other in list(sys.modules.values()):
                if getattr(other, "__name__", "").startswith((PACKAGE, "rules", "read", "replay", "test")):
                    for each, held in list(vars(other).items()):
                        if held is old:
                            setattr(other, each, value)
    _clear_caches()


def _future(module: ModuleType) -> int:
    feature = vars(module).get("annotations")
    return int(getattr(feature, "compiler_flag", 0))


def _take_over(old: Any, new: Any) -> None:
    """Let an old function run the code of the new one; a class, those of its methods."""
    if isinstance(new, type):
        for name, value in vars(new).items():
            if name in vars(old):
                _take_over(vars(old)[name], value)
        return
    old, new = _function(old), _function(new)
    if old is not None and new is not None and len(old.__code__.co_freevars) == len(new.__code__.co_freevars):
        old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _function(held: Any) -> FunctionType | None:
    """The plain function inside a property, a cache, a class method."""
    for name in ("fget", "func", "__func__", "__wrapped__"):
        inner = getattr(held, name, None)
        if inner is not None and not isinstance(held, FunctionType):
            return _function(inner)
    wrapped = getattr(held, "__wrapped__", None)
    if isinstance(wrapped, FunctionType):
        return wrapped
    return held if isinstance(held, FunctionType) else None


def _clear_caches() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith(PACKAGE):
            for held in list(vars(module).values()):
                if isinstance(held, functools._lru_cache_wrapper):
                    held.cache_clear()


def main() -> int:
    """Run the faults of the modules that the patterns name, and print how many no test notices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patterns", nargs="+", help='modules below the package: "rules/*.py" "read/sql*.py"')
    parser.add_argument("--out", type=Path, default=Path("mutation.json"))
    parser.add_argument("--share", default="0/1", help="of several runs beside each other: 0/3, 1/3, 2/3")
    parser.add_argument("--again", type=Path, help="only what an earlier run's file lists as not noticed")
    parser.add_argument("--tests", nargs="*", default=TESTS)
    given = parser.parse_args()
    number, of = given.share.split("/")
    only = frozenset(
        each["fault"]
        for each in (json.loads(given.again.read_text()) if given.again else ())
        if each["by"] in (None, "no test runs this line")
    )
    runner = Runner(given.patterns, given.out.absolute(), (int(number), int(of)), only)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "tmp_path_retention_policy=none", "-s"]
    with tempfile.TemporaryDirectory() as folder:  # of its own: other runs of pytest clear the usual one
        return int(pytest.main([*options, f"--basetemp={folder}/tests", *given.tests], plugins=[runner]))


if __name__ == "__main__":
    sys.exit(main())
