"""What pages share: lines are thinned to what a screen shows, and nothing that stands out is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from packing import unpacked

from reports.charts import line, singles, spread, thinned

LINES = arrays.arrays(np.float64, st.integers(0, 400), elements=st.floats(-1e6, 1e6) | st.just(np.nan))


@given(LINES, st.integers(2, 60).map(lambda half: 2 * half))
def test_a_thinned_line_keeps_its_extremes_and_its_gaps(values, points):
    kept = thinned(values, points)
    known = ~np.isnan(values)
    assert (np.diff(kept) > 0).all()
    if known.sum() <= points:
        assert np.isin(np.flatnonzero(known), kept).all()
    else:
        assert known[kept].sum() <= points
    if known.any():
        assert np.isin(np.flatnonzero(known)[[0, -1]], kept).all()
        assert np.nanmin(values[kept]) == np.nanmin(values)
        assert np.nanmax(values[kept]) == np.nanmax(values)
    for before, after in zip(kept[known[kept]][:-1], kept[known[kept]][1:], strict=True):
        broken = (~known[before:after]).any()
        between = kept[(kept > before) & (kept < after)]
        assert broken == (~known[between]).any()


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([1.0, 5.0], None),
        ([1.0, 5.01], [1.0, 5.01]),
        ([0.0, -3.0, np.nan, 2.0, 30.0, np.inf], [2.0, 30.0]),
        ([0.0, -1.0], None),
        ([], None),
    ],
)
def test_an_axis_is_logarithmic_above_fivefold(values, ends):
    assert spread(np.array(values)) == ends


def test_numbers_are_packed_as_singles():
    assert unpacked(singles([1.5, np.nan, 20_000])).tolist() == pytest.approx([1.5, np.nan, 20_000], nan_ok=True)
    assert unpacked(singles([1e300])) == np.inf
    assert {
        key: unpacked(text).tolist() for key, text in line("a", [1, 2], np.array([3.0, 4.0])).items() if key != "name"
    } == {
        "x": [1, 2],
        "y": [3, 4],
    }
