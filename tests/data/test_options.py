"""Options that roll: the schedule by the calendar, volatilities by hand, paths against a loop of their own."""

import datetime as dt
import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import days, nyse

from data.arrays import DAY, day
from data.calendar import nyse_sessions
from data.errors import ConfigError
from data.options import (
    BID_ASK,
    MONTHLY,
    QUARTERLY,
    Contract,
    Schedule,
    UnderlyingHistory,
    base_volatility,
    collar,
    option_path,
    put,
    put_spread,
    strike_volatility,
    trailing_yield,
)
from engine.rules import Prices, Terms, open_session
from strategies.signals.volatility import realised_volatility

LEGS = [*put_spread(0.97, 0.9), *collar(0.95, 1.1, QUARTERLY, MONTHLY), Contract("put", 1.02, -1, MONTHLY, 0.0)]
COLUMNS = ("open", "close", "carried", "dividend", "split", "strike", "expiry", "delta")


def underlying(seed=0, count=150, split=None, first="2024-01-02"):
    """Make one whose every input moves, in the share basis that its splits make."""
    rng = np.random.default_rng(seed)
    sessions = nyse(first, count)
    whole = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, count)))
    opened = np.append(whole[0], whole[:-1]) * np.exp(rng.normal(0.0, 0.01, count))
    split = np.ones(count) if split is None else split
    basis = np.cumprod(np.append(1.0, split[1:]))
    volatility, rate, paid_out = (rng.uniform(*span, count) for span in ((0.1, 0.6), (0.0, 0.06), (0.0, 0.03)))
    return UnderlyingHistory(sessions, opened / basis, whole / basis, split, volatility, rate, paid_out)


def splits(count=150, **rows):
    made = np.ones(count)
    for row, ratio in rows.items():
        made[int(row[1:])] = ratio
    return made


# ---- the schedule


def test_it_rolls_on_third_fridays_and_before_holidays():
    """18 April 2014 and 15 April 2022 were Good Fridays, 19 June 2026 is Juneteenth."""
    assert MONTHLY.rolls(day("2014-03-01"), day("2014-05-31")).tolist() == [
        dt.date(2014, 3, 21),
        dt.date(2014, 4, 17),
        dt.date(2014, 5, 16),
    ]
    assert MONTHLY.rolls(day("2022-04-01"), day("2022-04-30")).tolist() == [dt.date(2022, 4, 14)]
    assert MONTHLY.rolls(day("2026-06-01"), day("2026-06-30")).tolist() == [dt.date(2026, 6, 18)]


def test_both_ends_are_included_and_a_roll_on_the_last_day_may_be_due_after_it():
    assert MONTHLY.rolls(day("2014-04-17"), day("2014-04-17")).tolist() == [dt.date(2014, 4, 17)]
    assert MONTHLY.rolls(day("2014-04-16"), day("2014-04-16")).tolist() == []
    assert MONTHLY.rolls(day("2014-04-18"), day("2014-05-15")).tolist() == []
    assert MONTHLY.rolls(day("2023-11-17"), day("2023-12-15")).tolist() == [
        dt.date(2023, 11, 17),
        dt.date(2023, 12, 15),
    ]
    assert Schedule(1, 1, "Mon").rolls(day("2023-12-29"), day("2023-12-29")).tolist() == [dt.date(2023, 12, 29)]
    assert Schedule(1, 1, "Mon").rolls(day("2024-08-30"), day("2024-08-30")).tolist() == [dt.date(2024, 8, 30)]


def test_longer_tenors_roll_in_the_same_months_every_year():
    year = day("2025-01-01"), day("2025-12-31")

    assert [each.month for each in QUARTERLY.rolls(*year).tolist()] == [3, 6, 9, 12]
    assert [each.month for each in Schedule(2).rolls(*year).tolist()] == [2, 4, 6, 8, 10, 12]
    assert [each.month for each in Schedule(12).rolls(*year).tolist()] == [12]
    assert QUARTERLY.rolls(day("1968-01-01"), day("1968-12-31")).tolist()[0] == dt.date(1968, 3, 15)


def test_cboe_rolled_its_quarterly_puts_on_these_days():
    assert QUARTERLY.rolls(day("2024-09-01"), day("2025-06-30")).tolist() == [
        dt.date(2024, 9, 20),
        dt.date(2024, 12, 20),
        dt.date(2025, 3, 21),
        dt.date(2025, 6, 20),
    ]


