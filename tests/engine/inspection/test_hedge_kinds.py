"""`signal` and `explain` of every kind of hedge: bills, shorts and options have no bars in the source."""

from __future__ import annotations

import numpy as np
import pytest
from markets import make_series, nyse, random_bars, source_of

from data.arrays import day
from engine.inspection.explain import explain
from engine.inspection.live_signal import signal_now
from engine.loading import build_config
from engine.runs.execute import run

DATES = nyse("2012-01-03", 300)
HEDGES = {
    "asset": ({"kind": "asset", "instrument": "BOND", "weight": 0.3}, "BOND"),
    "cash": ({"kind": "cash", "weight": 0.6}, "Bills"),
    "short": ({"kind": "short", "weight": 0.3}, "CORE short"),
    "collar": ({"kind": "option", "option": {"structure": "collar"}}, "CORE-PUT95, MODELLED"),
}


def source():
    rng = np.random.default_rng(5)
    return source_of(
        random_bars("CORE", DATES, rng),
        random_bars("BOND", DATES, rng, sd=0.008),
        random_bars("SPY", DATES, rng, sd=0.01),
        make_series("VIX", DATES, np.full(len(DATES), 18.0)),
    )


def config(*hedges):
    return build_config(
        {
            "start": str(DATES[100]),
            "underlying": "CORE",
            "portfolio": {"core": {"CORE": 1.0}},
            "hedges": list(hedges),
            "policy": {"enter": 0, "exit": 0},
            "execution": {"cash_rate": 0.02},
            "controls": "off",
        },
        [],
    )


@pytest.mark.parametrize("kind", HEDGES)
def test_the_last_close_is_read_and_the_book_adds_up(kind):
    hedge, called = HEDGES[kind]
    told = signal_now(config(hedge), source())
    book = run(config(hedge), source(), engine="compiled").hedged
    assert told.headline.startswith(f"{called} hedge ON. HOLD")
    assert (told.on, told.instrument) == (True, called)
    worth = sum(target.shares * target.price for target in told.targets if target.shares is not None)
    assert worth + book.cash[-1] == pytest.approx(told.equity, rel=1e-9)
    assert any(note.startswith("MODELLED") for note in told.notes) == (kind == "collar")


@pytest.mark.parametrize("kind", HEDGES)
def test_a_day_is_explained_to_the_cent(kind):
    hedge, called = HEDGES[kind]
    date = DATES[180]
    told = explain(config(hedge), np.datetime64(date, "D"), source())
    book = run(config(hedge), source(), engine="compiled").hedged
    assert told.instrument == called
    assert sum(told.attribution.values()) == pytest.approx(book.equity[80] - book.equity[79], abs=1e-6)
    made = told.closes[-1].policy.fund_return
    if kind == "short":
        market = run(config(hedge), source(), engine="compiled").setup.prices
        moved = market.level[80, 0] / market.level[1, 0] * market.close[1, 1] / market.fill[1, 1] - 1.0
        assert made == pytest.approx(-moved)
    assert (made is None) == (kind == "collar")


def test_of_several_it_says_which_is_told():
    told = signal_now(config(HEDGES["asset"][0], HEDGES["cash"][0]), source())
    assert told.notes[0] == "Of several hedges BOND, the first, is told; fills and targets are those of all."
    assert [target.instrument for target in told.targets] == ["CORE", "BOND", "BILLS"]
    assert day(told.close.date) == DATES[-1]
