"""The core as one price: stretches by numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.metrics import drawdowns
from engine.kernel.core import core_of, stretch


@given(st.lists(st.floats(0.5, 2.0), min_size=1, max_size=70), st.data())
def test_a_stretch_is_told_by_two_looks_at_the_table(prices, data):
    price = np.array(prices)
    first = data.draw(st.integers(0, len(price) - 1))
    last = data.draw(st.integers(first, len(price) - 1))

    found = stretch(core_of(price, np.ones(1), 0.0), first, last)

    part = price[first : last + 1]
    assert found == pytest.approx((part.min(), part.max(), drawdowns(part).min()), rel=1e-15)