@given(
    st.integers(1, 4),
    st.sampled_from(["Mon", "Tue", "Wed", "Thu", "Fri"]),
    st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)),
)
@settings(max_examples=40)
def test_any_roll_day_is_the_session_on_or_before_it(week, weekday, first):
    last = first + dt.timedelta(days=200)
    expected = []
    for offset in range(220):
        due = first + dt.timedelta(days=offset)
        if due.strftime("%a") == weekday and (due.day - 1) // 7 == week - 1:
            held = nyse_sessions(day(due) - 10 * DAY, day(due))[-1].item()
            expected += [held] * (first <= held <= last)

    assert Schedule(1, week, weekday).rolls(day(first), day(last)).tolist() == expected


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Schedule(5), "5 months: choose 1, 2, 3, 4, 6 or 12"),
        (lambda: Schedule(1, 5), "week 5 of the month: choose 1 to 4"),
        (lambda: Schedule(1, 3, "Friday"), "roll on 'Friday': choose Mon, Tue"),
        (lambda: Contract("Call", 1.1), "'Call', side 1: choose put or call"),
        (lambda: Contract("call", 1.1, 0), "'call', side 0: choose put or call, side 1 or -1"),
        (lambda: Contract("put", 0.0), "a put's strike is 0 of spot"),
        (lambda: Contract("put", math.nan), "a put's strike is nan of spot"),
        (lambda: Contract("call", 1.1, bid_ask=1.0), "a call's bid-ask is 1 of its premium"),
        (lambda: Contract("call", 1.1, bid_ask=-0.1), "a call's bid-ask is -0.1 of its premium"),
        (lambda: put_spread(0.9, 0.95), "sells a put at 0.95 of spot: choose less than 0.9"),
        (lambda: collar(0.95, 0.9), "sells a call at 0.9 of spot: choose more than 0.95"),
    ],
)
def test_what_no_option_can_be_is_refused_in_one_line(make, words):
    with pytest.raises(ConfigError, match=words):
        make()


def test_kinds_are_legs_with_sides():
    assert [(leg.right, leg.moneyness, leg.side) for leg in put(0.9)] == [("put", 0.9, 1)]
    assert [(leg.right, leg.moneyness, leg.side) for leg in put_spread()] == [("put", 0.95, 1), ("put", 0.85, -1)]
    long, short = collar(schedule=QUARTERLY)
    assert (long.right, long.side, short.right, short.side) == ("put", 1, "call", -1)
    assert long.schedule == short.schedule == QUARTERLY
    assert collar(0.95, 1.1, QUARTERLY, MONTHLY)[1].schedule == MONTHLY


# ---- volatilities


def test_a_skew_adds_points_below_spot_and_takes_them_away_above():
    base, spot = np.full(4, 0.2), np.full(4, 100.0)
    strikes = np.array([90.0, 95.0, 100.0, 110.0])

    assert strike_volatility(base, spot, strikes, 0.05) == pytest.approx([0.25, 0.225, 0.2, 0.15])
    assert strike_volatility(base, spot, strikes, 0.0) == pytest.approx(base)


def test_no_strike_has_less_than_half_the_base_and_what_is_unknown_stays_unknown():
    base = np.array([0.2, 0.2, np.nan])

    assert strike_volatility(base, np.full(3, 100.0), np.array([120.0, 300.0, 95.0]), 0.05) == pytest.approx(
        [0.1, 0.1, np.nan], nan_ok=True
    )


def test_vix_is_scaled_by_realised_volatilities():
    rng = np.random.default_rng(1)
    moves = rng.normal(0.0, 0.01, 120)
    spy, own = 100.0 * np.exp(np.cumsum(moves)), 50.0 * np.exp(np.cumsum(2.5 * moves))
    vix = rng.uniform(10.0, 40.0, 120)
    known = base_volatility(vix, (own, spy))

    assert np.isnan(known[:63]).all()
    assert known[63:] == pytest.approx(vix[63:] / 100.0 * 2.5)
    assert base_volatility(vix).tolist() == (vix / 100.0).tolist()


def test_realised_volatility_is_that_of_the_signals_to_the_last_bit():
    rng = np.random.default_rng(2)
    spy, own = np.exp(np.cumsum(rng.normal(0.0, 0.02, (2, 200)), axis=1))
    own[[10, 150]] = np.nan
    vix = rng.uniform(10.0, 40.0, 200)
    ratio = vix / 100.0 * realised_volatility(own, 63) / realised_volatility(spy, 63)

    np.testing.assert_array_equal(base_volatility(vix, (own, spy)), ratio)


