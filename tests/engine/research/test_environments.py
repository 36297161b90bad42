"""Rows whose keys make other environments are what backtest run gives, whatever was kept of others before."""

import os

import numpy as np
import pytest
from history import FOLDER, needs_history

from backtest import load_config, run
from data.errors import UserError
from data.sources.csv import CsvSource
from data.sources.wrapped import KeptSource
from engine.analytics.measure import COMPARABLE, NUMBERS
from engine.research.cache import Cache, Recent
from engine.research.compute import Timer, compute
from engine.research.grid import grid_of, with_values

ROWS = int(os.environ.get("BACKTEST_VERIFY_ROWS", "8"))
CHUNK, ROOM = 16, 24
"""Rows computed together, and environments that are kept: those of a chunk push out those of the chunks before."""

SETTINGS = ["end=2026-08-21", "data.lag={VIX: 0}", "data.accept=[SOXL-follows]"]  # SOXL: any other fund does
AXES = [
    "start=2013-01-02,2016-01-04,2019-01-02,2021-06-01,2023-01-03",
    "data.lag.VIX=0,1,40",
    "hedge.instrument=SOXS,SOXL",
    "portfolio.core={SOXX: 1},{SOXX: 0.6, SMH: 0.4}",
    "execution.slippage_bps=0,30",
    "hedge.funding=sell_core,cash_buffer",
    "over=60,240",  # the fastest: whatever world comes after another asks for the same signals
    "hedge.sizing=fixed,beta",
]


def by_itself(config, source):
    """Return a row's metrics by backtest run, and why it failed."""
    try:
        return run(config.model_copy(update={"controls": "off"}), source).figures, ""
    except UserError as fault:
        return {}, str(fault)


@needs_history
def test_rows_of_many_worlds_are_what_backtest_run_gives():
    config, source = load_config("hedge_soxs_series.yaml", SETTINGS, FOLDER), KeptSource(CsvSource(FOLDER))
    grid = grid_of(config, AXES, ROWS, 1)
    made = Cache(config, grid, source)
    made._kept |= {kind: Recent(ROOM) for kind in ("market", "environment")}
    parts = [compute(made, first, first + CHUNK, 2, Timer()) for first in range(0, ROWS, CHUNK)]
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    for row, places in enumerate(grid.indices(0, ROWS)):
        values = {axis.keys: axis.values[place] for axis, place in zip(grid.axes, places, strict=True)}
        metrics, failed = by_itself(with_values(config, values), source)
        assert table["failed"][row] == failed, values
        for name in NUMBERS if metrics else ():
            assert table[name][row] == pytest.approx(metrics[name], rel=1e-9), (name, values)
        for name in COMPARABLE if metrics else ():
            above = metrics[name] - metrics["controls"]["unhedged"][name]
            assert table[f"{name}_vs_unhedged"][row] == pytest.approx(above, rel=1e-9, abs=1e-12), (name, values)
