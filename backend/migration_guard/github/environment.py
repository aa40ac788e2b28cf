"""How a project is installed so that its env.py and models import: by uv, Poetry or pip, as its files say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import UsageError
from .pythons import text_of

Tool = Literal["uv", "poetry", "pip", "none"]
_TABLE = re.compile(r"^\s*\[\s*([\w.\" -]+?)\s*\]", re.MULTILINE)
_FILES = (
    "uv.lock",
    "poetry.lock",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    ".python-version",
)


# What other tools read -> how they write a requirements.txt; None where they install more than pip can.
_OTHERS = {
    "Pipfile": "pipenv requirements > requirements.txt",
    "pdm.lock": "pdm export --output requirements.txt",
    "pixi.toml": None,
    "environment.yml": None,
}


@dataclass(frozen=True)
class Environment:
    """What installs a project, and in which folder."""

    tool: Tool
    folder: Path
    requirements: bool = False  # pip: its requirements.txt
    package: bool = False  # pip: the folder itself

    @property
    def says(self) -> str:
        """What is done, for the log: "by uv, as uv.lock says"."""
        if self.tool != "pip":
            return "the guard alone" if self.tool == "none" else f"by {self.tool}, as its lock file says"
        what = [*(["requirements.txt"] if self.requirements else []), *(["the project itself"] if self.package else [])]
        return f"by pip: {' and '.join(what) or 'nothing but what `requirements` asks for'}"


def environment_of(folder: Path, top: Path, asked: str = "auto") -> Environment:
    """How to install the project in a folder of a checkout: the nearest folder that says how, up to the top.

    `asked` is a tool that the workflow names, or "auto". Raises UsageError where that tool finds nothing to install.
    """
    if asked == "none":
        return Environment("none", folder)
    chain = [each for each in (folder, *folder.parents) if each.is_relative_to(top)]
    for each in chain:
        found = _in(each, chain)
        if found is not None and asked in ("auto", found.tool):
            return found
        if asked == "uv" and "project" in _tables(each):
            return Environment("uv", each)
        if asked == "pip" and (plain := _by_pip(each)):
            return plain
    if asked in ("uv", "poetry"):
        raise UsageError(
            f"the input install is {asked}, and no {asked}.lock or pyproject.toml of it is in {folder.name} or above",
            "give install: auto, or the folder of the project as working-directory",
        )
    return Environment("pip", folder)


def passed_over(environment: Environment, top: Path) -> str:
    """What is said of a file for another tool that stands beside what pip installs; nothing where there is none."""
    if environment.tool != "pip":
        return ""
    chain = [each for each in (environment.folder, *environment.folder.parents) if each.is_relative_to(top)]
    for name, export in _OTHERS.items():
        if not environment.requirements and any((each / name).is_file() for each in chain):
            instead = "name what env.py and the models import in the input requirements"
            return f"{name} is not read: {instead}{f', or commit what `{export}` writes' if export else ''}"
    return ""


def key_of(environment: Environment, top: Path, *more: str) -> str:
    """What a kept environment is found by again: equal where nothing that decides what it holds has changed."""
    digest = hashlib.sha256(repr(more).encode())
    chain = [each for each in (environment.folder, *environment.folder.parents) if each.is_relative_to(top)]
    for each in chain:
        for file in sorted(
            [*map(each.joinpath, _FILES), *each.glob("*requirements*.txt"), *each.glob("requirements/*")]
        ):
            if file.is_file():
                digest.update(f"\0{file.relative_to(top).as_posix()}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:32]


def source_key(backend: Path) -> str:
    """The guard's own source as a word that changes with it."""
    digest = hashlib.sha256()
    for file in sorted([*backend.rglob("*.py"), backend.parent / "pyproject.toml"]):
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()[:32]


def _in(folder: Path, chain: list[Path]) -> Environment | None:
    tables = _tables(folder)
    if (folder / "uv.lock").is_file():
        return Environment("uv", folder)
    if (folder / "poetry.lock").is_file():
        return Environment("poetry", folder)
    if "project" in tables and any(
        (above / "uv.lock").is_file() and "tool.uv.workspace" in _tables(above)
        for above in chain
        if folder.is_relative_to(above)
    ):
        return Environment("uv", folder)  # a member of a workspace, whose lock file stands at its top
    if "tool.poetry" in tables and not _has_requirements(folder) and "project" not in tables:
        return Environment("poetry", folder)
    return _by_pip(folder)


def _by_pip(folder: Path) -> Environment | None:
    package = bool({"project", "tool.poetry"} & _tables(folder)) or any(
        (folder / name).is_file() for name in ("setup.py", "setup.cfg")
    )
    requirements = _has_requirements(folder)
    return Environment("pip", folder, requirements, package) if package or requirements else None


def _has_requirements(folder: Path) -> bool:
    return (folder / "requirements.txt").is_file()


def _tables(folder: Path) -> set[str]:
    return {name.replace('"', "").replace(" ", "") for name in _TABLE.findall(text_of(folder / "pyproject.toml"))}


def commands(
    environment: Environment, python: Path, tools: Path, guard: list[str], extra: list[str]
) -> Iterator[list[str]]:
    """The commands that install a project into the environment of `python`, the guard beside it; run in its folder.

    `tools` is the Python that uv or Poetry are installed for. `guard` and `extra` are arguments of pip.
    """
    if environment.tool == "uv":
        uv = [str(tools), "-m", "uv"]
        yield [str(tools), "-m", "pip", "install", "--quiet", "uv"]
        # What the lock file does not name stays: the guard is put beside the project afterwards.
        yield [*uv, "sync", "--quiet", "--inexact", *(["--frozen"] if _locked(environment.folder) else [])]
        yield [*uv, "pip", "install", "--quiet", "--python", str(python), *guard, *extra]
        return
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if environment.tool == "poetry":
        yield [str(tools), "-m", "pip", "install", "--quiet", "poetry"]
        yield [str(tools), "-m", "poetry", "install", "--no-interaction", "--no-ansi"]
        yield [*pip, *guard, *extra]
        return
    project = [*(["-r", "requirements.txt"] if environment.requirements else [])]
    project += ["-e", "."] if environment.package and not any(word.startswith(".") for word in extra) else []
    yield [*pip, *project, *guard, *extra]  # in one go, so that pip finds versions that suit all


def _locked(folder: Path) -> bool:
    return any((each / "uv.lock").is_file() for each in (folder, *folder.parents))