def test_too_short_a_history_and_a_spy_that_never_moved_tell_nothing():
    assert np.isnan(base_volatility(np.full(50, 20.0), (np.arange(1.0, 51.0), np.arange(1.0, 51.0)))).all()
    assert np.isnan(base_volatility(np.full(90, 20.0), (np.arange(1.0, 91.0), np.ones(90)))).all()


def test_dividends_of_a_year_are_a_yield():
    sessions = nyse("2022-01-03", 600)
    close, dividend = np.full(600, 100.0), np.zeros(600)
    dividend[50::63] = 0.5  # four a year
    close[120], dividend[120] = np.nan, np.nan
    yields = trailing_yield(sessions, close, dividend)

    assert yields[49] == 0.0
    assert yields[50] == pytest.approx(math.log1p(0.005))
    assert yields[330:] == pytest.approx(4 * math.log1p(0.005))


# ---- paths


def phi(x):
    return math.erfc(-x / math.sqrt(2.0)) / 2.0


def worth(right, spot, strike, n, base, rate, paid_out, skew):
    """Price an option by the textbook, in plain floats."""
    if n <= 0:
        return max(spot - strike if right == "call" else strike - spot, 0.0)
    sigma = max(base + skew * (1.0 - strike / spot) * 10.0, base / 2.0) * math.sqrt(n / 365.0)
    s, k = spot * math.exp(-paid_out * n / 365.0), strike / (1.0 + rate * n / 360.0)
    d1 = math.log(s / k) / sigma + sigma / 2.0
    call = s * phi(d1) - k * phi(d1 - sigma)
    return call if right == "call" else call - s + k


def third_friday(year, month):
    """Return it, or the day before where that is no session."""
    fridays = [dt.date(year, month, number) for number in range(15, 22) if dt.date(year, month, number).weekday() == 4]
    return nyse_sessions(day(fridays[0]) - 5 * DAY, day(fridays[0]))[-1].item()


def cash_flows(leg, at, skew):
    """Hold one contract share of the first session's basis, roll by roll: what is paid and received, then sell.

    Everything is reckoned in that basis, so that no split is ever seen.
    """
    basis = np.cumprod(np.append(1.0, at.split[1:]))
    spot, half = at.close * basis, leg.bid_ask / 2.0
    dates = at.sessions.tolist()
    held, strike, expiry, flows = False, 0.0, dates[0], []
    for t, date in enumerate(dates):
        due = third_friday(date.year, date.month)
        rolls = date == due and date.month % leg.schedule.tenor == 0
        terms = at.volatility[t], at.rate[t], at.dividend_yield[t], skew
        if rolls:
            settled = max((spot[t] - strike) * (1 if leg.right == "call" else -1), 0.0) if held else None
            year, month = divmod(date.year * 12 + date.month - 1 + leg.schedule.tenor, 12)
            strike, expiry = leg.moneyness * spot[t], third_friday(year, month + 1)
            premium = worth(leg.right, spot[t], strike, (expiry - date).days, *terms)
            if held and t + 1 < len(dates):
                flows.append(settled - premium * (1.0 + half * leg.side))
            held = True
            last = settled if settled is not None else math.nan
        elif held:
            last = worth(leg.right, spot[t], strike, (expiry - date).days, *terms)
    return flows, last


@pytest.mark.parametrize("leg", LEGS, ids=lambda leg: f"{leg.side}-{leg.right}-{leg.moneyness}-{leg.schedule.tenor}")
@pytest.mark.parametrize("count", [150, 52, 53])
def test_holding_a_contract_share_pays_what_a_loop_of_its_own_pays(leg, count):
    """52 sessions end with the roll of March, 53 with the session after it."""
    at = underlying(3, count, splits(count, r30=3.0, r51=0.25))
    path = option_path(leg, at, 0.05)
    shares = np.cumprod(path.split)
    flows, last = cash_flows(leg, at, 0.05)

    assert (path.dividend * shares).sum() == pytest.approx(sum(flows), rel=1e-10)
    assert [flow for flow in path.dividend * shares if flow] == pytest.approx(flows, rel=1e-10)
    assert path.close[-1] * shares[-1] == pytest.approx(last, rel=1e-10, nan_ok=True)


