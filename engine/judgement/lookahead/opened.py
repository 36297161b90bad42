"""An ear for what a user's strategy reads past the market."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import Any

from strategies.fresh import LIBRARIES, ROOMS

HEARD = {"open": 0, "sqlite3.connect": 0, "socket.connect": 1, "subprocess.Popen": 0}
"""Audit events that may bring something in from outside, and which of their arguments says what."""
CODE = (".py", ".pyc", ".so", ".pyd")


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
