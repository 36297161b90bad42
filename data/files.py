"""Files that are never half-written, checksums that show damage, folders that two processes don't write at once."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import LONGEST, UserError, cut

ABANDONED = 3600.0
"""A temporary file that nobody has written to for so many seconds has lost its writer."""

CHECKSUMS = "checksums.json"
"""The file that holds the checksums of a folder's other files."""


@dataclass
class Gate:
    """Where files pass that take their final name; it is closed when a command is interrupted."""

    closed: bool = False

    def check(self) -> None:
        """Raise KeyboardInterrupt where it is closed: something swallowed the first, and may have gone on with less."""
        if self.closed:
            raise KeyboardInterrupt


GATE = Gate()


def path_of(named: str) -> Path:
    """Return the path that somebody named, ``~`` put in; as it stands where that is nobody's home."""
    path = Path(named)
    with suppress(RuntimeError):
        return path.expanduser()
    return path


def absolute(named: str) -> Path:
    """Return `path_of` a name from the root on, its links followed; they stay where one leads to itself.

    Raises UserError where that isn't UTF-8, as the working folder may be.
    """
    path = path_of(named).absolute()
    with suppress(RuntimeError, OSError):  # up to Python 3.12, and from 3.13 on
        path = path.resolve()
    check_utf8(str(path))
    return path


def check_utf8(*named: str) -> None:
    """Raise UserError where a file or folder isn't UTF-8: kept runs, pages and JSON couldn't name it."""
    for each in named:
        try:
            each.encode()
        except UnicodeEncodeError:
            shown = cut(ascii(each), 4 * LONGEST)
            raise UserError(f"{shown} is not UTF-8: rename the file or folder, or type it again") from None


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
    import tempfile

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
    """Let `write` fill a file under a temporary name beside `path`, then rename it; an error leaves nothing behind."""
    if not path.name:  # of / and of .
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    writing = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        write(writing)
        replace_synced(writing, path)
    finally:
        writing.unlink(missing_ok=True)


def write_and_sweep_up(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file as `write_whole` does, and remove what killed processes left of earlier ones of its name.

    It looks at all that the folder holds: it is for the files that a person asks for, not for thousands of parts.
    """
    write_whole(path, write)
    left = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.tmp")
    for other in path.parent.iterdir():
        with suppress(OSError):  # another process was faster, or it isn't ours to remove
            if left.fullmatch(other.name) and time.time() - other.stat().st_mtime > ABANDONED:
                other.unlink()


def replace_synced(writing: Path, final: Path) -> None:
    """Rename a file, or a folder with its files, once its bytes are on the disk: a power cut leaves it whole or absent.

    A folder can only take a name that is free.
    """
    GATE.check()
    for path in [*writing.rglob("*"), writing]:
        _sync(path)
    writing.replace(final)
    _sync(final.parent)


def _sync(path: Path) -> None:
    if path.is_dir():
        if os.name == "nt":  # opens no folder, and needs no sync of one
            return
        handle = os.open(path, os.O_RDONLY)
    else:
        handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path, names: Iterable[str], more: Mapping[str, str] | None = None) -> None:
    """Write the checksums of a folder's files, by their names in it, and `more` as they are, into its `CHECKSUMS`."""
    held = {name: checksum(folder / name) for name in names} | dict(more or {})
    text = json.dumps(held, indent=2, sort_keys=True) + "\n"
    write_whole(folder / CHECKSUMS, lambda path: path.write_text(text, encoding="utf-8"))


def read_checksums(folder: Path) -> dict[str, Any] | None:
    """Return what a folder's `CHECKSUMS` holds, nothing where there is none; None where it can't be read."""
    try:
        held = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, OSError):
        return None
    return held if isinstance(held, dict) else None


def damaged(folder: Path, names: Iterable[str] | None = None, *, every: bool = False) -> str | None:
    """Return the first of a folder's files, of all unless some are named, that isn't what its checksum says.

    None where all are. The name of a folder in it stands for all files there that have a checksum. A file without a
    checksum counts as whole, unless `every` file has one; so does any in a folder without `CHECKSUMS`. A file that is
    gone counts as damaged where it has a checksum. Where the checksums themselves can't be read, it is `CHECKSUMS`
    that is returned.
    """
    held = read_checksums(folder)
    if held is None:
        return CHECKSUMS
    every = every and (folder / CHECKSUMS).is_file()
    asked = held if names is None else (own for name in names for own in _below(name, held))
    for name in asked:
        if (every or name in held) and not _is(folder / name, held.get(name)):
            return name
    return None


def _below(name: str, held: Iterable[str]) -> list[str]:
    """Return the names of a folder's files among others; the name itself where it is no folder's."""
    return [other for other in held if other.startswith(f"{name}/")] or [name]


def _is(path: Path, written: Any) -> bool:
    try:
        return path.is_file() and checksum(path) == written
    except OSError:
        return False
