"""The version of the whole distribution, and of the code as it stands."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

VERSION = "0.2.0"
PROGRAM = f"hedge-backtest {VERSION}"
"""What read a thing that is kept, where no library did."""
ROOMS = ("data", "strategies", "engine", "reports", "backtest")


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return the version and a hash of every module of ours, so that a run's id knows which code made it."""
    digest = hashlib.sha256()
    house = Path(__file__).resolve().parent.parent
    for room in ROOMS:
        for path in sorted((house / room).rglob("*.py")):
            digest.update(path.relative_to(house).as_posix().encode())
            digest.update(path.read_bytes())
    return f"{VERSION}+{digest.hexdigest()[:12]}"


def made_by(libraries: Iterable[str]) -> str:
    """Return what code makes a thing, by which it may be kept: ours as it stands, Python's and the libraries' version.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        A library isn't installed.
    """
    from importlib.metadata import version  # which --help must not pay

    return " ".join((code_version(), sys.version, *(f"{name} {version(name)}" for name in libraries)))
