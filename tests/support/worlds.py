"""Made-up markets for engine tests: a core, a -3x fund, splits, dividends, gaps, a few dozen sessions, some missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import currently_in_test_context, reject
from hypothesis import strategies as st

from data.arrays import Dates, Floats
from data.bars import Bars
from data.calendar import nyse_sessions
from data.errors import DataError
from data.market import Market, load_market
from data.series import Series
from data.sources import BARS, SERIES, Held, Kind
from engine.config import RunConfig
from engine.loading import build_config
from engine.setup import Setup, prepare, roles_of

WARM_UP = 30
LOOKBACK = 10
CORES = {"one": {"AAA": 1.0}, "two": {"AAA": 0.6, "BBB": 0.4}, "three": {"BBB": 0.5, "CCC": 0.3, "DDD": 0.2}}


@dataclass(frozen=True)
class World:
    """A source in memory."""

    bars_by_name: Mapping[str, Bars]
    series_by_name: Mapping[str, Series] = field(default_factory=dict)

    name = "made up for a test"
    simulated = True

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        return tuple(self._held(kind))

    def read(self, kind: Kind[Held], name: str) -> Held:
        held: Held = self._held(kind)[name]
        return held

    def _held(self, kind: str) -> Mapping[str, Any]:
        return {BARS: self.bars_by_name, SERIES: self.series_by_name}.get(kind, {})


def settings() -> st.SearchStrategy[dict[str, Any]]:
    """Draw every field that design.md's rules of money know, as dotted keys."""
    hold = st.sampled_from([(0, None), (0, 4), (3, None), (2, 6)])
    levels = st.sampled_from([(0.5, 0.5), (0.7, 0.3), (0.4, 0.0)])
    return st.fixed_dictionaries(
        {
            "portfolio.core": st.sampled_from(list(CORES.values())),
            "portfolio.dividends": st.sampled_from(["reinvest", "cash"]),
            "portfolio.rebalance": st.sampled_from(["never", "never", "daily", "weekly", "monthly"]),
            "portfolio.cash": st.sampled_from([1_000.0, 100_000.0]),
            "hedge.weight": st.sampled_from([0.0, 0.1, 0.15, 0.4]),
            "hedge.max_weight": st.sampled_from([0.3, 1.0]),
            "hedge.sizing": st.sampled_from(
                ["fixed", "fixed", "proportional", "beta", "volatility_target", "minimum_variance"]
            ),
            "hedge.funding": st.sampled_from(["sell_core", "cash_buffer", "margin"]),
            "hedge.rebalance": st.sampled_from(["never", "daily", "weekly", "monthly", "band"]),
            "hedge.band": st.sampled_from([0.01, 0.05]),
            "execution.fill": st.sampled_from(["next_open", "next_close"]),
            "execution.shares": st.sampled_from(["fractional", "fractional", "whole"]),
            "execution.commission_bps": st.sampled_from([0.0, 1.0, 30.0]),
            "execution.slippage_bps": st.sampled_from([0.0, 2.0, 50.0]),
            "execution.commission_per_share": st.sampled_from([0.0, 0.005]),
            "execution.slippage_per_share": st.sampled_from([0.0, 0.01]),
            "execution.cash_rate": st.sampled_from([0.0, 0.05, -0.01, "RATE"]),
            "policy.confirm": st.sampled_from([1, 1, 2, 3]),
            "policy.cooldown": st.sampled_from([0, 0, 3]),
            "policy.stop_loss": st.sampled_from([None, None, 0.05]),
            "policy.take_profit": st.sampled_from([None, None, 0.08]),
            "hold": hold,
            "levels": levels,
        }
    ).map(_spread)


def _spread(drawn: dict[str, Any]) -> dict[str, Any]:
    least, most = drawn.pop("hold")
    enter, leave = drawn.pop("levels")
    return drawn | {"policy.min_hold": least, "policy.max_hold": most, "policy.enter": enter, "policy.exit": leave}


