"""Alembic's `config.attributes`, by which programs hand their own connection to env.py."""

from __future__ import annotations

from typing import Any

_NAME = "connection"


class Attributes(dict[str, Any]):
    """Attributes without a connection at first. `wanted` says whether anybody asked for one."""

    wanted = False

    def get(self, name: str, default: Any = None) -> Any:
        """The value, the default where there is none."""
        self._note(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def __missing__(self, name: str) -> Any:
        self._note(name)
        raise KeyError(name)

    def _note(self, name: object) -> None:
        if name == _NAME:
            self.wanted = True
