"""Copies of the house, which read the kernels compiled for this one: compiling takes ten seconds a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("data", "strategies", "engine", "reports", "backtest")


def copy_house(to: Path) -> Path:
    """Copy our packages, and what a wheel is built with."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, to / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, to)
    return to
