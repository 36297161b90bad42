"""Runs on the simulated market, kept without their pages."""

from __future__ import annotations

from pathlib import Path

from backtest import load_config, run, write_run
from engine.runs.read import KeptRun, read_run

SPAN = ("start=2019-01-02", "end=2020-06-30")
"""A year and a half of the simulated market."""


def keep(runs: Path, *settings: str) -> KeptRun:
    """Make a run and read it back from where it is kept."""
    result = run(load_config("hedge_soxs.yaml", [*SPAN, *settings]), engine="python")
    return read_run(write_run(result, runs, tearsheet=False, report=False))
