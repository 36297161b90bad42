"""A made-up run that is followed: its world, cut at a close, and calls at a clock of the test's own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from markets import nyse
from worlds import WARM_UP, World, _signal, _walk, configured

from data.bars import Bars
from data.series import Series
from engine.config import RunConfig
from engine.follow.follow import Followed, follow
from engine.follow.log import LOG

COUNT = 400
SESSIONS = nyse("2018-01-02", COUNT)
FIRST = 360
"""The session of the first call: 331 of the run's, of which a safe share of the core can be told."""
LATER = 80
"""The first session of a run with options, which read 63 before it."""
TOLD = {"strategy.class": "told_signal:ToldSignal", "controls": "off", "start": str(SESSIONS[WARM_UP])}


@dataclass(frozen=True)
class RealWorld(World):
    """A source in memory that counts as real."""

    name = "made up for a test"
    simulated = False


@cache
def world(seed: int = 3, *, events: bool = True, simulated: bool = False) -> World:
    """Make AAA, BBB and the fund HHH at -3x AAA, SPY and VIX for options, a rate, and a signal in stretches."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(0.0, 0.012, (COUNT, 2, 3))
    moves[:, :, 2] = np.maximum(-3.0 * moves[:, :, 0] + rng.normal(0.0, 0.001, (COUNT, 2)), -0.6)
    bars = {
        name: _walk(name, SESSIONS, moves[:, 0, i], moves[:, 1, i], rng, events=events)
        for i, name in enumerate(("AAA", "BBB", "HHH"))
    }
    bars["SPY"] = replace(bars["BBB"], instrument="SPY")
    rate, signal = rng.uniform(0.0, 5.0, COUNT), np.nan_to_num(_signal(rng, COUNT))
    series = {"RATE": rate, "SIGNAL": signal, "VIX": 20.0 + 10.0 * rng.random(COUNT)}
    series = {name: Series(name, SESSIONS, values) for name, values in series.items()}
    return (World if simulated else RealWorld)(bars, series)


def cut(of: World, last: int) -> World:
    """The same world as it is at the close of a session."""
    until = SESSIONS[last]
    bars = {name: one.up_to(until) for name, one in of.bars_by_name.items()}
    return type(of)(bars, {name: one.up_to(until) for name, one in of.series_by_name.items()})


def restated(of: World, instrument: str, row: int, **columns: float) -> World:
    """The same world in which a vendor has restated a bar."""
    bars = of.bars_by_name[instrument]
    held = {name: getattr(bars, name).copy() for name in columns}
    for name, value in columns.items():
        held[name][row] = value
    return type(of)({**of.bars_by_name, instrument: replace(bars, **held)}, of.series_by_name)


def without(of: World, row: int) -> World:
    """The same world in which a session's bars are gone."""
    bars: dict[str, Bars] = {name: one.rows(np.arange(len(one)) != row) for name, one in of.bars_by_name.items()}
    return type(of)(bars, of.series_by_name)


def evening(row: int) -> dt.datetime:
    """The evening of a session, when its bar is there."""
    return dt.datetime.combine(SESSIONS[row].item(), dt.time(22, 30), dt.UTC)


def config(**keys: Any) -> RunConfig:
    """The run; dotted keys are written with two underscores for the dot."""
    return configured(TOLD | {name.replace("__", "."): value for name, value in keys.items()})


def call(out: Path, row: int, of: World | None = None, now: dt.datetime | None = None, **keys: Any) -> Followed:
    """Call it on the world as it is at the close of a session, that evening unless another time is given."""
    return follow(config(**keys), out, cut(of or world(), row), now or evening(row))


def log_of(out: Path) -> Path:
    """The log of the one run that is followed in a folder."""
    (folder,) = out.iterdir()
    return folder / LOG
