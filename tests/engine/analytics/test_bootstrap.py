"""Bootstrap blocks are those of `arch`: their length, but for its sums that depend on the processor, and each draw."""

import math

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap, optimal_block_length

from engine.analytics.bootstrap import CHUNK, block_length, draw_days


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


@pytest.mark.parametrize(("sessions", "block"), [(1, 1.0), (7, 1.0), (250, 4.5), (1_001, 500.0)])
def test_each_draw_is_arch_s(sessions, block):
    theirs = StationaryBootstrap(block, np.arange(sessions), seed=9).bootstrap(CHUNK + 3)

    ours = list(draw_days(sessions, block, CHUNK + 3, 9))

    assert [len(chunk) for chunk in ours] == [CHUNK, 3]
    np.testing.assert_array_equal(np.concatenate(ours), [drawn[0][0] for drawn in theirs])
