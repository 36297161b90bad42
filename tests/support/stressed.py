"""A made-up market of several years, and runs on it of every kind of strategy, cut at a session and whole."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from markets import MemorySource, make_series, nyse, random_bars

from data.arrays import Dates
from data.errors import DataError
from data.events import make_events
from data.sources import KINDS, Source, Thing
from engine.config import RunConfig
from engine.loading import build_config

DATES = nyse("2012-01-03", 900)
STRATEGIES = '''
from dataclasses import dataclass
import backtrader
import numpy as np
from backtest import CloseStrategy, Strategy


@dataclass
class Reads(Strategy):
    """Reads another instrument, a series that is known late, volatility and a schedule."""

    def intensity(self, market):
        level, vix, rate = market.total_return("OTHER"), market.series("VIX"), market.series("RATE")
        held = np.isin(market.sessions, market.events("meetings").dates)
        below = level < np.concatenate((np.full(20, np.inf), level[:-20]))
        return np.where((below & (vix > 18.0)) | held | (rate > 2.6), 1.0, 0.0)


@dataclass
class Closing(CloseStrategy):
    """Keeps what it saw."""

    seen: int = 0

    def on_close(self, view, book):
        self.seen += 1
        level = view.total_return()
        if len(level) < 30:
            return 0.0
        return 0.15 if level[-1] < level[-30:].mean() or self.seen % 97 == 0 else book.hedge_weight * 0.5


class Guest(backtrader.Strategy):
    def next(self):
        core, fund = self.datas[0], self.datas[-1]
        if len(self) == 1:
            self.order_target_percent(core, 0.8)
        if len(self) % 40 == 0:
            self.order_target_percent(fund, 0.1)
        if len(self) % 40 == 15:
            self.order_target_percent(fund, 0.0)
'''


@cache
def whole() -> MemorySource:
    """Return a source of a core, its -3x fund, another asset and what signals read."""
    rng = np.random.default_rng(11)
    core = random_bars("CORE", DATES, rng)
    bars = {"CORE": core, "FUND": random_bars("FUND", DATES, rng, follows=core, beta=-3.0)}
    bars |= {"OTHER": random_bars("OTHER", DATES, rng, follows=core, beta=1.2)}
    vix = 18.0 + 4.0 * np.sin(np.arange(900) / 20.0) + rng.normal(size=900)
    rate = 2.0 + np.cumsum(rng.normal(scale=0.02, size=900))
    series = {"VIX": make_series("VIX", DATES, vix), "RATE": make_series("RATE", DATES, rate, lag=1)}
    events = {"meetings": make_events("meetings", DATES[15::30])}
    return MemorySource(bars, series, events)


def up_to(last: np.datetime64) -> MemorySource:
    """Return the source as it was at a session: schedules whole, as they are read in hindsight."""
    full = whole()
    return MemorySource(
        {name: bars.up_to(last) for name, bars in full.held_bars.items()},
        {name: series.up_to(last) for name, series in full.held_series.items()},
        full.held_events,
    )


def run_config(folder: Path, named: str = "Reads", *settings: str) -> RunConfig:
    """Return a run of one of `STRATEGIES`, whose file is written into a folder."""
    (folder / "mine.py").write_text(STRATEGIES)
    tree = {
        "name": "stressed",
        "start": str(DATES[150]),
        "strategy": {"class": f"{folder / 'mine.py'}:{named}"},
        "portfolio": {"core": {"CORE": 1.0}},
        "hedge": {"instrument": "FUND", "underlying": "CORE", "weight": 0.15, "rebalance": "weekly"},
        "execution": {"cash_rate": "RATE"},
        "data": {"accept": ["FUND-dividends"]},
    }
    return build_config(tree, list(settings))


def things_of(source: Source) -> dict[str, Thing]:
    """Return all that a source holds, as a scenario of one's own takes it."""
    found = dict[str, Thing]()
    for kind in KINDS:
        for name in source.names(kind):
            try:
                found[f"{kind}/{name}"] = source.read(kind, name)
            except DataError:
                continue
    return found


def sessions_after(row: int, count: int) -> Dates:
    """Return some sessions from a row on."""
    return DATES[row : row + count]
