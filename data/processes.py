"""Processes started beside ours: none runs the user's script again, nor does Ctrl-C reach one."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

STARTING = threading.Lock()
"""Held while a process is started: one thread at a time hides the script."""


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C doesn't reach, not even while they import: what there is to say, the parent says."""
    if os.name == "nt":
        yield
        return
    from multiprocessing import resource_tracker  # not on Windows

    resource_tracker.ensure_running()  # while it is started, it would let signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # one that came meanwhile is ours


@contextmanager
def without_main() -> Iterator[None]:
    """Start processes that don't run the user's script again, as they otherwise would first: none of ours needs it.

    A script would need an ``if __name__ == "__main__":`` around all it does. What a process is told of the script, it
    is told while it is started, by what stands in `sys.modules`.
    """
    with STARTING, without_interrupts():
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
