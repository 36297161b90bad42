"""Falls: by hand, and as many as were counted on real history."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from history import FOLDER, needs_history
from hypothesis import given
from hypothesis import strategies as st

from data.sources import BARS, SERIES
from data.sources.csv import CsvSource
from engine.analytics.drawdowns import deepest, falls_of


def told(level, deep=0.15):
    return [(one.peak, one.trough, one.end, one.ended) for one in falls_of(np.array(level, float), deep)]


def test_a_fall_runs_from_the_last_close_at_the_high_to_a_new_peak():
    assert told([90, 100, 100, 84, 80, 99, 100, 90]) == [(2, 4, 6, "peak")]
    assert told([100, 50, 100, 49, 101], 0.5) == [(2, 3, 4, "peak")]  # a half isn't more than a half
    assert told([100, 84, 82, 90]) == [(0, 2, 3, "open")]
    assert told([100, 101, 102]) == []


def test_a_rise_of_two_fifths_from_the_low_ends_a_fall_and_what_follows_is_another():
    assert told([100, 50, 69.9, 60, 70, 40, 56, 55]) == [(0, 1, 4, "rise"), (4, 5, 6, "rise")]
    (fall,) = falls_of(np.array([100.0, 50.0, 70.0, 71.0, 90.0]))
    assert fall.depth == pytest.approx(-0.5)


def test_the_deepest_come_oldest_first():
    falls = falls_of(np.array([100, 80, 100, 60, 100, 70, 100, 82, 101], float))

    assert [one.peak for one in deepest(falls, 2)] == [2, 4]
    assert deepest(falls, 9) == falls


@given(seed=st.integers(0, 10_000))
def test_falls_follow_each_other_and_are_told_by_their_own_levels(seed):
    level = np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.05, 300)))
    falls = falls_of(level, 0.1)

    for one, after in pairwise(falls):
        assert one.end <= after.peak
    for one in falls:
        inside = level[one.peak : one.end] if one.ended != "open" else level[one.peak :]
        assert one.peak < one.trough <= one.end
        assert level[one.trough] == inside.min()
        assert level[one.peak] == inside.max()
        assert one.depth == level[one.trough] / level[one.peak] - 1.0 < -0.1
        assert {
            "peak": level[one.end] >= level[one.peak],
            "rise": level[one.end] >= 1.4 * level[one.trough],
            "open": one.end == 299,
        }[one.ended]
    assert np.array_equal([one.peak for one in falls], [one.peak for one in falls_of(level * 7.0, 0.1)])


@needs_history
def test_history_has_as_many_as_were_counted():
    bars = CsvSource(FOLDER).read(BARS, "SOXX")
    inside = (bars.dates >= np.datetime64("2010-06-01")) & (bars.dates <= np.datetime64("2026-08-21"))
    level = bars.total_return()[inside]
    index = CsvSource(FOLDER).read(SERIES, "SOX")

    assert len(falls_of(level, 0.15)) == 13
    assert len(falls_of(level, 0.20)) == 7
    assert len(falls_of(index.values[np.isfinite(index.values)], 0.20)) == 18


@pytest.mark.skipif(importlib.util.find_spec("arch") is None, reason="arch has the index")
def test_the_nasdaq_composite_had_nine():
    import pandas as pd

    spec = importlib.util.find_spec("arch")
    file = Path(spec.origin).parent / "data" / "nasdaq" / "nasdaq.csv.gz"
    close = pd.read_csv(file)["Adj Close"].dropna().to_numpy()

    assert len(falls_of(close, 0.15)) == 9
