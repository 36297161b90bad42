"""What was read of a file of the same bytes before: columns as arrays, which a run needn't parse and check again.

They lie in the user's cache by the hash of all that they are made of, the code included. What a file is refused for is
never kept: it is found anew each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.bars import COLUMNS, Bars
from data.cache import user_cache
from data.series import Series
from data.sources import BARS, SERIES, Held, Kind, typed
from data.version import made_by

LIBRARIES = ("numpy", "pandas", "pandera", "exchange_calendars")
"""That read and check files."""
FOLDER, MOST = "files", 256
"""How their folder begins, one for each code that makes them, and how many it has: 250 KB each for 4,000 sessions."""
VERSIONS = 3
"""Folders that are kept, those last written to: two versions of this code may be used in turn."""
DAYS, NUMBERS = np.dtype("<M8[D]"), np.dtype("<f8")

Column = npt.NDArray[Any]


def read_once(kind: Kind[Held], name: str, files: Sequence[Path], read: Callable[[], Held]) -> Held:
    """Return a history that is read of files, or what was read of the same bytes before.

    Parameters
    ----------
    kind, name
        `BARS` or `SERIES`; others are read each time.
    files
        All that `read` reads; each may be absent.
    read
        Reads and checks them. What it raises is raised.
    """
    key = _key(kind, name, files) if kind in (BARS, SERIES) else None
    if key is None:
        return read()
    kept = user_cache().read(key)
    before = None if kept is None else _unpacked(kind, name, kept)
    if before is not None:
        return typed(kind, before)
    held = read()
    packed = _packed(held)
    if packed is not None and _key(kind, name, files) == key:  # nobody wrote to them meanwhile
        user_cache().keep_few(key, packed, MOST, settled=3600.0)
        user_cache().drop_older(FOLDER, VERSIONS)
    return held


def _key(kind: str, name: str, files: Sequence[Path]) -> str | None:
    """Return the name in the cache; None where a file can't be read, which `read` tells."""
    digest = hashlib.sha256(f"{kind}/{name}".encode())
    for path in files:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            digest.update(b"absent")
            continue
        except OSError:
            return None
        digest.update(f"{len(content)} ".encode())
        digest.update(content)
    return f"{FOLDER}-{_maker()}/{digest.hexdigest()[:32]}"


@lru_cache(maxsize=1)
def _maker() -> str:
    return hashlib.sha256(made_by(LIBRARIES).encode()).hexdigest()[:16]


def _packed(held: Any) -> bytes | None:
    """Return columns one behind the other, their number first; None of what they can't hold."""
    columns: list[Column]
    if isinstance(held, Bars):
        columns = [held.dates, *(getattr(held, name) for name in COLUMNS)]
    elif isinstance(held, Series) and held.prices is None and held.lag == Series.lag:
        columns = [held.dates, held.values, *(() if held.known is None else (held.known,))]
    else:
        return None
    days = [0] if isinstance(held, Bars) else [0, 2]
    if any(column.dtype != (DAYS if i in days else NUMBERS) for i, column in enumerate(columns)):
        return None
    return np.int64(len(columns)).tobytes() + b"".join(column.tobytes() for column in columns)


def _unpacked(kind: str, name: str, packed: bytes) -> Bars | Series | None:
    """Return what was packed; None where it isn't of that kind."""
    count, numbers = int(np.frombuffer(packed, np.int64, 1)[0]), np.frombuffer(packed, NUMBERS)[1:]
    columns = [column.copy() for column in numbers.reshape(count, -1)]
    dates = columns[0].view(DAYS)
    if kind == BARS and count == len(COLUMNS) + 1:
        return Bars(name, dates, *columns[1:])
    if kind == SERIES and count in (2, 3):
        return Series(name, dates, columns[1], columns[2].view(DAYS) if count == 3 else None)
    return None
