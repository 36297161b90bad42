"""Evidence: arch and statsmodels as oracles, published values, planted effects, and noise that it has to call noise."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.bootstrap import block_length, bootstrapped, draw_days, figures_on
from engine.analytics.evidence import (
    _interval,
    evidence_of,
    hac_t,
    probabilistic_sharpe,
    psr_of,
)
from engine.analytics.metrics import cvar, drawdowns, returns_of
from engine.kernel.bootstrap import resample


def equity_of(returns):
    return 100_000.0 * np.cumprod(np.concatenate([np.ones((1, returns.shape[1])), 1.0 + returns]), axis=0)


def growth_interval(difference, seed, draws):
    """Return the interval of the mean alone, a fraction a year, from the same draws."""
    chunks = draw_days(len(difference), block_length(difference), draws, seed)
    means = np.concatenate([difference[days].mean(axis=1) for days in chunks])
    return _interval(difference.mean(), means, 252)


def some_books(seed, sessions=400, books=3):
    rng = np.random.default_rng(seed)
    market = rng.standard_t(4, (sessions, 1)) * 0.01
    return equity_of(np.clip(market + rng.normal(0.0003, 0.004, (sessions, books)), -0.5, 0.5))


def autocorrelated(rng, count, rho):
    series = rng.normal(size=count)
    for t in range(1, count):
        series[t] += rho * series[t - 1]
    return series


def figures_by_numpy(equity, cash):
    """The same figures of one book, from engine.analytics.metrics and numpy."""
    returns = returns_of(equity)
    sharpe = (returns.mean() - cash.mean()) / returns.std(ddof=1)
    return [np.log(equity[-1] / equity[0]) / len(returns), sharpe, drawdowns(equity).min(), min(cvar(returns), 0.0)]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), sessions=st.integers(12, 60), draws=st.integers(1, 4))
def test_figures_on_a_draw_are_the_metrics_of_the_book_that_lived_it(seed, sessions, draws):
    equity, rng = some_books(seed, sessions), np.random.default_rng(seed)
    cash = rng.uniform(0.0, 0.001, sessions)
    days = rng.integers(sessions, size=(draws, sessions))

    found = figures_on(days, equity, cash)

    for d in range(draws):
        lived = equity_of(returns_of(equity)[days[d]])
        told = np.array([figures_by_numpy(lived[:, b], cash[days[d]]) for b in range(equity.shape[1])])
        np.testing.assert_allclose(found[d], told, rtol=1e-7, atol=1e-12)


def test_the_compiled_figures_are_the_plain_ones():
    equity, sessions = some_books(1, 50), 50
    cash, days = np.full(sessions, 1e-4), np.random.default_rng(2).integers(sessions, size=(20, sessions))
    returns, logs = returns_of(equity), np.diff(np.log(equity), axis=0)
    plain = np.empty((20, 3, 4))

    resample(days, logs, returns, cash, np.argsort(returns, axis=0, kind="stable").T, 3, plain)

    np.testing.assert_allclose(figures_on(days, equity, cash), plain, rtol=1e-10)


def test_draws_and_percentiles_are_archs():
    from arch.bootstrap import StationaryBootstrap

    series = autocorrelated(np.random.default_rng(3), 500, 0.4) * 1e-3
    block = block_length(series)
    theirs = StationaryBootstrap(block, series, seed=5).conf_int(np.mean, reps=700, method="percentile")

    ours = growth_interval(series, seed=5, draws=700)

    assert block > 2
    assert [ours.low, ours.high] == pytest.approx(252 * theirs.ravel(), rel=1e-9)
    assert ours.estimate == pytest.approx(252 * series.mean())


def test_all_books_live_the_same_draw():
    """Archs's own apply of numpy's figures to the paired returns, draw for draw."""
    from arch.bootstrap import StationaryBootstrap

    equity, cash = some_books(4, 300, 2), np.full(300, 1e-4)

    def theirs(returns):
        lived = equity_of(returns)
        return np.array([figures_by_numpy(lived[:, b], cash) for b in range(2)]).ravel()

    told = StationaryBootstrap(4.5, returns_of(equity), seed=6).apply(theirs, reps=60)

    np.testing.assert_allclose(bootstrapped(equity, cash, 4.5, 60, 6).reshape(60, -1), told, rtol=1e-7)


def test_a_block_is_at_least_a_session_and_follows_what_lingers():
    rng = np.random.default_rng(7)

    assert block_length(np.zeros(100)) == 1.0
    assert 1.0 <= block_length(rng.normal(size=2000)) < 5.0
    assert block_length(autocorrelated(rng, 2000, 0.9)) > 20.0
    days = np.concatenate(list(draw_days(300, 8.0, 250, 1)))
    assert days.shape == (250, 300)
    assert 1.0 / np.mean(np.diff(days) % 300 != 1) == pytest.approx(8.0, rel=0.05)


def test_the_evidence_is_of_the_true_books_and_can_be_drawn_again():
    equity = some_books(8, 600, 4)
    books = {"derisk_daily": equity[:, 1], "unhedged": equity[:, 2]}
    cash = np.random.default_rng(8).uniform(0.0, 0.01, 601)

    found = evidence_of(equity[:, 0], books, cash, "derisk_daily", seed=9, draws=300)
    again = evidence_of(equity[:, 0], books | {"put": equity[:, 3]}, cash, "derisk_daily", seed=9, draws=300)
    other = evidence_of(equity[:, 0], books, cash, "derisk_daily", seed=10, draws=300)

    drawn = bootstrapped(equity[:, :3], cash[1:], found.block, 300, 9)
    for i, (name, book) in enumerate(books.items(), 1):
        one, ours, theirs = found.against[name], equity[:, 0], book
        sharpes = math.sqrt(252) * (drawn[:, 0, 1] - drawn[:, i, 1])
        assert [one.sharpe.low, one.sharpe.high] == pytest.approx(np.percentile(sharpes, [2.5, 97.5]))
        own, its = (figures_by_numpy(each, cash[1:]) for each in (ours, theirs))
        assert one.growth.estimate == pytest.approx(252 * (own[0] - its[0]))
        assert one.cagr.estimate == pytest.approx(
            (ours[-1] / ours[0]) ** (252 / 600) - (theirs[-1] / theirs[0]) ** (252 / 600)
        )
        assert one.sharpe.estimate == pytest.approx(math.sqrt(252) * (own[1] - its[1]))
        assert one.max_drawdown.estimate == pytest.approx(own[2] - its[2])
        assert one.cvar_95.estimate == pytest.approx(own[3] - its[3])
        assert all(i.low <= i.estimate <= i.high for i in (one.growth, one.cagr, one.sharpe, one.cvar_95))
    assert again.against["derisk_daily"] == found.against["derisk_daily"]  # a control more moves nothing
    assert growth_interval(np.diff(np.log(equity[:, 0] / equity[:, 1])), 9, 300).low == pytest.approx(
        found.against["derisk_daily"].growth.low
    )
    assert other.against["derisk_daily"].growth != found.against["derisk_daily"].growth
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["against"]["unhedged"]["hac_lags"] == 5


def test_the_same_book_twice_differs_in_nothing():
    equity = some_books(11, 300, 1)[:, 0]

    one = evidence_of(equity, {"twin": 3.0 * equity}, np.zeros(301), "twin", 1, draws=50).against["twin"]

    for interval in (one.growth, one.cagr, one.sharpe, one.max_drawdown, one.cvar_95):
        assert (interval.estimate, interval.low, interval.high) == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)


def test_a_ruined_control_is_left_out_and_one_all_in_cash_has_no_sharpe():
    equity = some_books(12, 300, 2)
    ruined = equity[:, 1].copy()
    ruined[200:] = 0.0
    books = {"judge": equity[:, 1], "short": ruined, "cash": np.full(301, 1000.0)}

    found = evidence_of(equity[:, 0], books, np.zeros(301), "judge", 1, draws=50)

    assert found.left_out == {"short": "its equity fell to 0"}
    assert set(found.against) == {"judge", "cash"}
    assert found.against["cash"].sharpe is None
    assert found.against["cash"].growth.estimate > -1.0


def test_of_a_ruined_hedged_book_nothing_is_said_and_without_the_judge_the_first_control_sets_the_blocks():
    equity = some_books(12, 300, 2)
    ruined = np.where(np.arange(301) < 200, equity[:, 0], 0.0)

    none = evidence_of(ruined, {"judge": equity[:, 1]}, np.zeros(301), "judge", 1, draws=50)
    alone = evidence_of(equity[:, 0], {"judge": ruined}, np.zeros(301), "judge", 1, draws=50)
    other = evidence_of(equity[:, 0], {"judge": ruined, "unhedged": equity[:, 1]}, np.zeros(301), "judge", 1, draws=50)

    assert none.left_out == {"judge": "the hedged book's equity fell to 0"}
    assert alone.left_out == {"judge": "its equity fell to 0"}
    assert (none.against, alone.against) == ({}, {})
    assert other.block == block_length(np.diff(np.log(equity[:, 0] / equity[:, 1])))


def test_a_planted_edge_is_found_and_a_planted_drag_too():
    rng = np.random.default_rng(13)
    control = rng.normal(0.0005, 0.02, 2000)
    noise = rng.normal(0.0, 0.003, 2000)
    for planted in (0.0006, -0.0006):
        books = equity_of(np.column_stack([control + planted + noise - noise.mean(), control]))
        one = evidence_of(books[:, 0], {"judge": books[:, 1]}, np.zeros(2001), "judge", 2, draws=400).against["judge"]
        nearest = min(one.growth.low, one.growth.high, key=abs)
        assert np.sign(nearest) == np.sign(planted)
        assert one.growth.low < 252 * planted < one.growth.high
        assert abs(one.hac_t) > 3.0


@pytest.mark.parametrize(("rho", "least"), [(0.0, 0.91), (0.5, 0.87)])
def test_of_pure_noise_the_interval_covers_0_about_as_often_as_it_says(rho, least):
    """200 markets of 400 sessions; blocks of estimated length cover somewhat less than 95 % where noise lingers."""
    rng = np.random.default_rng(14)
    covered = 0
    for market in range(200):
        interval = growth_interval(autocorrelated(rng, 400, rho), seed=market, draws=200)
        covered += interval.low <= 0.0 <= interval.high

    assert least <= covered / 200 <= 0.98


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(20, 400), rho=st.floats(-0.8, 0.8))
def test_the_hac_t_is_statsmodels(seed, count, rho):
    sm = pytest.importorskip("statsmodels.api")
    series = 0.1 + autocorrelated(np.random.default_rng(seed), count, rho)

    t, lags = hac_t(series)
    fit = sm.OLS(series, np.ones(count)).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False})

    assert t == pytest.approx(fit.tvalues[0], rel=1e-9)


def test_the_lags_follow_the_rule_and_a_constant_has_no_t():
    assert hac_t(np.random.default_rng(1).normal(size=4081))[1] == 9
    assert hac_t(np.random.default_rng(1).normal(size=100))[1] == 4
    assert hac_t(np.zeros(50)) == (None, 3)


@pytest.mark.parametrize(
    ("sharpe", "count", "skew", "kurtosis", "benchmark", "published"),
    [
        (0.458, 24, 0.0, 3.0, 0.0, 0.982),  # Bailey and Lopez de Prado (2012), their hedge fund, as if normal
        (0.458, 24, -2.448, 10.164, 0.0, 0.913),  # the same as it was
        (2.5 / math.sqrt(250), 1250, -3.0, 10.0, 0.1132, 0.9004),  # the same (2014), its deflated Sharpe ratio
    ],
)
def test_the_probabilistic_sharpe_ratio_is_the_published_one(sharpe, count, skew, kurtosis, benchmark, published):
    assert probabilistic_sharpe(sharpe, count, skew, kurtosis, benchmark) == pytest.approx(published, abs=5e-4)


def test_the_psr_of_returns_takes_their_own_moments():
    from scipy import stats

    returns = np.random.default_rng(15).standard_t(5, 800) * 0.01 + 0.0004
    sharpe, skew = returns.mean() / returns.std(ddof=1), stats.skew(returns)
    kurtosis = stats.kurtosis(returns, fisher=False)
    z = (sharpe - 0.01) * math.sqrt(799) / math.sqrt(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2)

    assert psr_of(returns, 0.01) == (pytest.approx(stats.norm.cdf(z)), None)
    assert psr_of(np.full(10, 0.1)) == (None, "its returns don't vary")