@pytest.mark.parametrize("leg", LEGS, ids=str)
def test_the_engines_rules_pay_what_that_loop_pays(leg):
    """A book without cash holds a contract share, long or short: overnight rules alone, with dividends in cash."""
    at = underlying(3, 150, splits(150, r30=3.0, r51=0.25))
    path = option_path(leg, at, 0.05)
    none, two = np.zeros(150), np.zeros(2)
    columns = (np.column_stack((at.close, each)) for each in (path.open, path.close, path.open))
    events, spot = (np.column_stack((none, path.dividend)), np.column_stack((at.split, path.split))), none
    prices = Prices(*columns, *events, level=none, spot=spot, spot_fill=spot)
    kinds, borrow = np.array([True, False]), np.full(150, 0.1)  # reinvested and lent, were it a share
    flags = {"reinvest": True, "whole": False, "margin": True, "stock": kinds}
    terms = Terms(0.0, np.ones(1), two, two, two, two, none, none, borrow, **flags, levy=two)
    bought = int(np.flatnonzero(~np.isnan(path.close))[0])
    shares, cash = np.array([0.0, leg.side * np.cumprod(path.split)[bought]]), 0.0
    for t in range(bought + 1, 150):
        cash = open_session(prices, terms, t, cash, shares)
    flows, last = cash_flows(leg, at, 0.05)

    assert cash == pytest.approx(leg.side * sum(flows), rel=1e-10)
    assert shares[1] * path.close[-1] == pytest.approx(leg.side * last, rel=1e-10)


def test_a_path_by_hand():
    """A month's put at 95 %: bought at the third Friday's close, it opens, is marked, settled, and bought again."""
    at = underlying(4, 45, splits(45, r25=2.0))
    rolls = np.searchsorted(at.sessions, days("2024-01-19", "2024-02-16"))
    path = option_path(put()[0], at, 0.0)
    first, second = rolls
    strike = 0.95 * at.close[first]

    def put_at(spot, strike, n, known):
        return worth("put", spot, strike, n, at.volatility[known], at.rate[known], at.dividend_yield[known], 0.0)

    assert np.isnan(path.close[: first + 1]).all()
    assert np.isnan(path.open[: first + 1]).all()
    assert path.carried[first] == pytest.approx(put_at(at.close[first], strike, 28, first))
    assert path.open[first + 1] == pytest.approx(put_at(at.open[first + 1], strike, 25 + 6.5 / 24, first))
    assert path.close[first + 1] == pytest.approx(put_at(at.close[first + 1], strike, 25, first + 1))
    assert path.strike[[24, 25]] == pytest.approx([strike, strike / 2])
    assert path.close[25] == pytest.approx(put_at(at.close[25], strike / 2, 9, 25))
    assert path.open[second] == pytest.approx(put_at(at.open[second], strike / 2, 6.5 / 24, second - 1))
    assert path.close[second] == pytest.approx(max(strike / 2 - at.close[second], 0.0))
    premium = put_at(at.close[second], 0.95 * at.close[second], 28, second)
    assert path.carried[second] == pytest.approx(premium)
    assert np.flatnonzero(path.dividend).tolist() == [second + 1]
    assert path.dividend[second + 1] == pytest.approx(path.close[second] - premium * (1.0 + BID_ASK / 2.0))
    assert path.expiry[[first - 1, first, second - 1, second]].astype(object).tolist() == [
        None,
        dt.date(2024, 2, 16),
        dt.date(2024, 2, 16),
        dt.date(2024, 3, 15),
    ]


def test_a_short_leg_sells_at_the_bid():
    at = underlying(5, 50)
    long, short = (option_path(Contract("call", 1.05, side), at) for side in (1, -1))
    paid = np.flatnonzero(long.dividend)

    assert len(paid) == 1
    premium = long.carried[paid - 1]
    assert short.dividend[paid] - long.dividend[paid] == pytest.approx(BID_ASK * premium)
    assert np.array_equal(short.close, long.close, equal_nan=True)


@given(st.lists(st.tuples(st.integers(1, 149), st.sampled_from([0.1, 0.5, 2.0, 3.0])), max_size=4))
@settings(max_examples=25)
def test_splits_change_no_holders_worth(events):
    ratios = np.ones(150)
    for row, ratio in events:
        ratios[row] = ratio
    for leg in LEGS[:1] + LEGS[2:4]:
        whole, parted = (option_path(leg, underlying(6, 150, split)) for split in (None, ratios))
        shares = np.cumprod(ratios)

        for column in ("open", "close", "carried", "dividend", "strike"):
            as_if = getattr(parted, column) * shares
            np.testing.assert_allclose(as_if, getattr(whole, column), rtol=1e-11, atol=1e-11, err_msg=column)
        np.testing.assert_allclose(parted.delta, whole.delta, rtol=1e-11, atol=1e-11)


