"""A user's strategy as if its file had just been loaded: what it keeps of one run must not reach the next."""

from __future__ import annotations

import sys
import sysconfig
import threading
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from os import sep
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from data.version import ROOMS as NAMES

ROOMS = tuple(f"{Path(__file__).parent.parent / name}{sep}" for name in NAMES)
"""Folders of our own code: it keeps nothing from one run for another."""
_INSTALLED = [sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")]
LIBRARIES = tuple(
    dict.fromkeys(
        f"{path}{sep}" for folder in (*_INSTALLED, *zoneinfo.TZPATH) for path in (folder, Path(folder).resolve())
    )
)
"""Folders of everybody's code, and of time zones."""
OWN = "_strategy_"
"""How the name begins under which a user's file is a module."""
_STAYS: dict[str, Any] = {}
"""Modules of ours and of libraries, thousands: each loading passes them over."""
LOCK = threading.RLock()
"""Modules are the process's: one strategy at a time has its own among them."""
_OPEN: list[str] = []
"""The folders of strategies that are being asked, the innermost last: a hedge's own is asked within the run's."""


@dataclass
class Texts:
    """Files of users' code, each read and compiled once: what is edited while something runs isn't mixed into it."""

    read: dict[str, bytes] = field(default_factory=dict)
    warned: dict[str, dict[Any, Any]] = field(default_factory=dict)
    _compiled: dict[str, CodeType] = field(default_factory=dict)

    def text(self, path: str) -> bytes:
        """Return a file's bytes as they were when it was first read; raises OSError."""
        if path not in self.read:
            self.read[path] = Path(path).read_bytes()
        return self.read[path]

    def code(self, path: str) -> CodeType:
        """Return a file compiled; raises OSError or SyntaxError."""
        if path not in self._compiled:
            self._compiled[path] = compile(self.text(path), path, "exec", dont_inherit=True)
        return self._compiled[path]

    def take(self, read: Mapping[str, bytes]) -> None:
        """Forget what was read and take what somebody else read; with nothing, all of it is read again."""
        self.read = dict(read)
        self._compiled.clear()


@cache
def texts() -> Texts:
    """Return the process's texts: they are read again when a config is loaded."""
    return Texts()


@contextmanager
def own_modules(root: str, *names: str) -> Iterator[None]:
    """Import what lies in a folder anew, behind all that is installed; afterwards the modules are as they were.

    Parameters
    ----------
    root
        The folder, which ends with a separator. What the code within adds to the import path counts as in it.
    names
        Modules that are imported anew although they are installed.
    """
    with LOCK:
        path, finder = [*sys.path], _Beside()
        roots = (root, *(f"{folder}{sep}" for folder in path if folder and _real(folder) == _real(root)))
        others = [other for other in _OPEN if other not in roots]
        before = _below((*roots, *others), names, sys.modules)
        sys.path[:] = [folder for folder in path if f"{folder}{sep}" not in others]
        for name in before:
            del sys.modules[name]
        known = set(sys.modules)
        sys.meta_path.insert(_before_files(), finder)
        if root.removesuffix(sep) not in sys.path:
            sys.path.append(root.removesuffix(sep))
        _OPEN.append(root)
        try:
            yield
        finally:
            _OPEN.pop()
            added = tuple(f"{folder.rstrip(sep)}{sep}" for folder in sys.path if folder and folder not in path)
            sys.meta_path.remove(finder)
            sys.path[:] = path
            for name in _below((*roots, *added), names, set(sys.modules) - known):
                if not name.startswith(OWN):  # a class is known by its module: inspect asks for that
                    del sys.modules[name]
            sys.modules.update(before)


def is_users(path: str) -> bool:
    """Return whether a file is neither ours nor a library's."""
    return not path.startswith((*ROOMS, *LIBRARIES))


def execute(path: str, name: str) -> ModuleType:
    """Run a user's file as a module of a name; raises whatever it raises."""
    module = ModuleType(name)
    module.__file__ = path
    vars(module)["__warningregistry__"] = texts().warned.setdefault(path, {})  # a warning shows once, as of one module
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(texts().code(path), module.__dict__)  # noqa: S102  # by import, an old __pycache__ might run
    except BaseException:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
        raise
    return module


def _below(roots: tuple[str, ...], always: tuple[str, ...], names: Iterable[str]) -> dict[str, ModuleType]:
    """Return those of some modules that lie in folders, but for ours and for libraries installed there."""
    found, installed = {}, (*ROOMS, *_installed_in(roots))
    if all(map(is_users, roots)):  # else what stays may lie in them
        names = [name for name in tuple(names) if _STAYS.get(name) is not sys.modules[name] or name in always]
    for name in tuple(names):
        module = sys.modules[name]
        place = _place(name, module)
        if (place.startswith(roots) and not place.startswith(installed)) or name in always:
            found[name] = module
    found.pop("__main__", None)
    return found


def _place(name: str, module: Any) -> str:
    """Return where a module's code lies; of a folder without code, the folder; nothing for what isn't Python's."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        folders = getattr(module, "__path__", None)
        return f"{next(iter(folders), '')}{sep}" if folders is not None else ""
    place = file if file.endswith(".py") else ""
    if not is_users(file):
        _STAYS[name] = module
    return place


@cache
def _installed_in(roots: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folders of libraries that lie below others."""
    return tuple(library for library in LIBRARIES if library.startswith(roots))


@cache
def _real(folder: str) -> str:
    return str(Path(folder).resolve())


def _before_files() -> int:
    """Return the place among the finders of the one that looks through the import path."""
    return sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)


class _Beside(MetaPathFinder):
    """Gives users' modules by their text as it was first read."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return where a module is; None for any that isn't a user's."""
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader) or not is_users(spec.loader.path):
            return None
        folders = spec.submodule_search_locations
        loader = _ReadOnce(name, spec.loader.path)
        return spec_from_file_location(name, loader.path, loader=loader, submodule_search_locations=folders)


class _ReadOnce(SourceFileLoader):
    """Loads a module by the text that was first read."""

    def get_code(self, fullname: str) -> CodeType:
        """Return its code."""
        del fullname
        return texts().code(self.path)
