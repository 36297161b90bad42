"""The signals that peers are given, by another route: pandas."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import peer_work


@pytest.fixture
def given():
    rng = np.random.default_rng(3)
    level = 20 * np.exp(np.cumsum(rng.normal(0, 0.02, 300)))
    close = np.column_stack((level, 1 / level))[-200:]
    asked = {"days": np.array([5, 50, 5]), "floor": np.array([0.3, 0.2, 0.35]), "weight": np.full(3, 0.1)}
    return {"level": level, "fill": close, "close": close, **asked}


def test_a_state_is_weak_and_restless(given):
    level = pd.Series(given["level"])
    restless = np.log(level).diff().rolling(20).std() * np.sqrt(252)
    expected = [
        (level < level.rolling(days).mean()) & (restless > floor)
        for days, floor in zip(given["days"], given["floor"], strict=True)
    ]

    found = peer_work.states(given)

    np.testing.assert_array_equal(found, np.column_stack(expected)[-200:])
    assert 0 < found.mean() < 1
    for combination in range(3):
        np.testing.assert_array_equal(peer_work.state(given, combination), found[:, combination])


def test_the_first_close_orders_and_then_each_that_switches():
    on = np.array([[False, True], [False, True], [True, False], [True, False]])

    assert peer_work.ordered(on).tolist() == [[True, True], [False, False], [True, True], [False, False]]


def test_four_measures_of_a_book():
    total, spread, sharpe, fall = peer_work.four(np.array([100.0, 110.0, 99.0, 108.9]))
    returns = np.array([0.1, -0.1, 0.1])

    assert total == pytest.approx(0.089)
    assert spread == pytest.approx(returns.std(ddof=1) * 252**0.5)
    assert sharpe == pytest.approx(returns.mean() * 252 / spread)
    assert fall == pytest.approx(-0.1)
