"""The two de-risks: by another loop, by the identity of a fund reset when they trade, and short like the hedge."""

import numpy as np
import pytest
from books import daily_by_hand, entry_by_hand
from hypothesis import given, settings
from hypothesis import strategies as st
from modelled import modelled
from worlds import CORES, configured, laid_out, source
from worlds import settings as drawn_settings

from data.fund import FEE, SPREAD
from data.rates import days_between
from engine.analytics.answer.answer import net_short_of
from engine.analytics.controls import run_unhedged
from engine.analytics.derisk import net_short, sold_at_entry, sold_daily
from engine.kernel.loop import run_policy
from engine.setup import run_beta

FREE = {"execution.commission_bps": 0.0, "execution.slippage_bps": 0.0, "execution.cash_rate": 0.0}
AT_CLOSE = {"execution.fill": "next_close", "hedge.rebalance": "daily"}


def ran(keys, fed):
    setup = laid_out(keys, fed)
    return setup, run_policy(setup.prices, setup.terms, setup.plan), run_beta(configured(keys), setup.market)


def returns(ledger):
    return ledger.equity[1:] / ledger.equity[:-1] - 1.0


def agrees(book, by_hand):
    last = book.last  # where it was ruined, the other may have paid to sell out
    ruined = book.equity[last] <= 0.0
    assert book.equity[:last] == pytest.approx(by_hand[:last], rel=1e-10)
    assert by_hand[last] <= 0.0 if ruined else book.equity[last] == pytest.approx(by_hand[last], rel=1e-10)
    assert np.isnan(by_hand[last + 1 :]).all()
    assert not book.equity[last + 1 :].any()


