"""No shipped strategy looks ahead: later bars and later values change no earlier intensity by a bit."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from causal import assert_same_bits
from markets import ROLES, make_series, nyse, random_bars, source_of

from data.market import load_market
from strategies import Strategy
from strategies.load import SHIPPED, strategy_class

DATES = nyse("2018-01-02", 160)
FIRST = 40
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
}
"""Each strategy with windows short enough to switch often on a short history."""
CASES = [(name, given) for name, asked in QUICK.items() for given in asked]
EVERY = pytest.mark.parametrize(("name", "given"), CASES, ids=str)


@lru_cache
def made_up():
    rng = np.random.default_rng(11)
    core = random_bars("CORE", DATES, rng)
    series = [make_series(name, DATES, rng.uniform(15, 25, len(DATES))) for name in ("PE", "VIX", "VIX3M")]
    return source_of(core, random_bars("FUND", DATES, rng, follows=core, beta=-3.0), *series)


def intensity(strategy, source, end=None):
    return strategy.intensity(load_market(source, ROLES, DATES[FIRST], end, lags={"VIX": 1, "PE": 2}))


def spoilt(source, row):
    """Return a source whose bars and series are other ones from that row on."""
    late = np.arange(len(DATES)) >= row
    bars = {
        name: replace(
            one,
            **{
                column: np.where(late, getattr(one, column) * 1.7, getattr(one, column))
                for column in ("open", "high", "low", "close")
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
