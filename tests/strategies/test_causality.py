"""No shipped strategy looks ahead: later bars and later values change no earlier intensity by a bit."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from causal import assert_same_bits
from markets import ROLES, make_series, nyse, random_bars, source_of

from data.events import Events, Members
from data.market import load_market
from data.sources.wrapped import KeptSource
from strategies import Strategy
from strategies.load import SHIPPED, strategy_class

DATES = nyse("2018-01-02", 160)
FIRST = 40
EMPTY = np.full(len(DATES), "")
CALENDARS = ("fomc_dates", "cpi_release_dates")
QUICK = {
    "WeaknessHedge": [{"trend_days": 10, "volatility_floor": 0.2}],
    "ValuationHedge": [
        {"trend_days": 10, "lookback": 25, "stretched": 0.7, "memory": 8, "turn_days": 5},
        {"valuation": "PE", "lookback": 25, "stretched": 0.7, "memory": 8, "turn_days": 5},
    ],
    "VolatilityHedge": [
        {"volatility_days": 5, "year": 25, "top": 0.7, "vix_curve": False},
        {"volatility_days": 5, "year": 25, "top": 0.7},
    ],
    "FatigueHedge": [{"trend_days": 10, "stretched": 0.5, "rsi_days": 4, "overbought": 55, "memory": 8}],
    "VolumeHedge": [{"volume_days": 10, "surge": 0.6, "memory": 3, "trend_days": 6}],
    "BreadthHedge": [
        {"trend_days": 10, "few": 0.3, "low_days": 25, "lows": 0.4},
        {"members": "chips", "trend_days": 10, "few": 0.3, "low_days": 25, "lows": 0.4},
    ],
    "LeadershipHedge": [{"leader_days": 10, "behind": 0.02, "memory": 5, "trend_days": 6}],
    "RotationHedge": [{"days": 10, "behind": 0.02}],
    "RatesHedge": [{"days": 5, "rise": 2.0, "memory": 3, "trend_days": 6}],
    "CalendarHedge": [{"days": 4, "trend_days": 6}],
    "SeriesHedge": [
        {"series": "PE", "over": 25, "threshold": 0.8, "memory": 2, "trend_days": 6},
        {"series": "PE", "by": "change", "over": 5, "threshold": -2, "high": False, "memory": 2, "trend_days": 6},
    ],
    "CompositeHedge": [
        {
            "combine": "votes",
            "enough": 2,
            "signals": {
                "a": {"signal": "moving_average_gap", "days": 6, "below": 0, "within": 3},
                "b": {"signal": "yang_zhang", "days": 6, "percentile_over": 30, "at_least": 0.6, "release": 0.4},
                "c": {"signal": "average_correlation", "days": 10, "zscore_over": 20, "above": 0.5},
                "d": {"signal": "series_ratio", "series": "VIX", "against": "VIX3M", "above": 1},
            },
        }
    ],
}
"""Each strategy with windows short enough to switch often on a short history."""
CASES = [(name, given) for name, asked in QUICK.items() for given in asked]
EVERY = pytest.mark.parametrize(("name", "given"), CASES, ids=str)


@lru_cache
def made_up():
    rng = np.random.default_rng(11)
    core = random_bars("CORE", DATES, rng)
    series = [make_series(name, DATES, rng.uniform(15, 25, len(DATES))) for name in ("PE", "VIX", "VIX3M", "TNX")]
    others = [random_bars(name, DATES, rng) for name in ("SPY", "XLP", "XLU", "XLV", "AMD", "MU", "TXN", "ADI", "KLAC")]
    events = [Events(name, DATES[k::21], EMPTY[k::21], EMPTY[k::21]) for k, name in enumerate(CALENDARS, start=3)]
    since = np.array([DATES[30], *[np.datetime64("NaT", "D")] * 4])
    chips = Members(
        "chips", np.array(["AMD", "MU", "TXN", "ADI", "KLAC"]), since, np.full(5, np.datetime64("NaT", "D"))
    )
    fund = random_bars("FUND", DATES, rng, follows=core, beta=-3.0)
    return source_of(core, fund, *series, *others, *events, chips)


def intensity(strategy, source, end=None):
    return strategy.intensity(load_market(KeptSource(source, {"VIX": 1, "PE": 2}), ROLES, DATES[FIRST], end))


def spoilt(source, row):
    """Return a source whose bars and series are other ones from that row on."""
    late = np.arange(len(DATES)) >= row
    bars = {
        name: replace(
            one,
            **{
                column: np.where(late, getattr(one, column) * 1.7, getattr(one, column))
                for column in ("open", "high", "low", "close", "volume")
            },
        )
        for name, one in source.held_bars.items()
    }
    series = {
        name: replace(one, values=np.where(late, one.values[::-1] + 3, one.values))
        for name, one in source.held_series.items()
    }
    return replace(source, held_bars=bars, held_series=series)


def test_every_shipped_strategy_is_asked():
    assert set(QUICK) == set(SHIPPED)


@EVERY
def test_it_gives_an_intensity_for_every_session_and_switches(name, given):
    found = intensity(strategy_class(name)(**given), made_up())
    assert found.shape == (len(DATES),)
    assert found.dtype == np.float64
    assert set(found) == {0.0, 1.0}
    assert np.count_nonzero(np.diff(found[FIRST:])) >= 5


@EVERY
def test_a_market_cut_short_gives_the_prefix_of_the_whole(name, given):
    strategy = strategy_class(name)(**given)
    whole = intensity(strategy, made_up())
    for last in range(FIRST + 1, len(DATES)):
        assert_same_bits(intensity(strategy, made_up(), DATES[last]), whole[: last + 1])


@EVERY
def test_other_bars_and_values_later_change_nothing_before(name, given):
    strategy = strategy_class(name)(**given)
    whole = intensity(strategy, made_up())
    for row in range(FIRST, len(DATES), 7):
        assert_same_bits(intensity(strategy, spoilt(made_up(), row))[:row], whole[:row])


def test_a_strategy_that_looked_ahead_would_be_found():
    """The tests above can fail: tomorrow's return is seen by both."""

    class Prophet(Strategy):
        def __post_init__(self):
            pass

        def intensity(self, market):
            level = market.total_return()
            return np.append(level[1:] < level[:-1], [False]).astype(float)

    whole = intensity(Prophet(), made_up())
    cut = [intensity(Prophet(), made_up(), DATES[last]) for last in range(FIRST + 1, len(DATES))]
    assert any(one.tobytes() != whole[: len(one)].tobytes() for one in cut)
    assert any(
        intensity(Prophet(), spoilt(made_up(), row))[row - 1] != whole[row - 1] for row in range(FIRST, len(DATES), 7)
    )
