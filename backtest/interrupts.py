"""Ctrl-C and SIGTERM end the command with status 130, whatever code they come upon."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from data.files import GATE

INTERRUPTED = 130
INTERRUPTION = "interrupted: nothing was left half-written"
GRACE = 3.0
"""Seconds in which the command may clean up; a library that swallows the interrupt would go on for ever."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn a signal into SystemExit with status 130, at most `GRACE` seconds after it; ignore signals from then on.

    It is for the last thing that a process does. A signal raises KeyboardInterrupt, so that what is at work cleans up,
    and closes the `GATE` of files. Code that swallows that exception, as a bare ``except`` in a library does, or that
    makes another one of it, can neither publish a file any more nor end otherwise.
    """
    _listen()
    try:
        try:
            yield
        finally:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
        GATE.check()
    except BaseException as error:
        if not GATE.closed and not isinstance(error, KeyboardInterrupt):
            raise
        if not (isinstance(error, SystemExit) and error.code == INTERRUPTED):  # then it has said so already
            with suppress(OSError, ValueError):  # nobody reads the error stream
                sys.stderr.write(f"{INTERRUPTION}\n")
        raise SystemExit(INTERRUPTED) from None


def _listen() -> None:
    """Have signals interrupt the command, but for one that it was started to ignore, as ``nohup`` does."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    others = sys.unraisablehook

    def raise_again(swallowed: sys.UnraisableHookArgs) -> None:
        """Interrupt once more where Python itself swallowed it: in a destructor or in a callback of C code."""
        if issubclass(swallowed.exc_type, KeyboardInterrupt):
            threading.Timer(0.01, _interrupt_again).start()  # now, it would be swallowed again
        else:
            others(swallowed)

    sys.unraisablehook = raise_again


def _interrupt_again() -> None:
    GATE.closed = False
    _thread.interrupt_main(signal.SIGTERM)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, once: a second signal must not break off the cleaning up."""
    if GATE.closed:
        return
    GATE.closed = True
    end = threading.Timer(GRACE, _end)
    end.daemon = True
    end.start()
    raise KeyboardInterrupt


def _end() -> None:
    """End the process as it stands, with its workers: files are written under other names, which are swept up later."""
    from multiprocessing import active_children

    for worker in active_children():
        worker.terminate()
    with suppress(OSError):
        os.write(2, f"{INTERRUPTION}\n".encode())
    os._exit(INTERRUPTED)
