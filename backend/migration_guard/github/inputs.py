"""The inputs of the action, as its steps find them in their environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from ..errors import UsageError

PREFIX = "GUARD_"
_CHOICES = {
    "fail_on": ("error", "warning", "never"),
    "history": ("auto", "new", "whole"),
    "install": ("auto", "uv", "poetry", "pip", "none"),
    "part": ("all", "check", "verify"),
    "comment": ("true", "false"),
    "sarif": ("true", "false"),
}
_SHARD = re.compile(r"(?P<number>[1-9]\d{0,2})/(?P<of>[1-9]\d{0,2})")


@dataclass(frozen=True)
class Inputs:
    """What a workflow asks for. Each field is an input of the action or the reusable workflow, with `-` for `_`."""

    working_directory: str = "."
    config: str = ""
    databases: str = ""
    base: str = ""
    history: str = "auto"
    paths: str = ""
    fail_on: str = "error"
    shard: str = ""
    shards: str = "1"
    python_version: str = ""
    install: str = "auto"
    requirements: str = ""
    version: str = ""
    wait: str = "60"
    part: str = "all"
    comment: str = "false"
    sarif: str = "false"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Inputs:
        """The inputs of this step. Raises UsageError for a value that means nothing."""
        given = {each.name: environment.get(PREFIX + each.name.upper(), "").strip() for each in fields(cls)}
        inputs = cls(**{name: value for name, value in given.items() if value})
        for name, choices in _CHOICES.items():
            value = getattr(inputs, name)
            if value not in choices:
                raise UsageError(f"the input {_shown(name)} is {value!r}", f"give one of {', '.join(choices)}")
        if inputs.shard and not _is_shard(inputs.shard):
            raise UsageError(f"the input shard is {inputs.shard!r}", "give part and number of parts, as 2/8")
        for name, most in (("shards", 100), ("wait", 3600)):
            value = getattr(inputs, name)
            if not (value.isdecimal() and int(value) <= most and (int(value) or name != "shards")):
                raise UsageError(f"the input {name} is {value!r}", f"give a whole number up to {most}")
        return inputs

    @property
    def with_databases(self) -> bool:
        """Whether migrations are to be run on databases at all."""
        return self.part != "check" and listed(self.databases) != ["none"]

    def folder(self, workspace: Path) -> Path:
        """The folder of the project. Raises UsageError where it is none inside the checkout."""
        folder = (workspace / self.working_directory).resolve()
        if not folder.is_dir():
            raise UsageError(
                f"the input working-directory is {self.working_directory!r}, and there is no such folder",
                "give the path of a folder from the top of the repository; check the repository out before",
            )
        if not folder.is_relative_to(workspace.resolve()):
            raise UsageError(
                f"the input working-directory is {self.working_directory!r}, outside the checkout",
                "give the path of a folder from the top of the repository",
            )
        return folder


def listed(text: str) -> list[str]:
    """The names in an input that holds several, one a line or with commas between."""
    return [name.strip() for name in re.split(r"[\n,]", text) if name.strip()]


def lines(text: str) -> list[str]:
    """The lines of an input that hold something: paths and requirements may have commas in them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _is_shard(text: str) -> bool:
    found = _SHARD.fullmatch(text)
    return found is not None and int(found["number"]) <= int(found["of"])


def _shown(name: str) -> str:
    return name.replace("_", "-")
