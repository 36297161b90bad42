"""Signals of fatigue against TA-Lib's definitions in a plain loop, by hand, and without look-ahead."""

import numpy as np
import pandas as pd
import pytest
from causal import assert_causal, assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.signals.fatigue import rsi, rsi_turn, trend_deviation

PATH = 30 * np.exp(np.cumsum(np.random.default_rng(22).normal(0.0, 0.02, 400)))
NAN = np.nan


def wilder(closes, days):
    """TA-Lib's RSI, session by session."""
    found, gain, loss = [NAN] * days, 0.0, 0.0
    for row in range(1, len(closes)):
        move = closes[row] - closes[row - 1]
        up, down = max(move, 0.0), max(-move, 0.0)
        if row <= days:
            gain, loss = gain + up / days, loss + down / days
        else:
            gain, loss = (gain * (days - 1) + up) / days, (loss * (days - 1) + down) / days
        if row >= days:
            found.append(100 * gain / (gain + loss) if gain + loss else 0.0)
    return found[: len(closes)]


# RSI


def test_an_rsi_by_hand():
    """Changes +2, -1, then +3: averages 1 and 0.5, then (1 + 3) / 2 and (0.5 + 0) / 2."""
    np.testing.assert_allclose(rsi(np.array([10.0, 12, 11, 14]), 2), [NAN, NAN, 100 / 1.5, 100 * 2 / 2.25])


def test_an_rsi_is_that_of_a_published_spreadsheet():
    """The spreadsheet by which ChartSchool (StockCharts) explains the index."""
    closes = """44.3389 44.0902 44.1497 43.6124 44.3278 44.8264 45.0955 45.4245 45.8433 46.0826 45.8931 46.0328 45.6140
    46.2820 46.2820 46.0028 46.0328 46.4116 46.2222 45.6439"""
    found = rsi(np.array(closes.split(), dtype=float), 14)[14:]
    np.testing.assert_allclose(found, [70.53, 66.32, 66.55, 69.41, 66.36, 57.97], atol=0.01)


@pytest.mark.parametrize("days", [2, 5, 14, 399, 400])
def test_an_rsi_is_ta_lib_s(days):
    np.testing.assert_allclose(rsi(PATH, days), wilder(PATH, days), rtol=1e-12)


def test_an_rsi_is_pandas_exponential_average_from_its_seed_on():
    changes = np.diff(PATH)

    def smoothed(moves):
        return pd.Series([moves[:14].mean(), *moves[14:]]).ewm(alpha=1 / 14, adjust=False).mean()

    gain, loss = smoothed(changes.clip(min=0)), smoothed((-changes).clip(min=0))
    np.testing.assert_allclose(rsi(PATH, 14)[14:], 100 - 100 / (1 + gain / loss), rtol=1e-12)


def test_nothing_but_rises_is_100_nothing_but_falls_and_no_move_at_all_are_0():
    assert (rsi(np.arange(1.0, 30), 14)[14:] == 100).all()
    assert (rsi(np.arange(30.0, 1, -1), 14)[14:] == 0).all()
    assert (rsi(np.full(30, 7.1), 14)[14:] == 0).all()


def test_a_mirrored_path_has_the_mirrored_index():
    np.testing.assert_allclose(rsi(100 - PATH, 14) + rsi(PATH, 14), np.where(np.arange(400) < 14, NAN, 100))


def test_where_history_starts_is_forgotten_as_said():
    late, whole = rsi(PATH[100:], 14), rsi(PATH, 14)[100:]
    apart = np.abs(late - whole)
    assert apart[14] > 0.1
    assert (apart[14 + 187 :] < 100e-6).all()


def test_a_hole_is_left_out_and_poisons_nothing():
    holed = PATH.copy()
    holed[[0, 1, 2, 50, 51]] = NAN
    found, known = rsi(holed, 14), ~np.isnan(holed)
    assert_same_bits(found[known], rsi(holed[known], 14))
    assert np.isnan(found[~known]).all()
    assert not np.isnan(found[52:]).any()
    assert np.isnan(rsi(np.full(20, NAN), 14)).all()


# The turn


def test_a_turn_by_hand():
    """Of two sessions the index is, from the third on, 100, 100, 50, 25, 70, 85: overbought from 70."""
    path = np.array([1.0, 2, 3, 4, 3, 2, 4, 6])
    index = rsi(path, 2)
    np.testing.assert_allclose(index[2:6], [100, 100, 50, 25])
    np.testing.assert_array_equal(rsi_turn(path, 2, 70, 1), [NAN, NAN, 0, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(rsi_turn(path, 2, 70, 2), [NAN, NAN, 0, 0, 1, 1, 0, 0])


@given(st.integers(2, 20), st.floats(40, 80), st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_a_turn_is_below_now_and_above_of_late(days, overbought, memory):
    index = rsi(PATH, days)
    expected = [
        index[row] < overbought and any(index[back] >= overbought for back in range(max(0, row - memory), row))
        for row in range(days, 400)
    ]
    np.testing.assert_array_equal(rsi_turn(PATH, days, overbought, memory)[days:], expected)


# Distance from trend


def test_a_deviation_by_hand():
    """Of 1, 3, 8: average 4, variance (9 + 1 + 16) / 3."""
    np.testing.assert_allclose(trend_deviation(np.array([1.0, 3, 8]), 3), [NAN, NAN, 4 / np.sqrt(26 / 3)])


@pytest.mark.parametrize("days", [2, 20, 250])
def test_a_deviation_is_bollinger_s_on_pandas(days):
    rolling = pd.Series(PATH).rolling(days)
    expected = (PATH - rolling.mean()) / rolling.std(ddof=0)
    np.testing.assert_allclose(trend_deviation(PATH, days), expected, rtol=1e-7, atol=1e-9)


def test_a_price_that_does_not_move_deviates_by_nothing_known():
    assert np.isnan(trend_deviation(np.full(20, 0.1), 7)).all()


# All of them

SIGNALS = {
    "rsi": (lambda level: rsi(level, 10), 10),
    "rsi_turn": (lambda level: rsi_turn(level, 10, 60.0, 5), 10),
    "trend_deviation": (lambda level: trend_deviation(level, 10), 9),
}
EVERY = pytest.mark.parametrize(("signal", "warm_up"), SIGNALS.values(), ids=SIGNALS)


@EVERY
def test_warm_up_is_as_said_and_begins_with_the_instrument(signal, warm_up):
    late = PATH.copy()
    late[:40] = NAN
    assert np.flatnonzero(np.isnan(signal(PATH))).tolist() == list(range(warm_up))
    assert np.flatnonzero(np.isnan(signal(late))).tolist() == list(range(40 + warm_up))
    assert np.isnan(signal(PATH[:3])).all()


@EVERY
@given(scale=st.floats(1e-3, 1e6))
@settings(max_examples=15, deadline=None)
def test_the_price_s_scale_does_not_matter(signal, warm_up, scale):
    np.testing.assert_allclose(signal(scale * PATH), signal(PATH), rtol=1e-9, atol=1e-9)


@EVERY
def test_none_looks_ahead(signal, warm_up):
    assert_causal(signal, PATH[:80])


def test_a_deviation_hangs_on_its_window_alone():
    assert_same_bits(trend_deviation(PATH[101:], 10)[9:], trend_deviation(PATH, 10)[110:])
