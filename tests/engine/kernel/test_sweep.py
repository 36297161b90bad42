"""The sweep's kernel is the plain loop, order for order: whatever is held between orders, and with a band."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from swept import swept
from worlds import CORES, laid_out, source
from worlds import settings as drawn_settings

from engine.analytics.metrics import drawdowns
from engine.kernel import sweep
from engine.kernel.compiled import compiled
from engine.kernel.loop import run_policy

SLOW = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def hold_against_the_loop(setup, kernel):
    """Hold a book of the kernel against the plain loop's; those that were ruined are run by themselves."""
    book, ours = swept(setup, kernel), run_policy(setup.prices, setup.terms, setup.plan)
    if ours.last < len(ours.equity) - 1:
        assert book.sums["lowest"] <= 0.0
        return
    units, hedge = sweep.units_of(setup.prices, setup.terms), setup.prices.close.shape[1] - 1
    returns = ours.equity[1:] / ours.equity[:-1] - 1.0
    np.testing.assert_allclose(book.path, ours.equity, rtol=1e-9)
    np.testing.assert_allclose(book.trail, ours.shares[:, hedge] / units.shares[:, hedge], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(np.diff(book.trail) != 0.0, ours.traded[1:, hedge] != 0.0)
    assert book.entries == np.count_nonzero(ours.actions[:, 0] == 1)
    expected = {
        "equity": ours.equity[-1],
        "returns": returns.sum(),
        "squares": (returns**2).sum(),
        "shortfalls": (np.minimum(returns - setup.terms.cash_accrual[1:].mean(), 0.0) ** 2).sum(),
        "drawdown": drawdowns(ours.equity).min(),
        "equities": ours.equity.sum(),
        "traded": (np.abs(ours.traded) * setup.prices.fill).sum(),
        "fills": np.count_nonzero(ours.traded),
        "hedged": np.count_nonzero(ours.shares[:, hedge]),
    }
    for name, value in expected.items():
        assert book.sums[name] == pytest.approx(value, rel=1e-9, abs=1e-11), name
    assert book.sums["lowest"] > 0.0


@SLOW
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_a_book_is_the_plain_loop_s(keys, seed):
    hold_against_the_loop(laid_out(keys, source(seed)), sweep)


@SLOW
@given(keys=drawn_settings(), seed=st.integers(0, 10_000), band=st.sampled_from([0.001, 0.01, 0.05]))
def test_a_banded_book_orders_as_the_plain_loop_does(keys, seed, band):
    """Its orders hang on the book itself, so the kernel has to find the very close at which it leaves its band."""
    banded = {"hedge.rebalance": "band", "hedge.band": band, "hedge.max_weight": 1.0}
    hold_against_the_loop(laid_out(keys | banded, source(seed)), compiled())


@SLOW
@given(keys=drawn_settings(), seed=st.integers(0, 10_000), core=st.sampled_from(list(CORES.values())))
def test_stretches_of_core_alone_are_leapt_over(keys, seed, core):
    """Fully invested, dividends reinvested, a core in any mix."""
    alone = {"portfolio.core": core, "portfolio.dividends": "reinvest", "hedge.funding": "sell_core"}
    setup = laid_out(keys | alone, source(seed, 60))
    hold_against_the_loop(setup, compiled())
    hold_against_the_loop(setup, sweep)


def test_a_leap_is_taken(monkeypatch):
    leaps, leap = [], sweep.leap
    monkeypatch.setattr(sweep, "leap", lambda *given_: leaps.append(given_[4] - given_[3]) or leap(*given_))

    book = swept(laid_out({"hedge.weight": 0.1, "portfolio.core": CORES["three"]}, source(4)))

    assert sum(leaps) + book.sums["hedged"] > 35  # of 44


def test_dust_left_of_an_order_earns_its_interest_over_a_leap():
    """At a cash rate of 100 % what rounding left of a weekly order grows until it is worth a trade."""
    keys = {"portfolio.rebalance": "weekly", "portfolio.core": {"AAA": 1.0}, "portfolio.cash": 1.0}
    keys |= {"hedge.weight": 0.0, "hedge.funding": "margin"}
    keys |= {"execution.cash_rate": 1.0, "execution.commission_bps": 30.0}
    keys |= {"execution.slippage_bps": 0.0, "execution.fill": "next_open", "execution.shares": "fractional"}
    setup = laid_out(keys, source(0, 128, missing=False, events=False))
    ours = run_policy(setup.prices, setup.terms, setup.plan)

    assert swept(setup, compiled()).sums["fills"] == np.count_nonzero(ours.traded)
