"""The answer where the hedge is something other than one fund: its sum, what is known in advance, an estimated beta."""

from dataclasses import replace

import numpy as np
import pytest
from answered_runs import ran, whole

from data.fund import FEE, SPREAD
from engine.analytics.derisk import sold_daily
from engine.hedges import beta_errors
from engine.setup import run_beta

YEARS = 599 / 252
FUND, HALF = "{instrument: FUND, weight: 0.1, underlying: CORE}", "{instrument: FUND, weight: 0.05, underlying: CORE}"
ASSET = "{kind: asset, instrument: MORE, weight: 0.2, underlying: CORE, rebalance: monthly}"
SHORT, CASH = "{kind: short, weight: 0.2, underlying: CORE}", "{kind: cash, weight: 0.3, underlying: CORE}"
FREE = ("execution.commission_bps=0", "execution.slippage_bps=0")


def hedges(*legs):
    return f"hedges=[{', '.join(legs)}]"


def growth(book):
    return np.log(book.equity[-1] / book.equity[0]) / YEARS


@pytest.mark.parametrize(
    "legs", [(ASSET,), (SHORT,), (CASH,), (FUND, ASSET), (HALF, SHORT, CASH), (HALF, ASSET, SHORT, CASH)]
)
def test_four_parts_sum_to_the_difference(legs):
    (_, _, hedged), found = ran(hedges(*legs)), whole(hedges(*legs))
    unhedged, daily = (found.controls[name].ledger for name in ("unhedged", "derisk_daily"))

    assert found.answer.logs.total == pytest.approx(growth(hedged) - growth(unhedged), abs=1e-12)
    assert sum(found.answer.logs.parts) == pytest.approx(found.answer.logs.total, abs=1e-9)
    assert found.answer.logs.parts[-1] == pytest.approx(growth(hedged) - growth(daily), abs=1e-12)
    assert np.abs(found.answer.logs.parts).max() > 1e-4


def test_selling_into_bills_has_no_part_of_its_own():
    all_out = hedges("{kind: cash, weight: 1, underlying: CORE}")
    (_, _, hedged), found = ran(all_out), whole(all_out)
    sold = found.controls["derisk_entry"].ledger

    np.testing.assert_allclose(sold.equity, hedged.equity, rtol=1e-9)
    assert found.answer.logs.parts[2:] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert (found.answer.fund.label, found.answer.fund.expected, found.answer.fund.beta_range) == (None, None, None)


def test_a_short_costs_its_borrow_and_no_more_than_selling():
    """Rebalanced daily at no cost it is the core sold, less the borrow fee on what is short."""
    daily = (hedges("{kind: short, weight: 0.2, underlying: CORE, rebalance: daily}"), *FREE)
    (_, prepared, hedged), found = ran(*daily), whole(*daily)
    setup = prepared.setup
    owed = np.minimum(hedged.shares[:-1, 1], 0.0) * setup.prices.close[:-1, 1] / hedged.equity[:-1]
    fee = (owed * setup.terms.borrow[1:]).sum() / YEARS

    assert fee < -1e-5
    assert found.answer.fund.estimate == pytest.approx(fee, rel=0.05)


def test_what_was_known_in_advance_is_the_sum_over_funds_and_nothing_else():
    two, mixed = hedges(FUND, HALF), hedges(FUND, CASH)
    (_, prepared, hedged), prices = ran(two), ran(two)[1].setup.prices
    weights = (hedged.shares * prices.close)[:, 1:] / hedged.equity[:, np.newaxis]

    assert prepared.setup.legs.labels == ("FUND", "FUND (2)")
    expected = -weights.mean(axis=0).sum() * (FEE + 3.0 * SPREAD)
    assert whole(two).answer.fund.expected == pytest.approx(expected, rel=1e-12)
    assert whole(mixed).answer.fund.expected is None


def test_the_range_is_the_fund_part_at_betas_an_error_lower_and_higher():
    asset = hedges(ASSET)
    (config, prepared, hedged), found = ran(asset), whole(asset).answer.fund
    setup, beta = prepared.setup, run_beta(config, prepared.setup.market)
    errors = beta_errors(config, setup.market)[setup.market.first :]
    moved = [replace(setup, betas=setup.betas + side * errors) for side in (-1.0, 1.0)]
    parts = [growth(hedged) - growth(sold_daily(each, hedged, beta).ledger) for each in moved]

    assert found.beta_range == pytest.approx(sorted(parts), abs=1e-12)
    assert found.beta_range[0] < found.estimate < found.beta_range[1]
    assert whole(hedges(SHORT)).answer.fund.beta_range is None
