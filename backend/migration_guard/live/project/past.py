"""Modules of the project as another branch has them, beside those of the working tree in one process."""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from sqlalchemy import Table

from .installed import is_own


class Past:
    """What that branch has. `texts` are the modules that differ, by absolute path; without any there is no past."""

    def __init__(self, root: Path, texts: Mapping[str, str]) -> None:
        self._root = os.path.realpath(root) + os.sep
        self._texts = {os.path.realpath(path): text for path, text in texts.items()}
        self._files: dict[str, str] = {}  # module -> its file
        self._uses: dict[str, frozenset[str]] = {}  # module -> the project's modules that it imports
        self._made: dict[str, ModuleType] = {}

    def __bool__(self) -> bool:
        return bool(self._texts)

    def text(self, file: str) -> str:
        """What that branch has in a file: where it does not differ, the file itself."""
        known = self._texts.get(os.path.realpath(file))
        return known if known is not None else importlib.util.decode_source(Path(file).read_bytes())

    def file(self, module: str) -> str:
        """A module's file, from the project's root."""
        return os.path.relpath(self._files[module], self._root)

    def behind(self, text: str) -> frozenset[str]:
        """The modules that code needs anew, so that it meets the past: those that differ, and those that lead there."""
        if not self._texts:
            return frozenset()
        waiting, direct = [*self._imported(text, "")], self._imported(text, "")
        while waiting:
            name = waiting.pop()
            if name not in self._uses:
                self._uses[name] = self._imported(self.text(self._files[name]), _package(name, self._files[name]))
                waiting += self._uses[name]
        anew = {name for name in self._uses if self._files[name] in self._texts}
        while more := {name for name, uses in self._uses.items() if uses & anew} - anew:
            anew |= more
        return frozenset(anew & self._from(direct))

    def clash(self, modules: frozenset[str]) -> str | None:
        """The file of a module that makes tables: a second one of it would make them again. None where none does."""
        for name in sorted(modules):
            values = list(vars(sys.modules[name]).values()) if name in sys.modules else []
            if any(isinstance(value, Table) or _is_mapped(value, name) for value in values):
                return self.file(name)
        return None

    @contextmanager
    def there(self, modules: frozenset[str]) -> Iterator[None]:
        """Until left, importing one of these modules gives that of the past. Code that has imported one keeps it."""
        if not modules:
            yield
            return
        now = {name: sys.modules.pop(name) for name in modules if name in sys.modules}
        parents = {name: _parent(name) for name in modules}
        attributes = {
            name: vars(parent).pop(own) for name, (parent, own) in parents.items() if parent and own in vars(parent)
        }
        finder = _Finder(self, modules)
        for name in modules & self._made.keys():
            _put(name, self._made[name])
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            for name in modules:
                if name in sys.modules:
                    self._made[name] = sys.modules.pop(name)
                parent, own = parents[name]
                if parent:
                    vars(parent).pop(own, None)
                    vars(parent).update({own: attributes[name]} if name in attributes else {})
            sys.modules.update(now)

    def spec(self, name: str) -> ModuleSpec | None:
        """How to load a module of the past."""
        file = self._files[name]
        folders = [str(Path(file).parent)] if file.endswith("__init__.py") else None
        loader = _Text(self.text(file), file)
        return importlib.util.spec_from_file_location(name, file, loader=loader, submodule_search_locations=folders)

    def _from(self, modules: frozenset[str]) -> set[str]:
        """These modules and all that they lead to."""
        found: set[str] = set()
        waiting = [*modules]
        while waiting:
            if (name := waiting.pop()) not in found:
                found.add(name)
                waiting += self._uses[name]
        return found

    def _imported(self, text: str, package: str) -> frozenset[str]:
        """The project's modules that code imports by name, at its top or later."""
        try:
            nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
        except (SyntaxError, ValueError, RecursionError):
            return frozenset()
        names: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            else:
                start = package.rsplit(".", node.level - 1)[0] if node.level else ""
                whole = ".".join(filter(None, (start, node.module)))
                names.update([whole, *(f"{whole}.{alias.name}" for alias in node.names)])
        return frozenset(name for name in names if name and self._is_ours(name))

    def _is_ours(self, name: str) -> bool:
        if name not in self._files:
            file = getattr(sys.modules.get(name), "__file__", None)
            real = os.path.realpath(file) if file else self._only_there(name)
            if real is None or not is_own(real, self._root):
                return False
            self._files[name] = real
        return self._files[name].endswith(".py")

    def _only_there(self, name: str) -> str | None:
        """The file of a module that is not loaded, as the working tree may not have it any more."""
        for folder in sys.path:
            path = Path(os.path.realpath(folder), *name.split("."))
            for file in (f"{path}.py", str(path / "__init__.py")):
                if file in self._texts:
                    return file
        return None


class _Finder(MetaPathFinder):
    def __init__(self, past: Past, modules: frozenset[str]) -> None:
        self._past = past
        self._modules = modules

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """The spec of a module of the past; None for any other."""
        return self._past.spec(fullname) if fullname in self._modules else None


class _Text(Loader):
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file

    def exec_module(self, module: ModuleType) -> None:
        """Run the text as the module."""
        exec(compile(self._text, self._file, "exec", dont_inherit=True), vars(module))  # noqa: S102 - as importing its file does


def _package(name: str, file: str) -> str:
    return name if file.endswith("__init__.py") else name.rpartition(".")[0]


def _parent(name: str) -> tuple[ModuleType | None, str]:
    parent, _, own = name.rpartition(".")
    return sys.modules.get(parent), own


def _put(name: str, module: ModuleType) -> None:
    sys.modules[name] = module
    parent, own = _parent(name)
    if parent is not None:
        setattr(parent, own, module)


def _is_mapped(value: object, module: str) -> bool:
    """Whether a class of this module has a table."""
    return isinstance(value, type) and value.__module__ == module and "__table__" in vars(value)
