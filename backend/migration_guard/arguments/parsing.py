"""What the parsers of all commands share: how an error reads, and values that are checked as they are read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from typing import Any, NoReturn, TypeAlias

from ..errors import UsageError


class Help(argparse.HelpFormatter):
    """Help whose lines end between words alone: names with a hyphen in them can be copied."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in self._split_lines(text, width - len(indent)))

    def _split_lines(self, text: str, width: int) -> list[str]:
        import textwrap  # late: help is asked for seldom

        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors have the same two lines as all others."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"formatter_class": Help, **options})

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see `{self.prog} --help`")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """As it was, but for what a command does not know: it says so itself, and not the one that all stand below."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def command(commands: Commands, name: str, says: str, more: str = "") -> Parser:
    """The parser of one command: what the list of all says of it begins its own help, and `more` goes on."""
    return commands.add_parser(name, help=says, description=f"{says[:1].upper()}{says[1:]}. {more}".rstrip())


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
