"""What a release has to agree on: `python -m maintenance.release TAG FILE` checks the tag and writes the notes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


class NotReady(Exception):
    """The release cannot be made; the second argument says what to do first."""


def version(source: str) -> str:
    """The version in the package's `__init__.py`."""
    found = re.search(r'^__version__ = "([^"]+)"$', source, re.MULTILINE)
    if found is None:
        raise NotReady("backend/migration_guard/__init__.py holds no __version__", "put it there")
    return found[1]


def agreed(tag: str, version: str) -> None:
    """Raises NotReady where the tag is not that of the version."""
    if tag != f"v{version}":
        raise NotReady(
            f"the tag is {tag or 'empty'}, and the package says {version}",
            f"set __version__ first, or tag v{version}",
        )


def notes(changelog: str, version: str) -> str:
    """The section of the changelog on this version, without its heading, which may end in a date.

    Raises NotReady where there is none, or nothing in it.
    """
    sections = re.split(r"^## +", changelog, flags=re.MULTILINE)[1:]
    for section in sections:
        heading, _, body = section.partition("\n")
        if heading.split()[:1] == [version]:
            if not re.search(r"^- ", body, re.MULTILINE):
                raise NotReady(f"the changelog says nothing under {version}", "write what changed for its reader")
            return body.strip() + "\n"
    raise NotReady(f"the changelog has no section {version}", f"name the section Unreleased: ## {version} - <the day>")


def main(tag: str, file: Path) -> int:
    """Write the notes to a file; 1 where tag, version and changelog do not agree."""
    try:
        ours = version((ROOT / "backend" / "migration_guard" / "__init__.py").read_text(encoding="utf-8"))
        agreed(tag, ours)
        text = notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), ours)
    except NotReady as error:
        message, hint = error.args
        print(f"error: {message}\n  Try: {hint}", file=sys.stderr)
        return 1
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    print(f"{tag} is ready: {len(text.splitlines())} lines of notes in {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
