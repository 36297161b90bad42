"""Files that are never half-written, and folders that two processes don't write at once."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a folder's lock, which its process can't outlive; raises BlockingIOError where another has it."""
    with locked_by_file(folder, wait=wait) if os.name == "nt" else _locked_itself(folder, wait=wait):
        yield


@contextmanager
def _locked_itself(folder: Path, *, wait: bool) -> Iterator[None]:
    import fcntl  # not on Windows

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


@contextmanager
def locked_by_file(folder: Path, *, wait: bool) -> Iterator[None]:
    """Hold a lock as on Windows, which opens no folder: that of a file named after it, among the user's temporary ones.

    Not inside the folder, which couldn't be renamed meanwhile.
    """
    from filelock import FileLock, Timeout

    place = folder.resolve(strict=True)
    name = hashlib.sha256(os.path.normcase(place).encode()).hexdigest()[:32]
    lock = FileLock(Path(tempfile.gettempdir()) / f"hedge-backtest-{name}.lock")
    try:
        lock.acquire(blocking=wait)
    except Timeout:
        raise BlockingIOError(f"{folder}: another process has it") from None
    try:
        yield
    finally:
        lock.release()


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file under a temporary name beside `path`, then rename it; a fault leaves nothing behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writing = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        write(writing)
        writing.replace(path)
    finally:
        writing.unlink(missing_ok=True)
