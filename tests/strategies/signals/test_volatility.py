"""Volatilities against pandas and the papers' formulas in plain loops, by hand, by invariance and by simulation."""

from math import log, sqrt

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.volatility import (
    ewma_volatility,
    garman_klass,
    parkinson,
    realised_volatility,
    yang_zhang,
)

RNG = np.random.default_rng(8)
PATH = np.exp(np.cumsum(RNG.normal(0.0, 0.02, 300)))
OPEN = PATH * np.exp(RNG.normal(0.0, 0.01, 300))
HIGH = np.maximum(PATH, OPEN) * np.exp(RNG.uniform(0.0, 0.02, 300))
LOW = np.minimum(PATH, OPEN) / np.exp(RNG.uniform(0.0, 0.02, 300))
NAN = np.nan


# Close to close


def test_a_path_that_doubles_and_halves_by_hand():
    """Log returns +a, -a with a = ln 2: mean 0, variance 2a^2 / (2-1); then +a, 0: variance a^2 / 2."""
    a = np.log(2.0)
    expected = [np.nan, np.nan, np.sqrt(2.0) * a, np.sqrt(0.5) * a]
    np.testing.assert_allclose(realised_volatility(np.array([1.0, 2, 1, 1]), 2), np.sqrt(252) * np.array(expected))


@pytest.mark.parametrize("days", [2, 20, 63, 299, 300])
def test_it_is_pandas_rolling_standard_deviation_of_log_returns(days):
    peer = np.log(pd.Series(PATH)).diff().rolling(days).std() * 252**0.5
    np.testing.assert_allclose(realised_volatility(PATH, days), peer, rtol=1e-9)


@given(st.floats(0.01, 1000.0), st.floats(-0.01, 0.01))
@settings(max_examples=25, deadline=None)
def test_neither_the_price_s_scale_nor_its_drift_matters(scale, drift):
    drifted = scale * PATH * np.exp(drift * np.arange(300))
    np.testing.assert_allclose(realised_volatility(drifted, 20), realised_volatility(PATH, 20), rtol=1e-9)


# From bars


def test_a_parkinson_volatility_by_hand():
    """Ranges of ln 2 and of 2 ln 2."""
    found = parkinson(np.array([2.0, 4.0]), np.ones(2), 2)
    np.testing.assert_allclose(found, [NAN, sqrt(252 * (1 + 4) / 2 * log(2) ** 2 / (4 * log(2)))])


def test_a_garman_klass_volatility_by_hand():
    """Two sessions from 1 to 4 whose range goes from 1 to 4, then to 2: 1/2 * 4 ln2^2 - (2 ln 2 - 1) * 4 or 1 ln2^2."""
    one, closes = np.ones(2), np.array([4.0, 2.0])
    average = log(2) ** 2 * (4 * 0.5 - (2 * log(2) - 1) * (4 + 1) / 2)
    np.testing.assert_allclose(garman_klass(one, 4 * one, one, closes, 2), [NAN, sqrt(252 * average)])


@pytest.mark.parametrize("days", [2, 20, 60])
def test_a_yang_zhang_volatility_is_the_paper_s_formula(days):
    found = yang_zhang(OPEN, HIGH, LOW, PATH, days)
    assert np.isnan(found[:days]).all()
    for row in range(days, 300, 13):
        rows = range(row - days + 1, row + 1)
        o = [log(OPEN[i] / PATH[i - 1]) for i in rows]
        u, d, c = ([log(which[i] / OPEN[i]) for i in rows] for which in (HIGH, LOW, PATH))
        v_o, v_c = (sum((x - sum(xs) / days) ** 2 for x in xs) / (days - 1) for xs in (o, c))
        v_rs = sum(u[i] * (u[i] - c[i]) + d[i] * (d[i] - c[i]) for i in range(days)) / days
        k = 0.34 / (1.34 + (days + 1) / (days - 1))
        assert found[row] == pytest.approx(sqrt(252 * (v_o + k * v_c + (1 - k) * v_rs)), rel=1e-10)


def test_all_find_the_volatility_of_a_simulated_market():
    """A tenth of the day's variance comes overnight; in 500 steps a session a range is a little short of the whole."""
    sessions, steps, a_day = 1500, 500, 0.02
    rng = np.random.default_rng(9)
    overnight = rng.normal(0.0, a_day * sqrt(0.1), sessions)
    within = np.cumsum(rng.normal(0.0, a_day * sqrt(0.9 / steps), (sessions, steps)), axis=1)
    last = np.cumsum(overnight + within[:, -1])
    first = last - within[:, -1]
    closes, opens = np.exp(last), np.exp(first)
    highs = np.exp(first + np.maximum(within.max(axis=1), 0.0))
    lows = np.exp(first + np.minimum(within.min(axis=1), 0.0))
    whole, by_day, days = a_day * sqrt(252), a_day * sqrt(252 * 0.9), sessions - 1
    assert realised_volatility(closes, days)[-1] == pytest.approx(whole, rel=0.04)
    assert yang_zhang(opens, highs, lows, closes, days)[-1] == pytest.approx(whole, rel=0.04)
    assert ewma_volatility(closes, 1.0, days)[-1] == pytest.approx(whole, rel=0.04)
    assert parkinson(highs, lows, days)[-1] == pytest.approx(by_day, rel=0.04)
    assert garman_klass(opens, highs, lows, closes, days)[-1] == pytest.approx(by_day, rel=0.06)


