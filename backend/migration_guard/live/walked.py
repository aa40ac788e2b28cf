"""Revisions that were walked, with a key of all that this depended on, so that a later run need not do it again."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__

if TYPE_CHECKING:
    from alembic.script import Script


@dataclass(frozen=True)
class Walked:
    """What came of one revision on one database."""

    revision: str
    key: str
    stands: bool = False  # whether it can be taken up
    down_and_up: bool = False
    refuses: bool = False  # to go down
    on_empty_tables: bool = False  # alone
    filled: list[str] = field(default_factory=list)  # tables that held rows
    empty: dict[str, str] = field(default_factory=dict)  # tables that did not, with the reason
    lacking: list[str] = field(default_factory=list)  # extensions that it needs and the server has not


def keys(order: Sequence[Script], root: Path, seed: str) -> dict[str, str]:
    """A key for each revision, equal in two runs where nothing differs that it depends on: the revisions up to it, all
    code under the root that is loaded, and the versions of everything. `seed` stands for the database and settings."""
    import alembic  # here: the process that reads what was walked does without
    import sqlalchemy

    versions = (__version__, sys.version, alembic.__version__, sqlalchemy.__version__)
    files = {str(script.module.__file__) for script in order}
    digest = hashlib.sha256("\0".join((*versions, seed)).encode())
    for name in sorted(_loaded(root) - files):
        digest.update(_contents(name))
    found = {}
    for script in order:
        digest.update(script.revision.encode())
        digest.update(_contents(str(script.module.__file__)))
        found[script.revision] = digest.hexdigest()
    return found


def _loaded(root: Path) -> set[str]:
    names = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {name for name in names if name and name.startswith(str(root)) and "site-packages" not in name}


def _contents(name: str) -> bytes:
    """A digest of a file, of nothing where it cannot be read."""
    try:
        return hashlib.sha256(Path(name).read_bytes()).digest()
    except OSError:
        return b""
