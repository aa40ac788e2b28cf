"""Specs that bound a database's version, such as "postgresql>=14"."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass

_BOUND = re.compile(r"(\w+) *(>=|>|==) *(\d+(?:\.\d+)*)")
_COMPARED = {">=": operator.ge, ">": operator.gt, "==": operator.eq}


@dataclass(frozen=True)
class Bound:
    """A dialect's name with the versions of it that will do."""

    name: str
    sign: str
    version: str

    def admits(self, version: str) -> bool:
        """Whether a version will do. Only as many numbers count as the bound has: 16.4 is not above 16."""
        wanted = _numbers(self.version)
        return bool(_COMPARED[self.sign](_numbers(version)[: len(wanted)], wanted))

    def __str__(self) -> str:
        return f"{self.sign} {self.version}"


def bound_of(spec: str) -> Bound | None:
    """The bound that a spec is, None for every other spec."""
    found = _BOUND.fullmatch(spec.strip())
    return Bound(found[1], found[2], found[3]) if found else None


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
