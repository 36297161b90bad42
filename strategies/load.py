"""Finding a strategy by the name a run gives it: a shipped class, ``module:Class`` or ``file.py:Class``."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import inspect
import io
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from data.errors import StrategyError, did_you_mean
from data.version import ROOMS as NAMES
from strategies.base import CloseStrategy, Strategy
from strategies.reload import OWN, ROOMS, execute, own_modules, texts

SHIPPED = {
    "WeaknessHedge": "strategies.weakness",
    "FatigueHedge": "strategies.shipped",
    "ValuationHedge": "strategies.valuation",
    "VolatilityHedge": "strategies.volatility",
    "VolumeHedge": "strategies.shipped",
    "BreadthHedge": "strategies.shipped",
    "LeadershipHedge": "strategies.shipped",
    "RotationHedge": "strategies.shipped",
    "RatesHedge": "strategies.shipped",
    "CalendarHedge": "strategies.shipped",
    "SeriesHedge": "strategies.shipped",
    "CompositeHedge": "strategies.composite",
}
RUNS = Path(__file__).parent
"""The folder of the runs that ship."""


def strategy_class(named: str, folders: tuple[Path, ...] = ()) -> type[Any]:
    """Return the class a run names, to look at: what is asked comes from `fresh`.

    Parameters
    ----------
    named
        ``WeaknessHedge``, ``package.module:Class`` or ``my_hedge.py:MyHedge``.
    folders
        Where a file is looked for, in this order.

    Raises
    ------
    StrategyError
        There is no such class, its file fails, or it is no strategy; with the line in the user's file.
    """
    if ":" not in named:
        if named not in SHIPPED:
            hint = did_you_mean(named, SHIPPED) or f": {', '.join(SHIPPED)} ship"
            raise StrategyError(
                f"there is no strategy {named}{hint}; a class of your own is file.py:Class or module:Class"
            )
        return getattr(_module_of(named, folders), named)
    place, _, name = named.rpartition(":")
    return _class_in(_module_of(named, folders), place, name)


@contextmanager
def fresh(named: str) -> Iterator[type[Any]]:
    """Give the class a run names as if its file had just been loaded, and what it imports from beside it.

    Whatever it keeps in its module, on the class or beside them begins anew. Afterwards the process's modules are as
    they were. Nothing is loaded again of what ships: it keeps nothing.

    Parameters
    ----------
    named
        As for `strategy_class`.

    Raises
    ------
    StrategyError
        As `strategy_class` raises it.
    """
    looked_at = strategy_class(named)
    root = _root(named)
    if root is None:
        yield looked_at
        return
    place, _, name = named.rpartition(":")
    with own_modules(root, place):
        with redirect_stdout(io.StringIO()):  # what it prints while it is loaded was seen when it was looked at
            module = _executed(_found(place, ())) if place.endswith(".py") else _named_module(place)
        yield _class_in(module, place, name)


def full_name(named: str, folders: tuple[Path, ...]) -> str:
    """Return a class's name with its file's path in full, by which it is found from any folder."""
    place, colon, name = named.rpartition(":")
    return f"{_found(place, folders)}{colon}{name}" if place.endswith(".py") else named


def kind(cls: type) -> str:
    """Return a class's kind: ``intensity``, ``on_close`` or ``backtrader``; raises StrategyError for any other."""
    if issubclass(cls, Strategy):
        return "intensity"
    if issubclass(cls, CloseStrategy):
        return "on_close"
    if any(base.__module__.partition(".")[0] == "backtrader" and base.__name__ == "Strategy" for base in cls.__mro__):
        return "backtrader"
    raise StrategyError(f"{cls.__name__} is no strategy: derive it from Strategy, CloseStrategy or backtrader.Strategy")


def source_hash(named: str) -> str:
    """Return the hash of a user's code, by which ids know it.

    That is the file which a run names, the one that defines its class, and what these import from beside them. Raises
    StrategyError where there is no file.
    """
    modules = (_module_of(named), sys.modules.get(strategy_class(named).__module__))
    paths = {file for module in modules if (file := getattr(module, "__file__", None))}
    if not paths:
        raise StrategyError(f"strategy.class {named} has no file by which a run is known: name it file.py:Class")
    files = sorted({file for path in paths for file in files_of(Path(path))})
    return hashlib.sha256(b"".join(texts().text(str(file)) for file in files)).hexdigest()


