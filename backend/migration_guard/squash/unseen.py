"""What squashed revisions do beside the schema and its rows, so that no comparison of two databases shows it gone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..facts import Migration

# Roles, settings of a database and of a server stand in no catalogue of one database; nor does a file's own header.
_BESIDE = re.compile(
    r"\b(?:CREATE|ALTER|DROP|COMMENT\s+ON)\s+(?:ROLE|USER(?!\s+MAPPING)|GROUP|DATABASE|SYSTEM|TABLESPACE|SUBSCRIPTION)\b"
    r"|\bSECURITY\s+LABEL\b|\bPRAGMA\s+(?:user_version|application_id|journal_mode|auto_vacuum|page_size|encoding)\s*=",
    re.IGNORECASE,
)
_MOVES = re.compile(r"\b(?:rename|replace|move|copy\w*|unlink|remove|rmtree|mkdir|makedirs|write_\w+|symlink)$")


def unseen(squashed: Iterable[Migration]) -> Iterator[str]:
    """A sentence for each such line, with its place."""
    for each in squashed:
        if each.upgrade is None:
            continue
        for op in each.upgrade.operations:
            if op.by_sql and (found := _BESIDE.search(op.source)):
                words = " ".join(found[0].split()).rstrip(" =")
                yield f"{op.at.path}:{op.at.line} says {words}, which belongs to no schema"
        for use in each.upgrade.uses:
            if use.kind == "network" or (use.kind == "files" and _MOVES.search(use.name)):
                what = "talks to another machine" if use.kind == "network" else "changes files"
                yield f"{use.at.path}:{use.at.line} {what} ({use.name})"