def test_what_happens_overnight_is_in_yang_zhang_alone():
    """Every second night the price doubles, every other it halves; by day it stays."""
    path = np.array([1.0, 2.0] * 10)
    assert (parkinson(path, path, 5)[4:] == 0).all()
    assert (garman_klass(path, path, path, path, 5)[4:] == 0).all()
    moves = np.diff(np.log(path))
    assert yang_zhang(path, path, path, path, 5)[-1] == pytest.approx(sqrt(252 * moves[-5:].var(ddof=1)))


def test_closes_far_outside_of_their_bars_have_no_volatility_rather_than_an_imaginary_one():
    one = np.ones(5)
    assert np.isnan(garman_klass(one, one, one, 2 * one, 3)).all()
    assert np.isnan(yang_zhang(one, one * 1.0001, one, np.full(5, 1.5), 3)[:3]).all()


# Exponentially weighted


def test_an_exponentially_weighted_volatility_by_hand():
    """Log returns 1, then 2: (4 + 0.5 * 1) / 1.5."""
    found = ewma_volatility(np.exp([0.0, 1.0, 3.0]), 0.5, 2)
    np.testing.assert_allclose(found, [NAN, NAN, sqrt(252 * 4.5 / 1.5)])


@pytest.mark.parametrize(("decay", "days"), [(0.94, 150), (0.97, 20), (0.5, 7), (1.0, 21), (0.0, 3)])
def test_it_is_numpy_s_weighted_average_of_each_window(decay, days):
    squared, weights = np.diff(np.log(PATH)) ** 2, decay ** np.arange(days)[::-1]
    expected = [
        sqrt(252 * np.average(squared[row - days : row], weights=weights)) for row in range(days, len(squared) + 1)
    ]
    found = ewma_volatility(PATH, decay, days)
    assert np.isnan(found[:days]).all()
    np.testing.assert_allclose(found[days:], expected, rtol=1e-12)


def test_what_the_default_window_leaves_out_weighs_a_ten_thousandth():
    recursive = np.sqrt(252 * (np.log(pd.Series(PATH)).diff() ** 2).ewm(alpha=0.06).mean())
    found = ewma_volatility(PATH)
    assert 0.94**150 < 1e-4
    np.testing.assert_allclose(found[150:], recursive[150:], rtol=2e-4)
    assert np.abs(found[200:] / recursive[200:] - 1).max() > 1e-7


# All of them

SIGNALS = {
    "realised_volatility": (lambda o, h, low, c: realised_volatility(c, 20), 20),
    "parkinson": (lambda o, h, low, c: parkinson(h, low, 20), 19),
    "garman_klass": (lambda o, h, low, c: garman_klass(o, h, low, c, 20), 19),
    "yang_zhang": (lambda o, h, low, c: yang_zhang(o, h, low, c, 20), 20),
    "ewma_volatility": (lambda o, h, low, c: ewma_volatility(c, 0.94, 20), 20),
}
EVERY = pytest.mark.parametrize(("signal", "warm_up"), SIGNALS.values(), ids=SIGNALS)
BARS = (OPEN, HIGH, LOW, PATH)


@EVERY
def test_twice_the_log_moves_are_twice_as_volatile(signal, warm_up):
    np.testing.assert_allclose(signal(*(each**2 for each in BARS)), 2 * signal(*BARS), rtol=1e-11)


@EVERY
def test_warm_up_is_as_said_and_begins_with_the_instrument(signal, warm_up):
    late = [np.where(np.arange(300) < 100, NAN, each) for each in BARS]
    found = signal(*late)
    assert np.flatnonzero(np.isnan(signal(*BARS))).tolist() == list(range(warm_up))
    assert np.flatnonzero(np.isnan(found)).tolist() == list(range(100 + warm_up))
    np.testing.assert_array_equal(found[100 + warm_up :], signal(*BARS)[100 + warm_up :])
    assert np.isnan(signal(*(each[:3] for each in BARS))).all()


@EVERY
def test_a_session_without_a_bar_is_forgotten_with_its_window(signal, warm_up):
    """Its close is carried."""
    bars = [each.copy() for each in BARS]
    for each in bars[:3]:
        each[150] = NAN
    bars[3][150] = bars[3][149]
    found = signal(*bars)
    assert not np.isnan(found[warm_up:150]).any()
    assert not np.isnan(found[170:]).any()


@EVERY
@given(scale=st.floats(1e-3, 1e6))
@settings(max_examples=15, deadline=None)
def test_the_price_s_scale_does_not_matter(signal, warm_up, scale):
    np.testing.assert_allclose(signal(*(scale * each for each in BARS)), signal(*BARS), rtol=1e-9)


@EVERY
def test_where_history_starts_changes_no_bit(signal, warm_up):
    late = signal(*(each[101:] for each in BARS))
    assert_same_bits(late[warm_up:], signal(*BARS)[101 + warm_up :])


@EVERY
@pytest.mark.parametrize("which", range(4), ids=["open", "high", "low", "close"])
def test_none_looks_ahead_in_any_argument(signal, warm_up, which):
    def of_one(values):
        return signal(*(values if k == which else each[: len(values)] for k, each in enumerate(BARS)))

    assert_causal(of_one, BARS[which][:60])
