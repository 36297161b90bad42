"""A user's class as if its file had never been loaded, and an ear for what the file reads past the market."""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import data
import engine
import strategies
from strategies.load import SHIPPED, strategy_class

ROOMS = tuple(f"{Path(room.__file__).parent}{os.sep}" for room in (data, strategies, engine) if room.__file__)
"""Folders of our own code: it keeps nothing from one market for another, and reads what the market is made of."""
_INSTALLED = [sysconfig.get_path(place) for place in ("stdlib", "platstdlib", "purelib", "platlib")]
LIBRARIES = tuple(
    dict.fromkeys(f"{made}{os.sep}" for one in (*_INSTALLED, *zoneinfo.TZPATH) for made in (one, Path(one).resolve()))
)
"""Folders of everybody's code, and of time zones."""
HEARD = {"open": 0, "sqlite3.connect": 0, "socket.connect": 1, "subprocess.Popen": 0}
"""Audit events that may bring something in from outside, and which of their arguments says what."""
CODE = (".py", ".pyc", ".so", ".pyd")


@contextmanager
def afresh(named: str) -> Iterator[type[Any]]:
    """Give a strategy's class with its module, and the modules beside it, executed anew.

    What they keep from an earlier market would hide that they look ahead. Afterwards all is as it was.
    """
    folder = _folder(named)
    before = {} if folder is None else _modules_below(folder, named)
    for name in before:
        del sys.modules[name]
    try:
        yield strategy_class(named)
    finally:
        if folder is not None:
            for name in _modules_below(folder, named):
                del sys.modules[name]
        sys.modules.update(before)


def _folder(named: str) -> str | None:
    """Return the folder of a user's strategy; None for one of ours, which keeps nothing."""
    place = named.rpartition(":")[0]
    if named in SHIPPED or not place:
        return None
    if place.endswith(".py"):
        return f"{Path(place).resolve().parent}{os.sep}"
    spec = importlib.util.find_spec(place)
    if spec is None or spec.origin is None or spec.origin.startswith(ROOMS):
        return None
    return f"{Path(spec.origin).resolve().parent}{os.sep}"


def _modules_below(folder: str, named: str) -> dict[str, Any]:
    """Return the strategy's module and those whose code lies beside it, but for ours and for installed libraries."""
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.startswith(folder) or name == "__main__":
            continue
        kept = name != named.rpartition(":")[0] and file.startswith(
            (*ROOMS, *(place for place in LIBRARIES if place.startswith(folder)))
        )
        if not kept and file.endswith(".py"):
            found[name] = module
    return found


@dataclass
class Ear:
    """Hears, while it listens, what code that is neither ours nor a library's opens."""

    heard: list[str] | None = None

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """Collect what is opened meanwhile, each once, in order."""
        found = self.heard = list[str]()
        try:
            yield found
        finally:
            self.heard = None

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an audit event."""
        if self.heard is None or event not in HEARD or len(arguments) <= HEARD[event]:
            return
        what = arguments[HEARD[event]]
        if event == "open" and not _is_read(what, arguments):
            return
        told = os.fsdecode(what) if isinstance(what, bytes | os.PathLike) else str(what)
        if told not in self.heard and _is_theirs(sys._getframe(1)):  # noqa: SLF001  # an audit hook is told no caller
            self.heard.append(told)


@cache
def ear() -> Ear:
    """Return the process's ear. An audit hook can't be taken off again, so there is one."""
    made = Ear()
    sys.addaudithook(made)
    return made


def _is_read(what: Any, arguments: tuple[Any, ...]) -> bool:
    """Say whether an opened file is read, and is no code."""
    if not isinstance(what, str | bytes | os.PathLike):
        return False  # a number: it was opened before
    path = os.path.abspath(os.fsdecode(what))  # noqa: PTH100  # resolving would ask the disk
    mode = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], str) else "r"
    return not path.endswith(CODE) and not path.startswith(LIBRARIES) and ("r" in mode or "+" in mode)


def _is_theirs(frame: FrameType | None) -> bool:
    """Say whether it is a user's code that opens it: the innermost that is no library's isn't ours."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(ROOMS):
            return False
        if not file.startswith(("<", *LIBRARIES)):
            return True
        frame = frame.f_back
    return False
