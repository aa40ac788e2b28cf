"""What the parsers of all commands share: how an error reads, and values that are checked as they are read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from typing import NoReturn, TypeAlias

from ..errors import UsageError


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors have the same two lines as all others."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see `{self.prog} --help`")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def whole(given: str) -> int:
    """A whole number, 0 or more."""
    if not given.isdecimal():
        raise argparse.ArgumentTypeError(f"{given!r} is no whole number from 0 on")
    return int(given)


def positive(given: str) -> int:
    """A whole number, 1 or more."""
    if not whole(given):
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(given)


def day(given: str) -> str:
    """A day, as it was typed: "2027-01-31"."""
    import datetime

    try:
        datetime.date.fromisoformat(given)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{given!r} is no day, such as 2027-01-31") from None
    return given


def part(given: str) -> tuple[int, int]:
    """A part of several: "2/8" -> (2, 8)."""
    number, slash, of = given.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 0 < int(number) <= int(of) < 1000):
        raise argparse.ArgumentTypeError(f"{given!r} is no part, such as 2/8")
    return int(number), int(of)


def names_of(known: Collection[str], kind: str) -> Callable[[str], list[str]]:
    """Reads names with commas between them, each of which has to be known: "rows,locks" -> ["rows", "locks"]."""

    def read(given: str) -> list[str]:
        names = [name.strip() for name in given.split(",") if name.strip()]
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is no {kind}: use {', '.join(known)}")
        return names

    return read


def processes(given: str) -> int:
    """A number of processes, 1 to 64."""
    if not given.isdecimal() or not 0 < int(given) < 65:
        raise argparse.ArgumentTypeError(f"{given!r} is no number of processes from 1 to 64")
    return int(given)
