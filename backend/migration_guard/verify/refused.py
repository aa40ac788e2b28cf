"""Settings that pydantic refuses while env.py is read: which fields, why, and the variables that give them a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..live.urls import hide_in

SHOWN = 3  # of one error
_ASKED = 20  # variables, ready to paste
_LONGEST = 100  # characters of a reason
_RULED = re.compile(r"([^\w\s])(?:\s*\1){3,}")  # a line drawn across a terminal


@dataclass(frozen=True)
class Refused:
    """One field. `variable` is the name in the environment; None where the model reads none."""

    field: str
    why: str
    variable: str | None


def refused(error: BaseException) -> list[Refused]:
    """The fields that pydantic refuses, without their values. Other errors have none.

    https://docs.pydantic.dev/latest/errors/errors/: `errors()` gives a dict with `loc` and `msg` for each.
    """
    if not type(error).__module__.startswith("pydantic"):
        return []
    naming = _Naming(_model(error))
    found = []
    for one in getattr(error, "errors", list)():
        path, why = [*map(str, one["loc"])], " ".join(_RULED.sub("", str(one["msg"])).split())
        found.append(Refused(".".join(path), hide_in(why)[:_LONGEST], naming.variable(path)))
    return found


def way_out(those: list[Refused]) -> str:
    """One line to try."""
    names = list(dict.fromkeys(one.variable for one in those if one.variable))
    if not names:
        return (
            "let the file or service that fills this model be there for the guard, too; where variables fill it, set "
            "them under [tool.migration-guard.environment] in pyproject.toml, by the variables' names"
        )
    values = ", ".join(f'{name} = "..."' for name in names[:_ASKED])
    more = f" and {len(names) - _ASKED} more" if len(names) > _ASKED else ""
    it = "them" if len(names) > 1 else "it"
    return f"set {it} for the guard: {values}{more} under [tool.migration-guard.environment] in pyproject.toml"


class _Naming:
    """How a settings class names its variables.

    https://docs.pydantic.dev/latest/concepts/pydantic_settings/#environment-variable-names: the prefix stands before
    fields, not before aliases, and case tells nothing unless the class says so.
    """

    def __init__(self, model: type | None) -> None:
        self.fields: Any = getattr(model, "model_fields", None) or getattr(model, "__fields__", {})
        config = getattr(model, "model_config", None)
        if config is None and (old := getattr(model, "__config__", None)) is not None:  # pydantic 1
            config = {name: getattr(old, name) for name in dir(old) if not name.startswith("__")}
        self.config: dict[str, Any] = config or {}

    def variable(self, path: list[str]) -> str | None:
        """The variable of the field at a path."""
        if "env_prefix" not in self.config or not path:
            return None
        first, *rest = path
        name = f"{self.config['env_prefix']}{first}" if first in self.fields else first
        given = getattr(getattr(self.fields.get(first), "field_info", None), "extra", {}).get("env_names")  # pydantic 1
        name = min(given) if given else name
        if (delimiter := self.config.get("env_nested_delimiter")) and rest:
            name = delimiter.join([name, *rest])
        return name if self.config.get("case_sensitive") else name.upper()


def _model(error: BaseException) -> type | None:
    """The settings class that was being made: pydantic 1 tells, of later ones the frames of its `__init__` do."""
    model = getattr(error, "model", None)
    trace = error.__traceback__
    while trace is not None and model is None:
        made = trace.tb_frame.f_locals.get("__pydantic_self__")
        model = None if made is None else type(made)
        trace = trace.tb_next
    return model if isinstance(model, type) else None
