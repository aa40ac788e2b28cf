"""What is known of the rules before any is loaded: a commit hook needs few, and to load all takes half of its time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .. import facts
from ..findings import Rule
from ..read.store import Store
from ..records import dataclass
from ..registry import Judge
from ..rules import all_rules, rule_of

_FILE = "rules"
Judging = tuple[tuple[Rule, Judge], ...]


@dataclass(frozen=True)
class Listed:
    """A rule as the list has it."""

    id: str
    on: bool  # by itself
    dialects: frozenset[str] | None
    facts: tuple[str, ...]  # the types that it judges

    @property
    def line(self) -> str:
        dialects = "*" if self.dialects is None else " ".join(sorted(self.dialects))
        return "\t".join((self.id, "on" if self.on else "off", dialects, " ".join(self.facts)))


def listed(store: Store | None) -> tuple[Listed, ...]:
    """Every static rule, in order of id: as the last run left the list behind, else by loading them."""
    lines = [line.split("\t") for line in store.lines(_FILE)] if store else []
    if lines and all(len(line) == 4 for line in lines):
        return tuple(
            Listed(rule, on == "on", None if dialects == "*" else frozenset(dialects.split()), tuple(facts.split()))
            for rule, on, dialects, facts in lines
        )
    found = tuple(
        Listed(
            entry.rule.id,
            entry.rule.on,
            entry.rule.dialects,
            tuple(dict.fromkeys(kind.__name__ for kind, _ in entry.judges)),
        )
        for entry in all_rules()
    )
    if store:
        store.write(_FILE, "".join(f"{one.line}\n" for one in found))
    return found


class JudgesOf(Mapping[type, Judging]):
    """The judges of some rules by type of fact. A rule is loaded when a fact that it judges turns up."""

    def __init__(self, rules: Iterable[Listed]) -> None:
        self._rules: dict[str, list[str]] = {}
        for one in rules:
            for fact in one.facts:
                self._rules.setdefault(fact, []).append(one.id)
        self._loaded: dict[type, Judging] = {}

    def ids(self, *facts: type) -> frozenset[str]:
        """The rules that judge one of these types of fact; all of them where none is named."""
        asked = [fact.__name__ for fact in facts] or self._rules
        return frozenset(rule for fact in asked for rule in self._rules.get(fact, ()))

    def get(self, fact: type, default: Any = None) -> Any:
        return self[fact] if fact.__name__ in self._rules else default

    def __getitem__(self, fact: type) -> Judging:
        found = self._loaded.get(fact)
        if found is None:
            entries = [rule_of(rule) for rule in self._rules[fact.__name__]]
            judges = ((entry.rule, judge) for entry in entries for kind, judge in entry.judges if kind is fact)
            found = self._loaded[fact] = tuple(judges)
        return found

    def __iter__(self) -> Iterator[type]:
        return (vars(facts)[name] for name in self._rules)

    def __len__(self) -> int:
        return len(self._rules)
