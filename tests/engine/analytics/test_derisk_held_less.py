"""Holding less: all of the core is the unhedged book, none of it is cash, and a part by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import laid_out, source
from worlds import settings as drawn_settings

from engine.analytics.controls import run_unhedged
from engine.analytics.derisk import GRID, held_less_grid, run_held_less


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_all_of_it_is_the_unhedged_book_where_its_funding_holds_the_whole_core(keys, seed):
    """Where dividends buy shares; paid in cash they are put to work by the one book monthly, by the other never.

    On margin the first order borrows its own costs, which the month's order pays back.
    """
    keys |= {"hedge.funding": "sell_core", "portfolio.dividends": "reinvest", "execution.shares": "fractional"}
    setup = laid_out(keys, source(seed))

    assert run_held_less(setup, 1.0).equity == pytest.approx(run_unhedged(setup).equity, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_none_of_it_is_cash(keys, seed):
    setup = laid_out(keys, source(seed))

    book = run_held_less(setup, 0.0)

    assert not book.shares.any()
    assert book.equity == pytest.approx(setup.terms.cash * np.cumprod(1.0 + setup.terms.cash_accrual))


def test_a_part_by_hand():
    """Two holdings at the close, without costs: restored to 40 % when a month begins, spread as they then stand."""
    free = {"execution.commission_bps": 0.0, "execution.slippage_bps": 0.0, "execution.fill": "next_close"}
    keys = free | {"portfolio.core": {"AAA": 0.6, "BBB": 0.4}, "execution.cash_rate": 0.05}
    setup = laid_out(keys, source(4, events=False, missing=False))
    close, sessions = setup.prices.close[:, :-1], setup.market.run_sessions
    days = np.diff(sessions).astype(int)

    cash, worth, expected = 100_000.0, np.zeros(2), [100_000.0]
    for t in range(1, len(close)):
        cash, worth = cash * (1 + 0.05 * days[t - 1] / 360), worth * close[t] / close[t - 1]
        equity = cash + worth.sum()
        if t == 1:
            worth, cash = 0.4 * equity * np.array([0.6, 0.4]), 0.6 * equity
        elif sessions[t - 1].astype("M8[M]") != sessions[t - 2].astype("M8[M]"):
            worth, cash = 0.4 * equity * worth / worth.sum(), 0.6 * equity
        expected.append(equity)

    book = run_held_less(setup, 0.4)
    assert book.equity == pytest.approx(expected, rel=1e-12)
    assert np.count_nonzero(book.ordered) == 3


def test_the_grid_is_of_twentieths():
    setup = laid_out({}, source(4))
    books = held_less_grid(setup)

    assert GRID.tolist() == pytest.approx([k / 20 for k in range(21)])
    assert len(books) == len(GRID) == 21
    assert np.array_equal(books[7].equity, run_held_less(setup, float(GRID[7])).equity)
