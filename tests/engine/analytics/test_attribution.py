"""Attribution: against hand arithmetic, against the book's cash, and against markets where a column has to be 0."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from markets import make_bars, make_market, make_series, nyse
from worlds import days, laid_out, source
from worlds import settings as drawn_settings

from data.errors import DataError
from data.fund import fund_return
from engine.analytics.attribution import COLUMNS, SLEEVE, attribute
from engine.analytics.episodes import episodes_of
from engine.analytics.fund_exposure import carry_of, day_return, index_of
from engine.backtrader_engine.execute import run_in_backtrader
from engine.kernel.loop import empty_ledger, replay, run_policy
from engine.loading import build_config
from engine.rules import cost, proceeds
from engine.setup import prepare

FREE = {"execution.commission_bps": 0.0, "execution.slippage_bps": 0.0, "execution.cash_rate": 0.0}
NO_CARRY = {"fee": 0.0, "spread": 0.0}


def run(keys, fed):
    try:
        setup = laid_out(keys, fed)
    except DataError:
        reject()  # costs a share that take all of a price
    return setup, run_policy(setup.prices, setup.terms, setup.plan)


def small(core, fund, orders, fill="next_open", rate=0.0, **keys):
    """Lay out a run on bars CORE and FUND from their first session, and replay orders: {close: hedge weight}."""
    tree = {
        "start": str(core.dates[0]),
        "portfolio": {"core": {"CORE": 1.0}, "cash": 1000.0, "dividends": keys.get("dividends", "reinvest")},
        "hedge": {"instrument": "FUND", "underlying": "CORE", "funding": keys.get("funding", "sell_core")},
        "execution": {
            "fill": fill,
            "cash_rate": "RATE",
            "margin_spread_bps": 0.0,
            "commission_bps": 0.0,
            "slippage_bps": keys.get("slippage", 0.0),
        },
    }
    market = make_market(core, fund, make_series("RATE", core.dates, np.full(len(core), 100.0 * rate)))
    setup = prepare(build_config(tree), market, np.zeros(len(core)))
    decided = empty_ledger(len(core), 2)
    last = 0.0
    for t in range(len(core)):
        last = orders.get(t, last)
        decided.ordered[t] = t in orders or t == 0
        decided.hedges[t, -1], decided.core[t] = last, 1.0 if setup.terms.margin else 1.0 - last
    return setup, replay(setup.prices, setup.terms, decided)


def test_a_path_of_four_sessions_by_hand():
    """Bought at the open, kept a whole session, half sold at an open: every column from the prices by hand."""
    dates = nyse("2024-01-02", 4)  # Tuesday to Friday: one calendar day each
    core = make_bars("CORE", dates, [100.0, 99.0, 103.95, 93.555], open=[100.0, 101.0, 100.0, 101.8710])
    fund = make_bars("FUND", dates, [10.0, 10.6, 9.1, 11.83], open=[10.0, 9.7, 10.5, 9.646])
    setup, ledger = small(core, fund, {0: 0.2, 2: 0.1}, rate=0.036, slippage=100.0)

    found = attribute(setup, ledger, fee=0.0365, spread=0.012).dollars

    # Session 1: 1000 and a day of interest, 0.2 of it for the fund at 9.7, scaled to what slippage leaves.
    bought = 1000.1 / 1.01
    q = 0.2 * bought
    shares, units = q / 9.7, q / 101.0
    r, night = -0.01, 0.01
    modelled = q * ((1 - 3 * r) / (1 - 3 * night) - 1)
    direction = -3 * units * (99.0 - 101.0)
    assert [found[name][1] for name in SLEEVE] == pytest.approx(
        [direction, modelled - direction, 0, 0, 0, shares * (10.6 - 9.7) - modelled, -0.01 * q]
    )
    # Session 2: the whole of it, one day's carry on what the sleeve was worth.
    worth = shares * 10.6
    direction = -3 * units * (103.95 - 99.0)
    assert [found[name][2] for name in SLEEVE] == pytest.approx(
        [
            direction,
            -3 * 0.05 * worth - direction,
            worth * 4 * 0.036 / 360,
            -worth * 0.0365 / 365,
            -worth * 3 * 0.012 / 360,
            worth * (9.1 / 10.6 - 1) - worth * (-0.15 + 4 * 0.0001 - 0.0001 - 0.0001),
            0,
        ]
    )
    # Session 3: the night with all, the day with what is left of it.
    worth, core_shares = shares * 9.1, 0.8 * bought / 101.0
    equity = core_shares * 101.871 + shares * 9.646
    kept = 0.1 * equity / 9.646
    night, r = 101.871 / 103.95 - 1, -0.1
    modelled = -3 * night * worth + kept * 9.646 * ((1 - 3 * r) / (1 - 3 * night) - 1)
    direction = -3 * units * (101.871 - 103.95) - 3 * units * kept / shares * (93.555 - 101.871)
    made = shares * (9.646 - 9.1) + kept * (11.83 - 9.646)
    assert [found[name][3] for name in SLEEVE] == pytest.approx(
        [
            direction,
            modelled - direction,
            worth * 4 * 0.036 / 360,
            -worth * 0.0365 / 365,
            -worth * 3 * 0.012 / 360,
            made - modelled - worth * 2 * 0.0001,
            -0.01 * (shares - kept) * 9.646,
        ]
    )
    assert found["core"][2] == pytest.approx(core_shares * 4.95)
    assert found["core_costs"][1] == pytest.approx(-0.01 * 0.8 * bought)
    assert all(found[name][0] == 0.0 for name in COLUMNS)


@settings(max_examples=120, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_columns_sum_to_the_change_of_equity_and_the_sleeves_to_what_it_made(keys, seed):
    setup, ledger = run(keys, source(seed))

    found = attribute(setup, ledger)

    tolerance = 1e-9 * np.abs(found.equity[1:])
    assert tuple(found.dollars) == COLUMNS
    assert (np.abs(sum(found.dollars.values())[1:] - np.diff(found.equity)) <= tolerance).all()
    assert (np.abs(found.sleeve - made_by_the_sleeve(setup, ledger))[1:] <= tolerance).all()


def made_by_the_sleeve(setup, ledger):
    """Follow the sleeve as an account of its own: worth now, less worth before, plus what was paid out."""
    made = np.zeros(len(ledger.equity))
    for t in range(1, ledger.last + 1):
        out, shares, price = 0.0, ledger.traded[t, -1], setup.prices.fill[t, -1]
        if not setup.terms.reinvest:
            out += ledger.shares[t - 1, -1] * setup.prices.split[t, -1] * setup.prices.dividend[t, -1]
        out += proceeds(setup.terms, -1, -shares, price) if shares < 0 else -cost(setup.terms, -1, shares, price)
        worth = [ledger.shares[k, -1] * setup.prices.close[k, -1] for k in (t - 1, t)]
        made[t] = worth[1] - worth[0] + out
    return made


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_carry_is_on_what_the_sleeve_was_worth_at_the_close_before(keys, seed):
    setup, ledger = run(keys, source(seed))
    sessions, alive = setup.market.run_sessions, ledger.last + 1
    calendar_days = (sessions[1:] - sessions[:-1]).astype(int)
    worth = (ledger.shares * setup.prices.close)[:-1, -1]

    found = attribute(setup, ledger, fee=0.02, spread=0.005).dollars

    owed = worth * calendar_days
    assert found["financing"][1:alive] == pytest.approx((owed * 4 * setup.cash_yield[:-1] / 360)[: alive - 1])
    assert found["fee"][1:alive] == pytest.approx((-owed * 0.02 / 365)[: alive - 1])
    assert found["spread"][1:alive] == pytest.approx((-owed * 3 * 0.005 / 360)[: alive - 1])


@settings(max_examples=40, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_without_a_hedge_all_of_the_sleeves_columns_are_nothing(keys, seed):
    setup, ledger = run(keys | {"hedge.weight": 0.0, "hedge.sizing": "fixed"}, source(seed))

    found = attribute(setup, ledger)

    assert not any(found.dollars[name].any() for name in SLEEVE)
    assert not found.weight.any()


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
@pytest.mark.parametrize("seed", range(5))
def test_direction_is_a_static_short_from_fill_to_fill(fill, seed):
    """Bought once and sold once, it makes -3 times the move of the index from fill to fill, on the dollars bought."""
    setup, ledger = run(FREE | {"execution.fill": fill, "portfolio.dividends": "reinvest"}, source(seed))
    index = setup.market.bars("AAA")
    level, row = index.total_return(), setup.market.first
    found = attribute(setup, ledger).dollars["direction"]

    def at_fill(t):
        """The index where orders fill: the close, or the open with the night's dividend and split."""
        if fill == "next_close":
            return level[row + t]
        before, carried = level[row + t - 1], setup.market.close("AAA")[row + t - 1]
        if np.isnan(index.open[row + t]):
            return before
        return before * (index.open[row + t] + index.dividend[row + t]) * index.split[row + t] / carried

    whole = [one for one in episodes_of(setup, ledger) if one.exited]
    assert whole
    for one in whole:
        bought = ledger.traded[one.entered, -1] * setup.prices.fill[one.entered, -1]
        move = at_fill(one.exited) / at_fill(one.entered) - 1.0
        assert found[one.entered : one.exited + 1].sum() == pytest.approx(-3.0 * bought * move)


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_selling_a_fraction_scales_the_static_short_and_buying_adds_at_the_index_of_the_day(fill):
    dates = nyse("2024-01-02", 6)
    closes = np.array([100.0, 110.0, 95.0, 105.0, 90.0, 120.0])
    core = make_bars("CORE", dates, closes, open=np.array([100.0, 104.0, 107.0, 99.0, 101.0, 96.0]))
    fund = make_bars("FUND", dates, [10.0, 8.0, 12.0, 9.0, 13.0, 7.0], open=[10.0, 9.0, 8.5, 11.0, 9.5, 12.0])
    setup, ledger = small(core, fund, {0: 0.2, 1: 0.1, 3: 0.3, 4: 0.0}, fill)
    price, level = (fund.open, core.open) if fill == "next_open" else (fund.close, core.close)
    held, units = 0.0, 0.0
    expected = np.zeros(6)
    for t in range(1, 6):
        night = level[t] if fill == "next_open" else closes[t]
        expected[t] = -3 * units * (night - closes[t - 1])
        shares = ledger.traded[t, -1]
        units = units + shares * price[t] / level[t] if shares > 0 else units * (1 + shares / held) if held else 0.0
        held += shares
        expected[t] += -3 * units * (closes[t] - night)

    assert np.count_nonzero(ledger.traded[:, -1]) == 4
    assert attribute(setup, ledger).dollars["direction"] == pytest.approx(expected)


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
@pytest.mark.parametrize("rebalance", ["never", "daily"])
@pytest.mark.parametrize("seed", [3, 8])
def test_a_fund_of_leverage_one_has_nothing_but_direction(fill, rebalance, seed):
    """The underlying itself, under another name, as its fund."""
    fed = source(seed, events=False, missing=False)
    twin = replace(fed.bars_by_name["AAA"], instrument="HHH")
    fed = replace(fed, bars_by_name={**fed.bars_by_name, "HHH": twin})
    keys = FREE | {"hedge.leverage": 1.0, "hedge.rebalance": rebalance, "execution.fill": fill}
    setup, ledger = run(keys | {"execution.cash_rate": 0.05}, fed)

    found = attribute(setup, ledger, **NO_CARRY)

    assert np.abs(found.dollars["direction"]).max() > 1.0
    assert found.dollars["direction"] == pytest.approx(found.sleeve, abs=1e-7)
    for name in ("compounding", "financing", "fee", "spread", "tracking"):
        assert found.dollars[name] == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_rebalanced_daily_direction_and_compounding_are_the_weight_times_the_index(seed):
    setup, ledger = run(
        FREE | {"hedge.rebalance": "daily", "execution.fill": "next_close", "hedge.weight": 0.15},
        source(seed, events=False, missing=False),
    )
    found, r = attribute(setup, ledger), index_of(setup).whole
    on = np.flatnonzero((ledger.shares[:-1, -1] > 0.0) & ledger.ordered[:-1]) + 1
    set_by_an_order = on[ledger.ordered[on - 2]]

    made = (found.dollars["direction"] + found.dollars["compounding"])[set_by_an_order]
    assert len(made) > 5
    assert made == pytest.approx(-3 * 0.15 * r[set_by_an_order] * found.equity[set_by_an_order - 1])


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
@pytest.mark.parametrize("dividends", ["reinvest", "cash"])
def test_a_fund_that_does_as_the_model_says_has_no_tracking(fill, dividends):
    keys = FREE | {"execution.fill": fill, "portfolio.dividends": dividends, "hedge.rebalance": "weekly"}
    fed = source(4, missing=False)
    rate = fed.series_by_name["RATE"].values / 100.0
    costs = {"fee": 0.02, "spread": 0.005} if fill == "next_close" else NO_CARRY
    if fill == "next_close":  # at the open, what the night's carry makes in the day is tracking
        keys |= {"execution.cash_rate": "RATE"}
    fed = replace(fed, bars_by_name={**fed.bars_by_name, "HHH": modelled(fed.bars_by_name["AAA"], rate, fill, **costs)})

    setup, ledger = run(keys, fed)

    assert attribute(setup, ledger, **costs).dollars["tracking"] == pytest.approx(0.0, abs=1e-7)


