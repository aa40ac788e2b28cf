"""How rules and checks are found: each module of a folder with a `RULE` is one; nothing else is edited to add it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from .findings import Finding, Rule
from .hints import Any, TypeVar
from .records import dataclass

Judge = Callable[[Any, Any], Iterator[Finding]]
F = TypeVar("F", bound=Callable[..., Iterator[Finding]])


@dataclass(frozen=True)
class Registered:
    """A rule with its judges, each beside the type of fact that it judges."""

    rule: Rule
    judges: tuple[tuple[type, Judge], ...]


def judges(*facts: type) -> Callable[[F], F]:
    """Mark a function `(fact, context) -> findings` as the judge of these types of fact."""

    def mark(judge: F) -> F:
        judge.judges = facts  # type: ignore[attr-defined]
        return judge

    return mark


def registered(package: str, path: Iterable[str]) -> tuple[Registered, ...]:
    """The rules of a folder, in order of id."""
    found = (loaded(package, name) for name in names(path))
    return tuple(sorted(filter(None, found), key=lambda entry: entry.rule.id))


def names(path: Iterable[str]) -> list[str]:
    """The modules of a folder that may be rules. Not by pkgutil, which loads `inspect` first."""
    files = (name for folder in path for name in os.listdir(folder))
    return sorted({name[:-3] for name in files if name.endswith(".py") and not name.startswith("_")})


def loaded(package: str, name: str) -> Registered | None:
    """The rule of one module; None for one without a `RULE`, which holds words that several rules share."""
    import importlib  # late: where nothing changed, no rule is loaded

    module = importlib.import_module(f"{package}.{name}")
    rule = getattr(module, "RULE", None)
    if rule is None:
        return None
    own = [
        (fact, judge)
        for judge in vars(module).values()
        if getattr(judge, "__module__", None) == module.__name__
        for fact in getattr(judge, "judges", ())
    ]
    return Registered(rule, tuple(own))
