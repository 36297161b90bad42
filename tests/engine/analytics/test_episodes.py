"""Episodes: their dates, the fund's return and the sleeve's dollars, by following one share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import laid_out, source
from worlds import settings as drawn_settings

from engine.analytics.episodes import episodes_of
from engine.kernel.loop import run_policy
from engine.rules import cost, proceeds


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_episodes_dollars_are_the_sleeves(keys, seed):
    setup = laid_out(keys, source(seed))
    ledger = run_policy(setup.prices, setup.terms, setup.plan)
    paid = received = 0.0
    for t in range(1, ledger.last + 1):
        shares, price = ledger.traded[t, -1], setup.prices.fill[t, -1]
        if not setup.terms.reinvest:
            received += ledger.shares[t - 1, -1] * setup.prices.split[t, -1] * setup.prices.dividend[t, -1]
        if shares > 0:
            paid += cost(setup.terms, -1, shares, price)
        else:
            received += proceeds(setup.terms, -1, -shares, price)
    left = ledger.shares[ledger.last, -1] * setup.prices.close[ledger.last, -1]

    found = episodes_of(setup, ledger)

    assert len(found) == np.count_nonzero(ledger.actions[:, -1] == 1)
    assert sum(episode.pnl for episode in found) == pytest.approx(received + left - paid, rel=1e-9, abs=1e-7)
    for episode in found:
        assert episode.entered == episode.decided + 1
        assert (episode.reason == "open") == (episode.exited is None)


def test_the_funds_return_follows_one_reinvested_share_from_fill_to_fill():
    setup = laid_out({"policy.max_hold": 4}, source(2))
    ledger = run_policy(setup.prices, setup.terms, setup.plan)

    for episode in episodes_of(setup, ledger):
        end = episode.exited or ledger.last
        shares = 1.0
        for t in range(episode.entered + 1, end + 1):
            shares *= setup.prices.split[t, -1]
            reference = setup.prices.close[t, -1]
            if t == end and episode.exited:
                reference = setup.prices.fill[t, -1]
            shares *= 1.0 + setup.prices.dividend[t, -1] / reference
        out = setup.prices.fill[end, -1] if episode.exited else setup.prices.close[end, -1]
        assert episode.fund_return == pytest.approx(shares * out / setup.prices.fill[episode.entered, -1] - 1.0)
        assert episode.reason in {"max_hold", "signal", "open"}
