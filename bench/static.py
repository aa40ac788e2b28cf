"""The budgets of the reading side, measured: `nox -s bench`.

`python bench/static.py [--revisions N] [--json FILE]`, with migration-guard, alembic, ruff, zdm and alembic-guard
installed beside the Python that runs it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import history
from timing import Line, as_json, medians, peak_megabytes, table

PASS = [sys.executable, "-c", "pass"]


def program(name: str) -> str:
    """The path of a program that is installed beside this Python."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        sys.exit(f"{name} is not installed beside {sys.executable}: run `nox -s bench`")
    return found


class Edit:
    """Edits of one revision, each of them another than those before."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._text = file.read_text(encoding="utf-8")
        self._number = 0

    def comment(self) -> None:
        """A comment that is new."""
        self._number += 1
        self._file.write_text(f"{self._text}# edited for the {self._number}th time\n", encoding="utf-8")

    def operation(self) -> None:
        """An operation that is new."""
        self._number += 1
        start, upgrade, rest = self._text.partition("def upgrade() -> None:\n")
        new = f'    op.add_column("edited", sa.Column("edit_{self._number}", sa.Integer()))\n'
        self._file.write_text(start + upgrade + new + rest, encoding="utf-8")


def in_git(folder: Path, *arguments: str) -> None:
    """Run git there."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def measured(folder: Path, revisions: int) -> list[Line]:
    """Every budget of the section "static" on generated histories of these many revisions and of ten times as many."""
    small = history.write(folder / "small", revisions)
    guard = [program("migration-guard")]
    alembic, ruff = program("alembic"), program("ruff")
    changed = max((small / "alembic" / "versions").glob("*.py"))
    edit = Edit(changed)
    in_git(small, "init", "-q", ".")
    in_git(small, "add", ".")
    in_git(small, "-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "-q", "-m", "chore: start")
    subprocess.run([*guard, "check"], cwd=small, stdout=subprocess.DEVNULL, check=False)
    hook = [*guard, "check", str(changed)]
    no_cache = [*guard, "check", "--no-cache", "--jobs", "1"]

    def stage() -> None:
        edit.operation()
        in_git(small, "add", str(changed))

    took = medians(
        {
            "pass": PASS,
            "hook": hook,
            "graph": [*guard, "heads"],
            "alembic heads": [alembic, "heads"],
            "all": no_cache,
            "all, two": [*guard, "check", "--no-cache", "--jobs", "2"],
            "zdm": [program("zdm"), "alembic/versions"],
            "alembic-guard": [program("alembic-guard"), "alembic/versions"],
            "ruff": [ruff, "check", "--isolated", "--no-cache", "--quiet", "alembic/versions"],
        },
        small,
        before={"hook": edit.comment},
    )
    # By themselves: after them, a comment would find other facts than those of the run before.
    changing = {"operation": hook, "staged": [*guard, "check", "--staged", "--changed"]}
    took |= medians(changing, small, before={"operation": edit.operation, "staged": stage})
    lines = [
        Line("commit hook, one changed file, others known", took["hook"], "python -c pass", took["pass"], 3.5),
        Line("the same, an operation is new in it", took["operation"], "python -c pass", took["pass"], 3.5),
        Line("the same, as pre-commit runs it on what is staged", took["staged"], "python -c pass", took["pass"], 3.5),
        Line("graph and heads, nothing cached", took["graph"], "python -c pass", took["pass"], 6),
        Line("graph and heads, nothing cached", took["graph"], "alembic heads", took["alembic heads"], 1 / 18),
        Line("all rules, two processes", took["all, two"], "zdm", took["zdm"], 1.2),
        Line("all rules, one process", took["all"], "alembic-guard", took["alembic-guard"], 1),
        Line("all rules, one process", took["all"], "ruff", took["ruff"], 20),
    ]
    large = history.write(folder / "large", 10 * revisions)
    grown = medians({"all": no_cache}, large, rounds=3)
    lines.append(Line("growth to ten times the revisions", grown["all"], "all rules", took["all"], 11))
    memory = peak_megabytes(no_cache, large)
    beside = peak_megabytes([ruff, "check", "--isolated", "--no-cache", "--quiet", "alembic/versions"], large)
    lines.append(Line(f"memory at {10 * revisions} revisions", memory, "80 MB", 80, 1, "MB"))
    lines.append(Line(f"memory at {10 * revisions} revisions", memory, "ruff", beside, 80 / 87, "MB"))
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--revisions", type=int, default=1000)
    options.add_argument("--json", type=Path, metavar="FILE")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        lines = measured(Path(folder), given.revisions)
    print(table(lines))
    if given.json:
        given.json.write_text(as_json(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