@settings(max_examples=150, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_both_derisks_are_those_of_another_loop(keys, seed):
    """Any funding, fill, sizing, core, dividends, whole shares and costs: session by session."""
    setup, hedged, beta = ran(keys, source(seed))

    agrees(sold_at_entry(setup, hedged, beta), entry_by_hand(setup, hedged, beta))
    agrees(sold_daily(setup, hedged, beta).ledger, daily_by_hand(setup, hedged, beta))


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_a_derisk_holds_no_hedge_and_what_it_traded_is_what_its_cash_shows(keys, seed):
    setup, hedged, beta = ran(keys, source(seed))
    entry, daily = sold_at_entry(setup, hedged, beta), sold_daily(setup, hedged, beta)

    assert not entry.shares[:, -1].any()
    assert not daily.ledger.shares[:, -1].any()
    assert np.array_equal(entry.ordered[: entry.last], hedged.ordered[: entry.last])
    holds = (hedged.shares[:, -1] != 0.0) & (np.arange(len(hedged.equity)) < hedged.last)
    fills = hedged.ordered[:-1] | holds[1:]  # in the session that follows, at its open or its close
    assert np.array_equal(daily.ledger.ordered[: daily.ledger.last], fills[: daily.ledger.last])
    split = setup.prices.split if setup.terms.reinvest else np.nan
    moved = np.diff(daily.ledger.shares, axis=0) - daily.ledger.traded[1:]
    if not setup.prices.dividend.any() and np.all(split == 1.0):
        assert np.abs(moved).max() < 1e-9
    assert ((daily.trades.dollars > 0.0) == (daily.trades.fills > 0.0)).all()
    assert daily.trades.fills.max() <= 2.0


@pytest.mark.parametrize("earned", [0.0, 0.04])
@pytest.mark.parametrize("funding", ["sell_core", "cash_buffer", "margin"])
@pytest.mark.parametrize("derisk", [sold_at_entry, sold_daily])
@pytest.mark.parametrize("weight", [0.12, 0.3])
def test_a_hedge_rebalanced_daily_is_the_derisk_less_its_fee_and_spread(derisk, funding, earned, weight):
    """Design section 1, on every session from the one after the first fill, through entries and exits alike.

    Where cash earns nothing, what the fund earns on its 4w is left over too; where the core is sold short, so is what
    its lender is paid.
    """
    rate, free = 0.04, {"execution.margin_spread_bps": 0.0, "hedge.funding": funding, "hedge.weight": weight}
    keys = {**FREE, **AT_CLOSE, **free, "hedge.max_weight": 0.3, "execution.cash_rate": earned, "hedge.buffer": 0.3}
    setup, hedged, beta = ran(keys, modelled(rate))
    book = derisk(setup, hedged, beta)
    control = book if derisk is sold_at_entry else book.ledger
    n = days_between(setup.market.run_sessions)[2:]
    held = hedged.hedges[:-2, -1]  # ordered two closes before, filled at the last
    core = hedged.core[:-2] - 3.0 * held
    lent = np.maximum(-core, 0.0) * 0.005 * n / 360

    assert np.count_nonzero(hedged.actions[:, -1]) == 3
    assert (core.min() < 0.0) == (weight == 0.3 and funding != "margin")
    kept = 4 * held * (rate - earned) * n / 360
    expected = kept + lent - held * (FEE * n / 365 + 3 * SPREAD * n / 360)
    assert returns(hedged)[1:] - returns(control)[1:] == pytest.approx(expected, abs=1e-12)


def test_sold_daily_keeps_step_with_a_hedge_that_is_left_alone():
    """Never rebalanced, filled at opens: a fund without cost that is reset each close is followed to the dollar."""
    keys = {**FREE, "hedge.weight": 0.2}
    setup, hedged, beta = ran(keys, modelled(0.0, gaps=True))
    followed = sold_daily(setup, hedged, beta).ledger
    n = days_between(setup.market.run_sessions)[1:]
    weight = (hedged.shares[:-1, -1] * setup.prices.close[:-1, -1]) / hedged.equity[:-1]
    paid = -weight * (FEE * n / 365 + 3 * SPREAD * n / 360)

    at_all = np.flatnonzero((hedged.shares[1:, -1] != 0.0) & (hedged.shares[:-1, -1] != 0.0))
    assert len(at_all) > 20
    assert (returns(hedged) - returns(followed))[at_all] == pytest.approx(paid[at_all], abs=1e-12)
    first = np.flatnonzero((hedged.shares[1:, -1] != 0.0) & (hedged.shares[:-1, -1] == 0.0))
    assert (
        np.abs(returns(hedged) - returns(followed))[first].max() < 1e-3
    )  # entered at the open, at the open's leverage
    entry = sold_at_entry(setup, hedged, beta)
    assert np.abs(returns(hedged) - returns(entry))[at_all].max() > 1e-3


def test_a_core_of_another_beta_is_sold_by_that_beta():
    """The measured beta, from a regression by numpy over the last returns, sets the core's weight."""
    keys = {"portfolio.core": CORES["three"], "hedge.weight": 0.05}
    fed = source(11, events=False, missing=False)
    setup, hedged, beta = ran(keys, fed)
    derisk = sold_at_entry(setup, hedged, beta)
    t = int(np.flatnonzero(hedged.actions[:, -1] == 1)[-1])

    row = setup.market.first + t
    close = {
        name: bars.close[row - configured(keys).hedge.lookback : row + 1] for name, bars in fed.bars_by_name.items()
    }
    simple = {name: path[1:] / path[:-1] - 1 for name, path in close.items()}
    core = sum(weight * simple[name] for name, weight in CORES["three"].items())
    slope = np.polyfit(simple["AAA"], core, 1)[0]

    assert derisk.core[t] == pytest.approx((0.95 * slope - 3 * 0.05) / slope)


def test_where_the_hedged_book_is_net_short_so_is_the_control():
    keys = {**FREE, "hedge.weight": 0.4, "hedge.max_weight": 0.4}
    setup, hedged, beta = ran(keys, source(2, events=False, missing=False))
    short, worth = net_short(setup, hedged, beta), hedged.shares * setup.prices.close
    follows = (hedged.shares[:, -1] != 0.0) & (np.arange(len(worth)) < hedged.last)
    book = sold_daily(setup, hedged, beta).ledger

    assert short.any()
    assert np.array_equal(short, (worth[:, 0] < 3.0 * worth[:, 1]) & (np.arange(len(worth)) < hedged.last))
    assert np.array_equal(short & follows, (book.shares[:, 0] < 0.0) & follows)
    told = net_short_of(setup, hedged, beta)
    made = [hedged.equity[t + 1] - hedged.equity[t] for t in range(hedged.last) if short[t]]
    assert (told.closes, told.dollars) == (int(short.sum()), pytest.approx(sum(made)))


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_without_a_weight_both_are_the_unhedged_book(keys, seed):
    setup, hedged, beta = ran({**keys, "hedge.weight": 0.0}, source(seed, missing=False))
    unhedged = run_unhedged(setup)

    assert sold_at_entry(setup, hedged, beta).equity == pytest.approx(unhedged.equity, rel=1e-12)
    assert sold_daily(setup, hedged, beta).ledger.equity == pytest.approx(unhedged.equity, rel=1e-12)


def test_a_night_that_would_have_wiped_the_fund_out_leaves_its_leverage_as_it_is():
    setup, hedged, beta = ran({}, source(5, events=False, missing=False))
    t = int(np.flatnonzero(hedged.actions[:, -1] == 1)[0])
    bars = setup.market.source.bars_by_name["AAA"]
    bars.open[setup.market.first + t + 1] = bars.close[setup.market.first + t] * 1.4
    setup, _, _ = ran({}, setup.market.source)
    book = sold_daily(setup, hedged, beta).ledger

    assert book.equity == pytest.approx(daily_by_hand(setup, hedged, beta), rel=1e-10)