def modelled(index, rate, fill, fee, spread):
    """Make a fund's bars by the model: opens by the night, closes by the whole session."""
    level = index.total_return()
    r = np.concatenate(([0.0], level[1:] / level[:-1] - 1.0))
    night = np.concatenate(([0.0], (index.open[1:] + index.dividend[1:]) * index.split[1:] / index.close[:-1] - 1.0))
    n = np.concatenate(([0.0], np.diff(index.dates).astype(float)))
    f = np.concatenate(([0.0], rate[:-1])) if fill == "next_close" else 0.0
    close = 100.0 * np.cumprod(1.0 + fund_return(r, f, n, -3.0, fee, spread))
    opened = np.concatenate(([100.0], close[:-1])) * (1.0 - 3.0 * night)
    return make_bars("HHH", index.dates, close, open=opened)


def test_the_day_of_a_fund_is_told_from_the_exposure_of_the_last_close():
    """A dollar at -3 of 100 index: after a night at +10 it is 0.7 long 1.3 - worth 1 - 3 x 0.12 at the close."""
    dates = nyse("2024-01-02", 3)
    core = make_bars("CORE", dates, [100.0, 112.0, 200.0], open=[100.0, 110.0, 150.0])
    setup, _ = small(core, make_bars("FUND", dates, [10.0, 10.0, 10.0]), {})

    found = day_return(-3.0, index_of(setup))

    assert found[1] == pytest.approx(0.64 / 0.70 - 1.0)
    assert found[2] == pytest.approx(-3.0 * (200.0 / 150.0 - 1.0))  # the night of 34 % left nothing of the fund