def configured(keys: Mapping[str, Any]) -> RunConfig:
    """Build a config for the made-up instruments from dotted keys."""
    tree: dict[str, Any] = {}
    defaults = {
        "hedge.instrument": "HHH",
        "hedge.underlying": "AAA",
        "hedge.lookback": LOOKBACK,
        "hedge.rebalance": "never",  # an order a switch, which is what most tests by hand follow
        "portfolio.core": CORES["one"],
        "execution.cash_rate": 0.0,
        "start": str(days()[WARM_UP]),
    }
    if "hedges" in keys:
        defaults = {key: value for key, value in defaults.items() if not key.startswith("hedge.")}
    for key, value in (defaults | dict(keys)).items():
        node = tree
        *sections, last = key.split(".")
        for section in sections:
            node = node.setdefault(section, {})
        node[last] = value
    return build_config(tree)


def days(count: int = 100) -> Dates:
    """Return the first NYSE sessions of 2019."""
    return nyse_sessions(np.datetime64("2019-01-02"), np.datetime64("2019-12-31"))[:count]


def source(seed: int, sessions: int = 45, *, events: bool = True, missing: bool = True) -> World:
    """Make AAA, BBB, CCC, DDD and the fund HHH at -3x AAA, a rate and a signal; the same for the same seed."""
    rng = np.random.default_rng(seed)
    dates = days(WARM_UP + sessions)
    moves = rng.normal(0.0, 0.02, (len(dates), 2, 5)) + rng.normal(0.0, 0.02, (len(dates), 2, 1))
    moves[:, :, 4] = np.maximum(-3.0 * moves[:, :, 0] + rng.normal(0.0, 0.001, (len(dates), 2)), -0.6)
    bars = {
        name: _walk(name, dates, moves[:, 0, i], moves[:, 1, i], rng, events=events)
        for i, name in enumerate(("AAA", "BBB", "CCC", "DDD", "HHH"))
    }
    if missing:
        bars = {name: one.rows(_present(rng, len(dates))) for name, one in bars.items()}
    series = {
        "RATE": Series("RATE", dates, rng.uniform(-1.0, 6.0, len(dates))),
        "SIGNAL": Series("SIGNAL", dates, _signal(rng, len(dates))),
    }
    return World(bars, series)


def laid_out(keys: Mapping[str, Any], fed: World) -> Setup:
    """Lay a run out whose intensity is the series SIGNAL."""
    config = configured(keys)
    return prepared(config, market(config, fed), np.nan_to_num(market(config, fed).series("SIGNAL")))


def prepared(config: RunConfig, laid: Market, signals: Floats) -> Setup:
    """Lay a run out; a made-up price that has fallen below the costs of a share is refused, and is no case to try."""
    try:
        return prepare(config, laid, signals)
    except DataError as error:
        if "costs per share take all of its price" not in str(error) or not currently_in_test_context():
            raise
        reject()


def market(config: RunConfig, fed: World) -> Market:
    """Load a config's market."""
    return load_market(fed, roles_of(config), np.datetime64(config.start))


def _walk(name: str, dates: Dates, overnight: Floats, intraday: Floats, rng: Any, *, events: bool) -> Bars:
    """Walk a price through nights and days, with an odd split and dividend."""
    count = len(dates)
    split = (
        np.where(rng.random(count) < 0.05, rng.choice([0.1, 0.25, 1.5, 3.0], count), 1.0) if events else np.ones(count)
    )
    paid = np.where(rng.random(count) < 0.05, 0.01, 0.0) if events else np.zeros(count)
    opens, closes, dividends = np.empty(count), np.empty(count), np.empty(count)
    price = float(rng.uniform(5.0, 500.0))
    for t in range(count):
        price = price / split[t]
        dividends[t] = price * paid[t]
        opens[t] = (price - dividends[t]) * (1.0 + overnight[t])
        price = closes[t] = opens[t] * (1.0 + intraday[t])
    high, low = np.maximum(opens, closes) * 1.001, np.minimum(opens, closes) * 0.999
    return Bars(name, dates, opens, high, low, closes, rng.uniform(1e5, 1e6, count), dividends, split)


def _present(rng: Any, count: int) -> Any:
    """Leave out an odd session, never the first of the run."""
    present = rng.random(count) > 0.04
    present[WARM_UP] = True
    return present


def _signal(rng: Any, count: int) -> Floats:
    """Stretches of high and low intensity, with a few missing values."""
    level = np.repeat(rng.random(count), rng.integers(1, 6, count))[:count]
    return np.where(rng.random(count) < 0.02, np.nan, level)