def files_of(path: Path) -> list[Path]:
    """Return a file and the files beside it that it imports, and those that they import, sorted.

    Imports are found in the text, wherever they stand in it; ours and installed libraries are left out.
    """
    root, found, left = _outermost(path), set[Path](), [path]
    while left:
        file = left.pop()
        if file not in found:
            found.add(file)
            left += _imported(file, root)
    return sorted(found)


def raised_in(error: BaseException, path: str | None) -> bool:
    """Return whether an error came up in the user's file, or in what it called."""
    return any(frame.filename == path for frame in traceback.extract_tb(error.__traceback__))


def fault_in(error: BaseException, path: str | None) -> str:
    """Return ``"my_hedge.py:7: ZeroDivisionError: ..."`` for an error in the user's file, innermost line there."""
    message = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    if path is None:
        return message
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        message, lines = f"{type(error).__name__}: {error.msg}", [error.lineno]
    return f"{Path(path).name}:{lines[-1]}: {message}" if lines else f"{Path(path).name}: {message}"


def _module_of(named: str, folders: tuple[Path, ...] = ()) -> ModuleType:
    """Return the module that a run names, which may have its class from another."""
    place = SHIPPED.get(named) or named.rpartition(":")[0]
    return _file_module(place, folders) if place.endswith(".py") else _named_module(place)


def _named_module(place: str) -> ModuleType:
    try:
        return importlib.import_module(place)
    except ImportError as error:
        raise StrategyError(
            f"module {place} can't be imported: {error}: give an installed module, or file.py:Class"
        ) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's module does wrong
        raise StrategyError(f"module {place} fails: {fault_in(error, None)}") from None


def _file_module(place: str, folders: tuple[Path, ...]) -> ModuleType:
    """Return a user's file as a module of its own, run unless it was already."""
    path = _found(place, folders)
    name = _module_name(path)
    if name in sys.modules:
        return sys.modules[name]
    with own_modules(f"{path.parent}{os.sep}"):
        return _executed(path)


def _executed(path: Path) -> ModuleType:
    try:
        return execute(str(path), _module_name(path))
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's file does wrong
        raise StrategyError(fault_in(error, str(path))) from None


def _module_name(path: Path) -> str:
    return f"{OWN}{hashlib.sha256(str(path).encode() + texts().text(str(path))).hexdigest()[:16]}"


def _class_in(module: ModuleType, place: str, name: str) -> type[Any]:
    found = getattr(module, name, None)
    if not inspect.isclass(found):
        classes = [key for key, value in vars(module).items() if inspect.isclass(value)]
        raise StrategyError(f"{place} has no class {name}{did_you_mean(name, classes)}")
    kind(found)
    return found


def _root(named: str) -> str | None:
    """Return the folder of a user's code, a package's whole; None for ours, and for what has no file to load anew."""
    place = named.rpartition(":")[0]
    if place.endswith(".py"):
        return f"{_found(place, ()).parent}{os.sep}"
    if not place or place == "__main__":
        return None
    spec = importlib.util.find_spec(place.partition(".")[0])
    own = importlib.util.find_spec(place)
    if spec is None or own is None or not own.has_location or (own.origin or "").startswith(ROOMS):
        return None
    folder = next(iter(spec.submodule_search_locations or ()), None) or Path(spec.origin or "").parent
    return f"{folder}{os.sep}"


def _found(place: str, folders: tuple[Path, ...]) -> Path:
    tried = [folder / place for folder in folders] or [Path(place)]
    for path in tried:
        if path.is_file():
            return path.resolve()
    near = did_you_mean(tried[0].name, [path.name for path in tried[0].parent.glob("*.py")])
    raise StrategyError(f"{tried[0]}: no such file{near}: strategy.class names it")


def _outermost(path: Path) -> Path:
    """Return the folder from which a file's own imports are found: that which holds its outermost package."""
    folder = path.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _imported(path: Path, root: Path) -> Iterator[Path]:
    if {"site-packages", "dist-packages"} & set(root.parts):
        return
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # it fails when it is imported, and says why
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _modules(root, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            above = path.parents[node.level - 1] if node.level else root
            inside = node.module.split(".") if node.module else []
            for alias in node.names:
                yield from _modules(above, [*inside, alias.name])


def _modules(folder: Path, names: list[str]) -> Iterator[Path]:
    """Yield the files of a dotted name, and of the packages around it, as far as they lie in a folder."""
    if names[0] in NAMES:
        return
    for count in range(1, len(names) + 1):
        place = folder.joinpath(*names[:count])
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if file.is_file():
                yield file