def test_the_carry_is_the_funds_model():
    setup = laid_out({"execution.cash_rate": "RATE"}, source(1))
    n = np.diff(setup.market.run_sessions).astype(float)
    whole = fund_return(np.zeros(len(n)), setup.cash_yield[:-1], n, -3.0, 0.02, 0.004)

    assert carry_of(setup, setup.market.roles.leverage, 0.02, 0.004).total[1:] == pytest.approx(whole, abs=1e-18)


def test_a_session_without_a_bar_of_the_underlying_returns_nothing_and_the_next_all():
    """The core is another instrument, and the underlying pays and splits around its missing bar."""
    dates = days(34)
    index = make_bars("AAA", dates, np.linspace(50.0, 83.0, 34), open={33: 160.0}, split={33: 0.5}, dividend={31: 2.0})
    index = replace(index, close=np.where(np.arange(34) == 33, 150.0, index.close))
    bars = {
        "AAA": index.rows(np.arange(34) != 32),
        "BBB": make_bars("BBB", dates, np.full(34, 20.0)),
        "HHH": make_bars("HHH", dates, np.full(34, 5.0)),
    }
    fed = replace(source(0), bars_by_name=bars)
    found = index_of(laid_out({"portfolio.core": {"BBB": 1.0}}, fed))  # t=0 is row 30

    assert found.whole == pytest.approx([0.0, (81.0 + 2.0) / 80.0 - 1.0, 0.0, 150.0 * 0.5 / 81.0 - 1.0])
    assert found.night == pytest.approx([0.0, (81.0 + 2.0) / 80.0 - 1.0, 0.0, 160.0 * 0.5 / 81.0 - 1.0])
    assert found.level[-1] == pytest.approx(83.0 / 80.0 * 75.0 / 81.0)


