"""The plain loop: a path by hand, and what must not change the outcome."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from worlds import CORES, WARM_UP, World, configured, days, laid_out, market, source
from worlds import settings as drawn_settings

from data.bars import Bars
from engine.analytics.controls import run_unhedged
from engine.kernel.loop import run_policy
from engine.setup import prepare, rebalancing_days

FREE = {"execution.commission_bps": 0.0, "execution.slippage_bps": 0.0}
SEEDS = st.integers(0, 10_000)


def ran(keys, fed):
    setup = laid_out(keys, fed)
    return setup, run_policy(setup.prices, setup.terms, setup.plan)


def test_five_sessions_by_hand():
    """On at t=1, off at t=3; bought and sold at the next opens, without costs, 20 % in the fund."""
    dates = days(5)
    flat = {"volume": np.ones(5), "dividend": np.zeros(5), "split": np.ones(5)}
    core = Bars(
        "AAA",
        dates,
        *(np.array(p, float) for p in ([100, 100, 98, 95, 99], [101] * 5, [90] * 5)),
        np.array([100, 99, 96, 97, 100.0]),
        **flat,
    )
    fund = Bars(
        "HHH",
        dates,
        *(np.array(p, float) for p in ([10, 10, 10.6, 11.5, 10.1], [12] * 5, [9] * 5)),
        np.array([10, 10.3, 11.2, 10.8, 9.9]),
        **flat,
    )
    config = configured(
        {**FREE, "hedge.weight": 0.2, "hedge.max_weight": 1.0, "start": str(dates[0]), "portfolio.cash": 1000.0}
    )
    fed = market(config, World({"AAA": core, "HHH": fund}))
    setup = prepare(config, fed, np.array([0, 1, 1, 0, 0.0]))

    ledger = run_policy(setup.prices, setup.terms, setup.plan)

    # t=1: 10 shares bought at 100, marked at 99. t=2: worth 980 at the open, 20 % of it buys 196/10.6 of the fund.
    fund_shares = 196 / 10.6
    core_shares = 8.0
    # t=4: all of the fund sold at 10.1, the core bought back at 99.
    after = core_shares + fund_shares * 10.1 / 99
    expected = [1000, 990, core_shares * 96 + fund_shares * 11.2, core_shares * 97 + fund_shares * 10.8, after * 100]
    assert ledger.equity == pytest.approx(expected, rel=1e-12)
    assert np.count_nonzero(ledger.traded) == 5
    assert ledger.actions[:, -1].tolist() == [0, 1, 0, 2, 0]


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=SEEDS)
def test_cash_and_positions_are_equity_and_fills_explain_every_share(keys, seed):
    setup, ledger = ran(keys, source(seed))
    prices, last = setup.prices, ledger.last + 1

    assert (ledger.cash + (ledger.shares * prices.close).sum(axis=1))[:last] == pytest.approx(ledger.equity[:last])
    grown = prices.split[1:] * (1 + prices.dividend[1:] / prices.open[1:] * setup.terms.reinvest)
    carried = ledger.shares[:-1] * grown + ledger.traded[1:]
    assert carried[: last - 1] == pytest.approx(ledger.shares[1:last], rel=1e-12, abs=1e-9)
    assert (ledger.shares >= -1e-12).all()
    if not setup.terms.margin:
        assert (ledger.cash > -1e-9 * ledger.equity.max()).all()


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=SEEDS, factor=st.sampled_from([0.01, 7.0, 1e6]))
def test_the_scale_of_prices_does_not_matter(keys, seed, factor):
    keys = keys | {
        "execution.shares": "fractional",
        "execution.commission_per_share": 0.0,
        "execution.slippage_per_share": 0.0,
    }
    fed = source(seed)
    scaled = {name: rescaled(bars, factor) for name, bars in fed.bars_by_name.items()}

    _, one = ran(keys, fed)
    _, other = ran(keys, replace(fed, bars_by_name=scaled))

    assert other.equity == pytest.approx(one.equity, rel=1e-9)


def rescaled(bars, factor):
    changed = {name: getattr(bars, name) * factor for name in ("open", "high", "low", "close", "dividend")}
    return replace(bars, **changed, volume=bars.volume / factor)


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=SEEDS)
def test_split_events_are_worth_what_rescaled_prices_are(keys, seed):
    keys = keys | {
        "execution.shares": "fractional",
        "execution.commission_per_share": 0.0,
        "execution.slippage_per_share": 0.0,
    }
    fed = source(seed)
    adjusted = {name: unsplit(bars) for name, bars in fed.bars_by_name.items()}

    _, as_traded = ran(keys, fed)
    _, rescaled_history = ran(keys, replace(fed, bars_by_name=adjusted))

    assert rescaled_history.equity == pytest.approx(as_traded.equity, rel=1e-9)


def unsplit(bars):
    """Put every price into the first session's share basis."""
    since = np.cumprod(np.concatenate(([1.0], bars.split[1:])))
    changed = {name: getattr(bars, name) * since for name in ("open", "high", "low", "close", "dividend")}
    return replace(bars, **changed, split=np.ones(len(bars)))


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=SEEDS)
def test_weight_zero_is_the_unhedged_book(keys, seed):
    _, ledger = ran(keys | {"hedge.weight": 0.0}, source(seed))
    hedged = laid_out(keys | {"hedge.weight": 0.4}, source(seed))

    assert not ledger.shares[:, -1].any()
    assert np.array_equal(ledger.equity, run_unhedged(hedged).equity)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, core=st.sampled_from(["two", "three"]), weight=st.sampled_from([0.1, 0.5]))
