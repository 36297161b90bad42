"""Copies of the house, which read the kernels compiled for this one: compiling takes ten seconds a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numba.core.caching

from engine.kernel import compiled

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("data", "strategies", "engine", "reports", "backtest")


def copy_house(to: Path) -> Path:
    """Copy our packages, and what a wheel is built with."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, to / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, to)
    return to


@contextmanager
def shared_kernels(house: Path) -> Iterator[Path]:
    """Let a copy find our compiled code, which numba keeps by the path of each source's folder."""
    folder, subfolder = compiled._folder(), numba.core.caching.UserProvidedCacheLocator.get_suitable_cache_subpath
    links = []
    for room in {Path(source.__file__).parent for source in compiled.SOURCES}:
        ours, theirs = (folder / subfolder(str(place / "x.py")) for place in (room, house / room.relative_to(ROOT)))
        ours.mkdir(parents=True, exist_ok=True)
        theirs.symlink_to(ours, target_is_directory=True)
        links.append(theirs)
    yield house
    for link in links:
        link.unlink()