def test_an_expense_ratio_added_back_lifts_the_index_by_its_days():
    dates = nyse("2024-01-05", 3)  # Friday, Monday, Tuesday
    core = make_bars("CORE", dates, [100.0, 100.0, 100.0])
    setup, _ = small(core, make_bars("FUND", dates, [10.0, 10.0, 10.0]), {})

    assert index_of(setup, added_back=0.00365).whole == pytest.approx([0.0, 3e-5, 1e-5])


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_a_book_that_is_ruined_has_nothing_after_it(fill):
    """On margin, all of equity in the fund beside the core: both fall through the floor in one session."""
    dates = nyse("2024-01-02", 6)
    core = make_bars("CORE", dates, [100.0, 100.0, 100.0, 40.0, 50.0, 50.0])
    fund = make_bars("FUND", dates, [10.0, 10.0, 10.0, 2.0, 3.0, 3.0])
    setup, ledger = small(core, fund, {0: 1.0}, fill, funding="margin")

    found = attribute(setup, ledger)

    assert ledger.last == 3
    assert found.equity[3:] == pytest.approx([-400.0] * 3)
    assert found.dollars["core"][3] == pytest.approx(-600.0)
    assert found.sleeve[3] == pytest.approx(-800.0)
    assert not any(column[4:].any() for column in found.dollars.values())
    assert found.weight[3:] == pytest.approx(0.0)