def test_switching_does_not_rebalance_the_core(seed, core, weight):
    """A costless hedge that returns what the core returns leaves the unhedged book as it is."""
    keys = {**FREE, "portfolio.core": CORES[core], "hedge.weight": weight, "portfolio.dividends": "cash"}
    fed = source(seed, events=False, missing=False)
    unhedged = run_unhedged(laid_out(keys, fed))
    held = unhedged.shares[1, :-1]  # bought at the open of t=1 and never traded again
    own = [fed.bars_by_name[name] for name in CORES[core]]
    prices = {
        name: sum(shares * getattr(bars, name) for shares, bars in zip(held, own, strict=True))
        for name in ("open", "high", "low", "close")
    }
    twin = replace(fed.bars_by_name["HHH"], **prices)

    setup, hedged = ran(keys, replace(fed, bars_by_name=fed.bars_by_name | {"HHH": twin}))

    fires = setup.plan.intensity[:-2, -1] >= 0.5
    assume(fires.any())  # a history in a thousand never does
    entered = int(np.argmax(fires))
    assert np.count_nonzero(hedged.traded[:, -1]) >= 1
    if entered:  # an entry at t=0 buys hedge and core in one order, which fixes other core shares
        assert hedged.equity == pytest.approx(unhedged.equity, rel=1e-12)


def test_rebalancing_days_are_the_first_close_of_a_week_and_of_a_month():
    sessions = days(60)
    weeks = [day.item().isocalendar()[:2] for day in sessions]
    months = [day.item().month for day in sessions]

    weekly, monthly = rebalancing_days(sessions, "weekly"), rebalancing_days(sessions, "monthly")

    assert weekly.tolist() == [False, *(now != before for before, now in pairwise(weeks))]
    assert monthly.tolist() == [False, *(now != before for before, now in pairwise(months))]
    assert rebalancing_days(sessions, "daily").all()
    assert not rebalancing_days(sessions, "never").any()


def test_a_ruined_book_ends_there():
    """A hedge on margin that loses more than there is."""
    fed = source(1, events=False, missing=False)
    crash = fed.bars_by_name["AAA"]
    fall = np.where(np.arange(len(crash)) >= WARM_UP + 5, 0.02, 1.0)
    broken = replace(crash, **{name: getattr(crash, name) * fall for name in ("open", "high", "low", "close")})
    also = fed.bars_by_name["HHH"]
    sunk = replace(also, **{name: getattr(also, name) * fall for name in ("open", "high", "low", "close")})
    keys = {
        "hedge.funding": "margin",
        "hedge.weight": 1.0,
        "hedge.max_weight": 1.0,
        "policy.enter": 0.0,
        "policy.exit": 0.0,
    }

    _, ledger = ran(keys, replace(fed, bars_by_name=fed.bars_by_name | {"AAA": broken, "HHH": sunk}))

    assert ledger.last == 5
    assert ledger.equity[5] <= 0.0
    assert not ledger.equity[6:].any()
