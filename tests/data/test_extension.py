"""Synthetic bars by hand, spliced exactly, blind to what comes after; and what an extension leaves open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import days, make_bars, nyse, random_bars

from data.bars import COLUMNS, PRICES
from data.errors import DataError
from data.extension import (
    HIGHEST,
    LOWEST,
    Driver,
    Extension,
    FundTerms,
    extend,
    index_driver,
    percent,
    terms_of,
    with_opens_from,
)

DATES = days("2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08")
CORE = make_bars(
    "CORE",
    DATES,
    [100, 102, 51.51, 52.0251, 52.0251],
    open=[100, 101, 50, 52, 52],
    high=[100, 103, 52, 53, 53],
    low=[100, 98, 49, 51, 51],
    dividend={2: 0.51},
    split={2: 2.0},
)
FUND = make_bars("FUND", DATES[3:], [20.0, 19.0], open=[20.5, 20.0], volume=[5e5, 6e5])
ROUND = FundTerms(-3.0, 0.0365, 0.012, 0.0, 0.025)
"""With a rate of 3.6 % a day earns 4 bp, and costs 1 bp of fee and 1 of spread: 2 bp a calendar day are left."""
INDEX = FundTerms(1.0, 0.0, 0.0, 0.0, 0.01)


def driver_of(bars):
    return Driver(bars, np.ones(len(bars), bool))


def extended(real=FUND, before=None, core=CORE, terms=ROUND, shift=0, rate=0.036):
    return extend(real, before, driver_of(core), np.full(len(core), rate), terms, shift)


def returns(bars):
    level = bars.total_return()
    return level[1:] / level[:-1] - 1


def same(bars, other):
    return all(getattr(bars, name).tobytes() == getattr(other, name).tobytes() for name in ("dates", *COLUMNS))


# By hand


def test_three_sessions_by_hand() -> None:
    """Closes of +2, +2 (dividend and split in, three nights) and +1 %; the last is the one into the first real bar."""
    made = extended()
    np.testing.assert_array_equal(made.bars.dates, DATES[1:])
    friday, monday, tuesday = 1 - 0.06 + 0.0002, 1 - 0.06 + 0.0006, 1 - 0.03 + 0.0002
    close = [20 / tuesday / monday, 20 / tuesday]
    np.testing.assert_allclose(made.bars.close[:2], close, rtol=1e-14)
    before = [close[0] / friday, close[0]]
    opened = [1 - 3 * 0.01 + 0.0002, 1 - 3 * ((50 + 0.51) / 51 - 1) + 0.0006]
    high = [1 + 3 * 0.02 + 0.0002, 1 - 3 * ((49 + 0.51) / 51 - 1) + 0.0006]  # where the core is low
    low = [1 - 3 * 0.03 + 0.0002, 1 - 3 * ((52 + 0.51) / 51 - 1) + 0.0006]
    for name, moves in (("open", opened), ("high", high), ("low", low)):
        np.testing.assert_allclose(getattr(made.bars, name)[:2], np.multiply(before, moves), rtol=1e-14)
    assert np.isnan(made.bars.volume[:2]).all()
    np.testing.assert_array_equal([made.bars.dividend[:2], made.bars.split[:2]], [[0, 0], [1, 1]])
    assert (made.first_real, len(made.notional)) == (DATES[3], 0)


def test_dividends_of_an_index_accrue_by_the_day() -> None:
    terms = replace(ROUND, dividend_yield={"2020-01-01": 0.0365, "2020-01-06": 0.073})
    plain, with_yield = extended(), extended(terms=terms)
    moved = returns(with_yield.bars)[0] - returns(plain.bars)[0]
    assert moved == pytest.approx(-3 * 0.073 * 3 / 365)


@pytest.mark.parametrize("shift", [-1, 1])
def test_the_band_shifts_every_synthetic_price_by_the_day(shift: int) -> None:
    plain, shifted = extended(), extended(shift=shift)
    assert returns(shifted.bars)[0] - returns(plain.bars)[0] == pytest.approx(shift * 0.025 * 3 / 365)
    opened = [made.bars.open[1] / made.bars.close[0] for made in (plain, shifted)]
    assert opened[1] - opened[0] == pytest.approx(shift * 0.025 * 3 / 365)
    assert same(shifted.bars.rows(slice(2, None)), FUND)


# The splice


def test_real_bars_stay_as_they_are_to_the_bit() -> None:
    for before in (None, "2020-01-06", "2020-01-08"):
        made = extended(before=before)
        kept = FUND.rows(FUND.dates >= made.first_real)
        assert same(made.bars.rows(slice(-len(kept), None)), kept)


def test_the_model_s_return_leads_into_the_first_real_bar() -> None:
    assert returns(extended().bars)[-2] == pytest.approx(-0.03 + 0.0002, abs=1e-14)


def test_the_first_real_bar_s_own_split_and_dividend_are_chained_through() -> None:
    real = replace(FUND, split=np.array([0.1, 1.0]), dividend=np.array([0.4, 0.0]))
    made = extended(real)
    assert returns(made.bars)[-2] == pytest.approx(-0.03 + 0.0002, abs=1e-14)
    assert made.bars.close[1] == pytest.approx((20 + 0.4) * 0.1 / (1 - 0.03 + 0.0002))


def test_where_a_real_bar_stands_before_its_return_is_real() -> None:
    made = extended(before="2020-01-08")
    assert made.first_real == DATES[4]
    assert made.bars.close[2] == FUND.close[0]
    assert returns(made.bars)[-1] == returns(FUND)[-1]
    assert made.bars.open[2] == pytest.approx(made.bars.close[1] * (1 - 3 * (52 / 51.51 - 1) + 0.0002))


def test_a_hole_in_the_driver_before_the_splice_is_bridged_by_the_model() -> None:
    core = CORE.onto(DATES[[0, 1, 2, 4]])
    made = extended(before="2020-01-08", core=core)
    assert returns(made.bars)[-1] == pytest.approx(-3 * 0.01 + 2 * 0.0002, abs=1e-14)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 60))
def test_leverage_one_without_costs_is_the_driver(seed: int, real_row: int) -> None:
    dates = nyse("2019-01-02", 64)
    core = random_bars("CORE", dates, np.random.default_rng(seed))
    own = random_bars("OWN", dates[real_row:], np.random.default_rng(seed + 1))
    made = extended(own, core=core, terms=INDEX).bars
    np.testing.assert_allclose(returns(made)[: real_row - 1], returns(core)[1:real_row], atol=1e-13)
    np.testing.assert_allclose(returns(made)[real_row - 1 :], returns(own), atol=1e-13)
    opened = (core.open[1:] + core.dividend[1:]) * core.split[1:] / core.close[:-1]
    np.testing.assert_allclose(
        made.open[1 : real_row - 1] * made.split[1 : real_row - 1] / made.close[: real_row - 2],
        opened[1 : real_row - 1],
        rtol=1e-13,
    )


# Share prices


def decaying(sd=0.03, count=1500, seed=4):
    dates = nyse("2010-01-04", count)
    core = random_bars("CORE", dates, np.random.default_rng(seed), sd=sd)
    real = make_bars("FUND", dates[-2:], [30.0, 31.0])
    return extend(real, None, driver_of(core), np.full(count, 0.02), ROUND)


def test_splits_keep_the_price_where_it_can_be_traded() -> None:
    bars = decaying().bars
    splits = bars.split[bars.split != 1]
    assert len(splits) >= 4
    np.testing.assert_array_equal(splits[splits < 1], 0.1)
    np.testing.assert_array_equal(splits[splits > 1], 10.0)
    assert (bars.close.min() >= LOWEST, bars.close.max() <= HIGHEST) == (True, True)


def test_splits_leave_every_return_alone() -> None:
    """The same history without them, in one share basis, to 1e-12."""
    bars = decaying().bars
    basis = np.cumprod(bars.split[::-1])[::-1] / bars.split  # new shares for one of that session's
    plain = replace(bars, **{name: getattr(bars, name) / basis for name in PRICES}, split=np.ones(len(bars)))
    assert plain.close.max() > 1000 * HIGHEST
    ratio = bars.total_return() / plain.total_return()
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
    np.testing.assert_allclose(
        (bars.open[1:] * bars.split[1:] / bars.close[:-1]), plain.open[1:] / plain.close[:-1], rtol=1e-12
    )


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]))
def test_high_and_low_enclose_open_and_close(seed: int, leverage: float) -> None:
    core = random_bars("CORE", nyse("2019-01-02", 40), np.random.default_rng(seed))
    real = make_bars("FUND", core.dates[-2:], [30.0, 31.0])
    bars = extended(real, core=core, terms=replace(ROUND, leverage=leverage)).bars
    assert (bars.low > 0).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()


# No look-ahead


def test_what_comes_later_changes_no_return_before_it() -> None:
    dates = nyse("2010-01-04", 300)
    core = random_bars("CORE", dates, np.random.default_rng(3))
    real = make_bars("FUND", dates[250:], np.linspace(30.0, 40.0, 50))
    before = extended(real, core=core).bars
    jolted = {name: getattr(core, name).copy() for name in (*PRICES, "dividend")}
    for column in jolted.values():
        column[200:] *= 1.1
    after = extended(real, core=replace(core, **jolted)).bars
    np.testing.assert_allclose(returns(after)[:198], returns(before)[:198], rtol=0, atol=1e-14)
    assert returns(after)[198] < returns(before)[198] - 0.2  # row 199 is the jolt's
    np.testing.assert_allclose(returns(after)[199:], returns(before)[199:], rtol=0, atol=1e-14)
    later = extended(make_bars("FUND", dates[250:], np.linspace(30.0, 80.0, 50)), core=core).bars
    np.testing.assert_allclose(returns(later)[:249], returns(before)[:249], rtol=0, atol=1e-14)


def test_the_driver_s_later_history_is_never_read() -> None:
    assert same(extended(core=CORE).bars, extended(core=CORE.rows(slice(0, 4))).bars)


# What can't be


def test_a_fund_that_is_wiped_out_is_refused_with_the_day() -> None:
    jump = replace(CORE, high=np.array([100, 103, 68.5, 53, 53]))
    with pytest.raises(DataError, match=r"^FUND can't be extended by CORE, which moved \+34\.3 % on 2020-01-06: that"):
        extended(core=jump)
    fall = replace(CORE, low=np.array([100, 66.0, 49, 51, 51]))
    with pytest.raises(DataError, match=r"moved -34\.0 % on 2020-01-03: that leaves nothing of a fund of leverage 3$"):
        extended(core=fall, terms=replace(ROUND, leverage=3.0))


def test_a_driver_that_does_not_reach_back_is_refused() -> None:
    with pytest.raises(DataError, match=r"^FUND can't be extended by CORE, which begins 2020-01-06: its first real "):
        extended(core=CORE.rows(slice(2, None)))


def test_a_driver_that_does_not_reach_the_real_bars_is_refused() -> None:
    with pytest.raises(DataError, match=r"CORE, which ends 2020-01-06 and has nothing on 2020-01-07, the first real "):
        extended(core=CORE.rows(slice(0, 3)))


def test_a_driver_that_ends_at_the_close_before_a_real_return_is_enough() -> None:
    assert extended(before="2020-01-08", core=CORE.rows(slice(0, 4))).first_real == DATES[4]


def test_a_day_after_the_last_bar_is_refused() -> None:
    with pytest.raises(DataError, match=r"^data\.extend\.FUND\.before is 2020-01-09, after the last bar of 2020-01-08"):
        extended(before="2020-01-09")


# Opens


def test_an_index_of_closes_alone_tells_no_open() -> None:
    index = make_bars("SOX", DATES, [10, 11, 12, 11, 13], open=[10, 10, 11, 12, 11])
    driver = index_driver(index)
    assert not driver.has_open.any()
    assert same(driver.bars, index)


def test_an_index_tells_the_opens_it_has_and_a_flat_session_none() -> None:
    index = make_bars("SOX", DATES, [10, 11, 12, 11, 13], open=[10, 10.5, 12, 12, 12.5], high={1: 12.0})
    driver = index_driver(index)
    np.testing.assert_array_equal(driver.has_open, [False, True, False, False, True])
    np.testing.assert_array_equal(driver.bars.open, [10, 10.5, 11, 12, 12.5])
    np.testing.assert_array_equal([driver.bars.high[2], driver.bars.low[2]], [12, 11])


def test_opens_are_taken_from_another_instrument_s_day_where_they_are_unknown() -> None:
    index = index_driver(make_bars("SOX", DATES, [10, 11, 12, 11, 13], open=[10, 10, 11, 12, 12.5]))
    other = make_bars("CORE", DATES[2:], [50, 60, 70], open=[49, 66, 77], high=[51, 70, 80], low=[40, 54, 63])
    driver = with_opens_from(index, other)
    np.testing.assert_array_equal(driver.has_open, [False, False, True, True, True])
    np.testing.assert_allclose(driver.bars.open, [10, 10, 12 * 0.98, 11 * 1.1, 12.5])
    np.testing.assert_allclose(driver.bars.high[2:4], [12 * 1.02, 11 * 70 / 60])
    np.testing.assert_allclose(driver.bars.low[2:4], [12 * 0.8, 11 * 0.9])


def test_sessions_without_an_open_are_named() -> None:
    index = index_driver(make_bars("SOX", DATES, [100, 102, 103, 104, 105], open=[100, 100, 102.5, 103, 104]))
    made = extend(FUND, None, index, np.full(5, 0.036), ROUND)
    np.testing.assert_array_equal(made.notional, DATES[[1]])  # the fourth is real, and the first has no bar
    assert made.bars.open[0] == pytest.approx(made.bars.close[0] / (1 - 0.06 + 0.0002) * 1.0002)


# What is left open ----------------------------------------------------------------------------------------------------

SOX = {"1994-05-05": 0.004, "2006-06-23": 0.011, "2010-06-01": 0.016, "2021-08-25": 0.012}


@pytest.mark.parametrize(
    ("extension", "on_index", "terms"),
    [
        (Extension("SOXS", "SOX"), True, FundTerms(-3.0, 0.0101, 0.0065, SOX, 0.025)),
        (Extension("SOXS", "SOXX"), False, FundTerms(-3.0, 0.0101, 0.010, 0.0, 0.025)),
        (Extension("SOXL", "SOX"), True, FundTerms(3.0, 0.0075, 0.0065, SOX, 0.025)),
        (Extension("FUND", "NDX", leverage=-2.0), True, FundTerms(-2.0, 0.0101, 0.0065, 0.01, 0.025)),
        (Extension("SOXX", "SOX"), True, FundTerms(1.0, 0.0, 0.0, 0.0, 0.01)),
        (Extension("SOXX", "SMH", leverage=1.0), False, FundTerms(1.0, 0.0, 0.0, 0.0, 0.01)),
        (
            Extension("SOXX", "SOX", fee=0.0046, spread=0.001, dividend_yield=0.011, band=0.02),
            True,
            FundTerms(1.0, 0.0046, 0.001, 0.011, 0.02),
        ),
        (
            Extension("SOXS", "SOX", -2.0, fee=0.0, spread=0.0, dividend_yield=0.0, band=0.0),
            True,
            FundTerms(-2.0, 0.0, 0.0, 0.0, 0.0),
        ),
    ],
)
def test_what_is_left_open_has_its_default_and_what_is_set_stands(extension, on_index, terms) -> None:
    assert terms_of(extension, on_index=on_index) == terms


def test_dividends_of_bars_are_not_counted_twice() -> None:
    with pytest.raises(DataError, match=r"^data\.extend\.SOXS\.dividend_yield is for an index: the bars of SOXX have"):
        terms_of(Extension("SOXS", "SOXX", dividend_yield=0.01), on_index=False)


def test_no_leverage_is_no_fund() -> None:
    with pytest.raises(DataError, match=r"^data\.extend\.SOXS\.leverage can't be 0$"):
        terms_of(Extension("SOXS", "SOX", leverage=0.0), on_index=True)


def test_a_fraction_is_in_percent_as_it_is_over_the_sessions() -> None:
    sessions = days("1994-05-06", "2010-05-28")
    assert percent(0.0065, sessions) == "0.65 %"
    assert percent(SOX, sessions) == "0.4 % to 1.1 %"
    assert percent({"1990-01-01": 0.01, "2020-01-01": 0.02}, sessions) == "1 %"