def test_a_split_on_a_roll_and_on_the_day_after_it():
    row = int(np.searchsorted(underlying().sessions, day("2024-02-16")))
    ratios = np.ones(150)
    ratios[row], ratios[row + 1] = 2.0, 5.0
    whole, parted = (option_path(put(1.05)[0], underlying(7, 150, split)) for split in (None, ratios))

    assert parted.dividend[row + 1] == pytest.approx(whole.dividend[row + 1] / 10.0)
    assert parted.strike[row + 1] == pytest.approx(whole.strike[row + 1] / 10.0)


@pytest.mark.parametrize("right", ["put", "call"])
def test_delta_is_of_the_contract_carried_overnight(right):
    at = underlying(8, 60)
    roll = int(np.searchsorted(at.sessions, day("2024-02-16")))
    path = option_path(Contract(right, 0.95), at, 0.0)
    spot, terms = at.close[roll], (at.volatility[roll], at.rate[roll], at.dividend_yield[roll], 0.0)
    up, down = (worth(right, spot + step, 0.95 * spot, 28, *terms) for step in (1e-4, -1e-4))

    assert path.delta[roll] == pytest.approx((up - down) / 2e-4, abs=1e-7)


@pytest.mark.parametrize("leg", LEGS[:4], ids=str)
def test_no_earlier_row_hangs_on_a_later_one_nor_an_open_on_its_session(leg):
    at = underlying(9, 100)
    for row in (60, 51, 52):  # 51 is a roll
        changed = {
            each.name: np.concatenate((getattr(at, each.name)[:row], getattr(at, each.name)[row:] * 1.5))
            for each in fields(UnderlyingHistory)
            if each.name not in {"sessions", "open", "split"}
        }
        before, after = option_path(leg, at), option_path(leg, replace(at, **changed))

        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(before, name)[:row], getattr(after, name)[:row])
        for name in ("open", "dividend"):
            np.testing.assert_array_equal(getattr(before, name)[row], getattr(after, name)[row])


def test_history_that_ends_earlier_or_begins_earlier_changes_nothing():
    at = underlying(10, 140)
    whole = option_path(put(0.95, QUARTERLY)[0], at)
    roll = int(np.searchsorted(at.sessions, day("2024-03-15")))
    for part in (slice(0, 80), slice(0, roll + 1), slice(roll - 1, 140)):
        cut = UnderlyingHistory(**{each.name: getattr(at, each.name)[part] for each in fields(UnderlyingHistory)})
        path = option_path(put(0.95, QUARTERLY)[0], cut)

        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(path, name)[3:], getattr(whole, name)[part][3:])


def test_a_contract_whose_expiry_has_no_bar_is_settled_at_the_next_session():
    at = underlying(11, 50)
    roll = int(np.searchsorted(at.sessions, day("2024-02-16")))
    keep = np.arange(50) != roll
    holed = UnderlyingHistory(**{each.name: getattr(at, each.name)[keep] for each in fields(UnderlyingHistory)})
    path = option_path(put(1.05)[0], holed)
    strike = 1.05 * at.close[int(np.searchsorted(at.sessions, day("2024-01-19")))]

    assert path.close[roll] == pytest.approx(max(strike - holed.close[roll], 0.0))
    assert path.open[roll] == pytest.approx(max(strike - holed.open[roll], 0.0))
    assert path.strike[roll] == pytest.approx(1.05 * holed.close[roll])
    assert path.expiry[roll] == day("2024-03-15")
    assert np.flatnonzero(path.dividend).tolist() == [roll + 1]


def test_what_is_not_known_is_nan_where_it_counts_and_nowhere_else():
    at = underlying(12, 60)
    roll = int(np.searchsorted(at.sessions, day("2024-02-16")))
    unknown = at.volatility.copy()
    unknown[roll] = np.nan
    path, whole = option_path(put()[0], replace(at, volatility=unknown)), option_path(put()[0], at)

    assert np.isnan([path.carried[roll], path.delta[roll], path.open[roll + 1], path.dividend[roll + 1]]).all()
    assert np.isnan(path.close[roll])
    rest = np.delete(np.arange(60), [roll, roll + 1])
    for name in ("open", "close", "dividend"):
        np.testing.assert_array_equal(getattr(path, name)[rest], getattr(whole, name)[rest])


def test_sessions_without_a_roll_hold_nothing():
    at = underlying(13, 8)
    path = option_path(put()[0], at)

    assert np.isnan(path.close).all()
    assert not path.dividend.any()
    assert np.isnat(path.expiry).all()
