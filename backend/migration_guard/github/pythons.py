"""Which Python a project runs on."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import UsageError

PYTHONS = ("3.13", "3.12", "3.11", "3.10")  # newest first: those that the guard is tested on
_LATER = tuple(f"3.{minor}" for minor in range(14, 30))  # oldest first, for a project that allows none of those
_VALUE = r"""\s*=\s*["']([^"'\n]*)["']"""
_REQUIRES = (
    re.compile(rf"^\s*requires-python{_VALUE}", re.MULTILINE),
    re.compile(
        rf"^\[tool\.\w+\.dependencies\][^\n]*\n(?:(?!\s*\[)[^\n]*\n)*?\s*python{_VALUE}", re.MULTILINE
    ),  # Poetry
)
_CLAUSE = re.compile(r"(?P<sign>>=|<=|==|!=|~=|>|<|\^|~|=)?\s*(?P<version>\d+(?:\.\d+)*)(?P<any>\.\*)?")


def python_of(folder: Path, top: Path, asked: str = "") -> str:
    """The version of Python to set up: as asked for, of .python-version, else the newest that the project allows.

    Raises UsageError where the project allows none that the guard runs on.
    """
    if asked:
        return asked
    chain = [each for each in (folder, *folder.parents) if each.is_relative_to(top)]
    for each in chain:
        pinned = re.match(r"\s*(?:cpython-)?(3\.\d+(?:\.\d+)?)\s*$", text_of(each / ".python-version"))
        if pinned:
            return pinned[1]
    for each in chain:
        file = each / "pyproject.toml"
        text = text_of(file)
        if wanted := next((found for form in _REQUIRES if (found := form.search(text))), None):
            fits = next((version for version in (*PYTHONS, *_LATER) if allows(wanted[1], version)), None)
            if fits is None:
                raise UsageError(
                    f"{file.relative_to(top).as_posix()} requires Python {wanted[1]!r}, and the guard runs on "
                    f"{PYTHONS[-1]} and later",
                    f"give the input python-version, or allow {PYTHONS[-1]} or a later one",
                )
            return fits
    return PYTHONS[0]


def allows(specifier: str, version: str) -> bool:
    """Whether `requires-python`, or Poetry's `python`, allows a minor version such as "3.12"."""
    return any(
        all(_holds(clause, version) for clause in re.split(r"[,\s]+(?=[<>=!~^\d])", either.strip()) if clause.strip())
        for either in specifier.split("||")
    )


def _holds(clause: str, version: str) -> bool:
    found = _CLAUSE.match(clause.strip().rstrip(","))
    if found is None:
        return True
    bound, have = _numbers(found["version"]), _numbers(version)
    sign = found["sign"] or "=="
    short = bound[:2]  # "<3.13.1" lets 3.13 stand; patches are the runner's affair
    if sign in ("==", "="):
        return have[: len(short)] == short
    if sign == "!=":
        return have[: len(short)] != short or len(bound) > 2
    if sign in ("^", "~=", "~"):
        # ~= leaves the last number that is given free, ^ everything but the first, ~ all but two.
        same = 1 if sign == "^" or (sign == "~=" and len(bound) == 2) else min(2, len(bound))
        return have >= short and have[:same] == bound[:same]
    return {
        ">=": have >= short,
        ">": have > short or (len(bound) > 2 and have == short),
        "<=": have <= short,
        "<": have < short or (len(bound) > 2 and any(bound[2:]) and have == short),
    }[sign]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def text_of(file: Path) -> str:
    """What a file says; nothing where there is none."""
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
