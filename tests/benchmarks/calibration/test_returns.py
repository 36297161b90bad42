"""Made returns are what they say they are. Small and seeded."""

import numpy as np
import pytest

from benchmarks.calibration.returns import (
    CRASH,
    CRASH_SESSIONS,
    CRASH_YEARS,
    RETURNS,
    Moves,
    Pool,
    drift_of,
    moves_of,
    pool_of,
)
from data.errors import DataError
from data.simulate import LONG_RUN_SD

LONG = 250_000
HEAD = "date,open,high,low,close,volume,dividend,split\n"


def pool():
    rng = np.random.default_rng(5)
    return Pool(Moves(*rng.normal(0.0, 0.01, (2, 400))), "made up", "0")


def drawn(returns, count=LONG, drift=0.0, seed=1):
    return moves_of(returns, np.random.default_rng(seed), count, drift, pool() if returns == "real" else None)


def correlation(a, b):
    return float(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize(("returns", "least", "most"), [("independent", -0.01, 0.01), ("clustered", 0.05, 0.5)])
def test_returns_are_independent_or_come_in_spells(returns, least, most):
    night, course = drawn(returns)
    whole = night + course

    assert abs(correlation(whole[:-1], whole[1:])) < 0.01
    assert abs(correlation(night, course)) < 0.01
    assert least < correlation(whole[:-1] ** 2, whole[1:] ** 2) < most
    assert whole.std() == pytest.approx(LONG_RUN_SD, rel=0.1)


@pytest.mark.parametrize("returns", RETURNS)
def test_without_a_premium_the_mean_return_is_that_of_bills(returns):
    history = pool() if returns == "real" else None
    drift = drift_of(returns, 0.02, history, usual=False)
    night, course = drawn(returns, drift=drift)
    mean = np.expm1(night + course)
    if returns == "real":  # of the pool, whose own mean is part of what is drawn
        mean = mean - (history.moves.night + history.moves.course).mean()

    assert mean.mean() == pytest.approx(0.02 / 252, abs=4 * mean.std() / np.sqrt(LONG))


def test_volatility_s_spells_follow_falls():
    whole = sum(drawn("clustered"))
    after = np.abs(whole[1:])

    assert after[whole[:-1] < -0.02].mean() > 1.1 * after[whole[:-1] > 0.02].mean()


def test_a_crash_takes_two_fifths_and_half_of_them_come_back():
    calm, crashed = sum(drawn("independent")), sum(drawn("crashes"))
    extra = crashed - calm
    fall = np.log1p(CRASH) / CRASH_SESSIONS
    falls, rises = extra < fall / 2, extra > -fall / 2
    crashes = falls.sum() / CRASH_SESSIONS

    assert extra.mean() == pytest.approx(0.0, abs=2e-4)
    assert crashes == pytest.approx(LONG / 252 / CRASH_YEARS, rel=0.25)
    assert rises.sum() / falls.sum() == pytest.approx(0.5, abs=0.15)
    first = int(np.flatnonzero(falls)[0])
    assert extra[first : first + CRASH_SESSIONS].sum() == pytest.approx(np.log(0.6), abs=0.01)


def test_real_returns_come_in_blocks_night_with_its_day():
    held = pool().moves
    night, course = drawn("real", 2_000)
    places = np.array([int(np.flatnonzero(held.night == one)[0]) for one in night])

    assert np.array_equal(course, held.course[places])
    assert 2_000 / 126 / 2 < np.count_nonzero(np.diff(places) % len(held.night) != 1) < 2_000 / 126 * 2


def test_real_returns_without_real_history_are_refused():
    with pytest.raises(DataError, match="real returns need real history"):
        moves_of("real", np.random.default_rng(0), 10, 0.0, None)


def test_a_pool_has_dividends_and_splits_in_it_and_no_mean(tmp_path):
    (tmp_path / "bars").mkdir()
    rows = ["2020-01-02,100,100,100,100,1,0,1", "2020-01-03,49,52,49,50,1,1,2", "2020-01-06,51,51,50,50,1,0,1"]
    (tmp_path / "bars" / "SOXX.csv").write_text(HEAD + "\n".join(rows) + "\n")
    found = pool_of(str(tmp_path))
    night, whole = np.log([50 / 50, 51 / 50]), np.log([51 / 50, 50 / 50])

    assert found.moves.night + 0.4 * whole.mean() == pytest.approx(night)
    assert sum(found.moves) == pytest.approx(whole - whole.mean())
    assert found.span == "SOXX, 2020-01-03 to 2020-01-06, 2 sessions"
    with pytest.raises(DataError, match="no bars of NVDA"):
        pool_of(str(tmp_path), "NVDA")