def test_what_a_limit_order_saved_is_in_the_costs_of_the_hedge():
    """Somebody's own strategy bought the fund at 9 in a session that opened at 10, and sold it short later."""
    dates = nyse("2024-01-02", 4)
    core = make_bars("CORE", dates, [100.0, 100.0, 100.0, 100.0])
    fund = make_bars("FUND", dates, [10.0, 10.0, 11.0, 12.0])
    setup, empty = small(core, fund, {})
    shares = np.array([[0.0, 0.0], [0.0, 10.0], [0.0, -5.0], [0.0, -5.0]])
    cash = np.array([1000.0, 910.0, 910.0 + 15 * 11.0, 910.0 + 15 * 11.0])
    ledger = empty._replace(
        shares=shares,
        traded=np.diff(shares, axis=0, prepend=0.0),
        cash=cash,
        equity=cash + shares[:, -1] * fund.close,
    )

    found = attribute(setup, ledger, **NO_CARRY)

    assert found.dollars["hedge_costs"] == pytest.approx([0.0, 10.0, 0.0, 0.0])
    assert found.dollars["tracking"] == pytest.approx([0.0, 0.0, 10.0, -5.0])  # the index stands still
    assert not found.dollars["core_costs"].any()


@settings(max_examples=15, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_what_backtrader_did_sums_too(keys, seed):
    setup = laid_out(keys, source(seed))

    found = attribute(setup, run_in_backtrader(setup))

    assert (np.abs(sum(found.dollars.values())[1:] - np.diff(found.equity)) <= 1e-9 * np.abs(found.equity[1:])).all()


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_the_last_session_changes_nothing_before_it(fill):
    fed = source(6, missing=False)
    other = replace(
        fed,
        bars_by_name={
            name: replace(bars, **{each: moved(getattr(bars, each)) for each in ("open", "high", "low", "close")})
            for name, bars in fed.bars_by_name.items()
        },
    )
    keys = {"execution.fill": fill, "hedge.rebalance": "weekly", "execution.cash_rate": "RATE"}

    one, two = (attribute(*run(keys, each)).dollars for each in (fed, other))

    assert all(np.array_equal(one[name][:-1], two[name][:-1]) for name in COLUMNS)
    assert one["core"][-1] != two["core"][-1]


def moved(prices):
    return np.concatenate((prices[:-1], prices[-1:] * 1.07))


def test_the_made_up_books_have_something_in_every_column():
    """So that the sums above are of something."""
    keys = {"hedge.funding": "cash_buffer", "hedge.rebalance": "weekly", "execution.cash_rate": 0.05}
    for seed in range(5):
        found = attribute(*run(keys, source(seed)))
        assert all(np.abs(found.dollars[name]).max() > 0.0 for name in COLUMNS)
