"""Ctrl-C and SIGTERM end the command with status 130, whatever code they come upon."""

from __future__ import annotations

import _thread
import atexit
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
ERRORS = 2
"""The error stream, which is written to past Python's buffers: whoever was interrupted may be holding their lock."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Have a signal end the process with status 130, at most `GRACE` seconds later; ignore signals at the end.

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
            _say_so()
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        with suppress(OSError):  # what libraries say of an exit in the midst of things
            os.dup2(os.open(os.devnull, os.O_WRONLY), ERRORS)
        raise SystemExit(INTERRUPTED) from None


def _listen() -> None:
    """Have signals interrupt the command, but for one that it was started to ignore, as ``nohup`` does."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    atexit.register(_leave)
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


def _say_so() -> None:
    with suppress(OSError):  # nobody reads it
        os.write(ERRORS, f"{INTERRUPTION}\n".encode())


def _leave() -> None:
    """Leave an interrupted process after all that libraries do at its exit, with the status that it was given.

    Python itself would kill it by SIGINT where the interrupt came through an ``exec`` of text, caught or not.
    """
    if GATE.closed:
        os._exit(INTERRUPTED)


def _end() -> None:
    """End the process as it stands, with its workers: files are written under other names, which are swept up later."""
    from multiprocessing import active_children

    for worker in active_children():
        worker.terminate()
    _say_so()
    os._exit(INTERRUPTED)
