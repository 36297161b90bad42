"""The length of bootstrap blocks: by `arch`, whose own sums depend on the processor."""

import math

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length

from engine.analytics.bootstrap import block_length


@pytest.mark.parametrize("sessions", [10, 11, 30, 252, 1_001, 4_081])
@pytest.mark.parametrize("memory", [0.0, 0.3, 0.9, 0.999, -0.5])
def test_it_is_arch_s(sessions, memory):
    series = np.random.default_rng(sessions).normal(size=sessions)
    for t in range(1, sessions):
        series[t] += memory * series[t - 1]
    with np.errstate(all="ignore"):
        theirs = float(optimal_block_length(series)["stationary"].iloc[0])

    assert block_length(series) == pytest.approx(max(theirs, 1.0) if math.isfinite(theirs) else 1.0, rel=1e-12)


def test_it_is_one_for_what_does_not_vary_or_is_short():
    assert block_length(np.ones(100)) == 1.0
    assert block_length(np.arange(9.0)) == 1.0
