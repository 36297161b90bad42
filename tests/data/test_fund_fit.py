"""Fits: a fund made by the model gives back what it was made of, and real funds what is known of them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from history import FOLDER, needs_history
from markets import MemorySource, make_bars, make_series, nyse

from data.arrays import day
from data.errors import DataError, UserError
from data.fund import fund_return
from data.fund_fit import fit
from data.rates import as_yield, days_between
from data.sources import BARS
from data.sources.csv import CsvSource
from data.sources.demo import DemoSource
from data.tracking import growth

SESSIONS = nyse("2021-06-01", 200)
CHANGED = int(np.searchsorted(SESSIONS, day("2021-08-25")))


def made(name="FUND", leverage=-3.0, fee=0.0101, spread=0.01, extra=(), under="CORE"):
    """A source of a core that distributes, and of a fund that is the model of it; further series may go with them."""
    rng = np.random.default_rng(8)
    r = rng.normal(0.0005, 0.02, 199)
    rate = make_series("IRX", SESSIONS, np.linspace(1.0, 4.0, 200))
    f = as_yield("IRX", rate.values)[:-1]
    fund = growth(fund_return(r, f, days_between(SESSIONS)[1:], leverage, fee, spread))
    shares = np.where(np.arange(200) < 100, 1.0, 0.1)  # a reverse split on row 100
    paid = dict.fromkeys((20, 120), 0.1)
    held, close = growth(r), [50.0]
    for row in range(1, 200):
        close.append(close[-1] * held[row] / held[row - 1] - paid.get(row, 0.0))
    bars = (
        make_bars(under, SESSIONS, close, dividend=paid),
        make_bars(name, SESSIONS, 40 * fund / shares, split={100: 0.1}),
    )
    return MemorySource(
        {each.instrument: each for each in bars},
        {"IRX": rate, **{each.name: each for each in extra}},
    )


# What is put in comes out


@pytest.mark.parametrize(
    ("leverage", "spread"), [(-3.0, 0.01), (-3.0, 0.0065), (3.0, 0.004), (-1.0, 0.0), (2.0, -0.01)]
)
def test_a_fund_of_the_model_is_found_out_and_kept_to(leverage: float, spread: float) -> None:
    fitted = fit(made(leverage=leverage, spread=spread), "FUND", "CORE", leverage, 0.0101)
    assert fitted.spread == pytest.approx(spread, abs=1e-12)
    assert fitted.whole.slope == pytest.approx(leverage, abs=5e-3)
    assert fitted.whole.daily_error == pytest.approx(0.0, abs=1e-12)
    assert max(abs(year.difference) for year in fitted.years) < 1e-12
    np.testing.assert_allclose(fitted.model, fitted.actual, rtol=1e-11)
    assert (fitted.index, fitted.eras) == (None, ())


def test_what_the_fee_leaves_out_is_in_the_spread() -> None:
    source = made()
    apart = fit(source, "FUND", "CORE", -3.0, 0.0).spread - fit(source, "FUND", "CORE", -3.0, 0.0101).spread
    assert apart == pytest.approx(0.0101 * 360 / 365 / 3)


def test_a_dated_fee_is_the_fee_of_its_time() -> None:
    source = made(fee=np.where(SESSIONS[1:] < day("2022-01-01"), 0.01, 0.02))
    fitted = fit(source, "FUND", "CORE", -3.0, {"2010-01-01": 0.01, "2022-01-01": 0.02})
    assert fitted.whole.daily_error == pytest.approx(0.0, abs=1e-12)
    assert fit(source, "FUND", "CORE", -3.0, 0.015).whole.daily_error > 1e-5


def test_a_constant_rate_stands_for_a_series() -> None:
    assert fit(made(), "FUND", "CORE", rate=0.025).spread == pytest.approx(0.01, abs=0.01)


def test_the_chart_begins_with_a_dollar_at_the_close_before() -> None:
    fitted, source = fit(made(), "FUND", "CORE"), made()
    core = source.read(BARS, "CORE").total_return()
    np.testing.assert_array_equal(fitted.dates, SESSIONS)
    assert [fitted.actual[0], fitted.model[0], fitted.naive[0]] == [1.0, 1.0, 1.0]
    np.testing.assert_allclose(fitted.naive[1:] / fitted.naive[:-1] - 1, -3 * (core[1:] / core[:-1] - 1), atol=1e-14)


def test_closes_outside_first_and_last_are_left_out() -> None:
    fitted = fit(made(), "FUND", "CORE", first=day("2021-09-01"), last=day("2022-01-15"))
    assert (fitted.dates[0], fitted.dates[-1]) == (day("2021-09-01"), day("2022-01-14"))
    assert (fitted.whole.first, fitted.whole.last) == (day("2021-09-02"), day("2022-01-14"))
    assert [str(year.last)[:4] for year in fitted.years] == ["2021", "2022"]


def test_sessions_that_one_of_them_lacks_are_bridged() -> None:
    source = made()
    whole = source.held_bars["FUND"]
    source.held_bars["FUND"] = whole.onto(SESSIONS[np.arange(200) != 100])  # the split is folded into row 101
    fitted = fit(source, "FUND", "CORE", -3.0, 0.0101)
    assert fitted.whole.sessions == 198
    assert fitted.spread == pytest.approx(0.01, abs=2e-3)
    assert fitted.whole.worst_on == SESSIONS[101]  # two days' move in one isn't three times it
    assert fitted.actual[-1] == pytest.approx(fit(made(), "FUND", "CORE").actual[-1])


# What isn't told is known, or taken from the slope


def test_an_unknown_fund_s_leverage_is_its_slope_rounded_and_its_fee_assumed() -> None:
    fitted = fit(made(), "FUND", "CORE")
    assert (fitted.leverage, fitted.fee) == (-3.0, 0.0101)
    assert fitted.told == (
        f"Leverage -3 is the slope of {fitted.whole.slope:.3f}, rounded.",
        "The fee of FUND isn't known: 1.01 % a year is assumed.",
    )


def test_a_known_fund_s_leverage_and_fee_are_known() -> None:
    fitted = fit(made("SQQQ", under="QQQ"), "SQQQ", "QQQ")
    assert (fitted.leverage, fitted.fee) == (-3.0, 0.0095)
    assert fitted.told == ("To stand for its index, QQQ has its fee of 0.2 % a year added back.",)
    assert fitted.eras == ()
    assert fitted.index.spread - fitted.spread == pytest.approx(-0.002 * 360 / 365, rel=1e-9)


def test_a_known_fund_on_something_else_is_a_multiple_of_that() -> None:
    assert fit(made("SQQQ", leverage=-2.0), "SQQQ", "CORE").leverage == -2.0


def test_an_index_is_taken_as_it_is() -> None:
    source = made()
    level = make_series("SPX", SESSIONS, source.read(BARS, "CORE").total_return())
    fitted = fit(made(extra=(level,)), "FUND", "SPX", fee=0.0101)
    assert fitted.spread == pytest.approx(0.01, abs=1e-12)
    assert fitted.told[0].startswith("SPX is a series, taken as it is: dividends that are not in it are in the spread.")


# An index that changed


def changing(earlier=slice(None)):
    """SOXS on SOXX, and a SOX that is SOXX's price with 2 % a year less of dividends until it goes its own way."""
    source = made("SOXS", under="SOXX")
    core = source.read(BARS, "SOXX").total_return()
    moved = core[1:] / core[:-1] - 1 - 0.02 * days_between(SESSIONS)[1:] / 365
    moved[CHANGED - 1 :] *= -1.0  # from the change on
    sox = make_series("SOX", SESSIONS[earlier], growth(moved)[earlier])
    return made("SOXS", under="SOXX", extra=(sox,))


def test_the_earlier_index_counts_until_it_changed_and_no_longer() -> None:
    fitted = fit(changing(), "SOXS", "SOXX")
    before, since = fitted.eras
    assert (before.last, since.first) == (SESSIONS[CHANGED - 1], SESSIONS[CHANGED])
    assert before.sessions + since.sessions == fitted.whole.sessions == fitted.index.sessions
    paid = 0.1 / told_close(20) * 365 / (day("2021-08-25") - SESSIONS[0]).astype(int) + 0.0046
    assert before.driver == f"SOX + {100 * paid:.2f} % dividends"
    assert since.driver == "SOXX + 0.46 % fee"
    assert before.daily_error < 1e-3  # but for the days on which dividends are counted, it is the model of SOX
    assert before.spread == pytest.approx(0.01 + (0.02 - paid) * 360 / 365, abs=1e-4)
    assert since.spread == pytest.approx(0.01 - 0.0046 * 360 / 365, abs=1e-10)
    assert f"dividends of {100 * paid:.2f} % a year are added" in fitted.told[-1]


def told_close(row):
    return changing().read(BARS, "SOXX").close[row - 1]


def test_sessions_that_the_earlier_index_lacks_are_left_out() -> None:
    fitted = fit(changing(np.delete(np.arange(200), 30)), "SOXS", "SOXX")
    assert fitted.index.sessions == fitted.whole.sessions - 1
    assert fitted.eras[0].worst_on == SESSIONS[31]
    assert fitted.eras[0].actual == pytest.approx(fit(changing(), "SOXS", "SOXX").eras[0].actual)


def test_without_the_earlier_index_the_underlying_stands_for_it_and_that_is_said() -> None:
    fitted = fit(made("SOXS", under="SOXX"), "SOXS", "SOXX")
    assert [era.driver for era in fitted.eras] == ["SOXX + 0.46 % fee"] * 2
    assert fitted.told[-1] == "There is no series SOX: SOXX stands for the index before 2021-08-25, too."


# What can't be fitted


def test_too_short_an_overlap_is_refused() -> None:
    with pytest.raises(DataError, match=r"^FUND and CORE share 21 sessions from 2022-02-14: a fit takes more than 60$"):
        fit(made(), "FUND", "CORE", first=day("2022-02-14"))


def test_no_overlap_at_all_is_refused() -> None:
    with pytest.raises(DataError, match=r"^FUND and CORE share 0 sessions from 2040-01-01 to 2041-01-01: a fit takes"):
        fit(made(), "FUND", "CORE", first=day("2040-01-01"), last=day("2041-01-01"))


@pytest.mark.parametrize("moves", [True, False])
def test_a_fund_that_does_not_follow_is_refused(moves: bool) -> None:
    noise = np.random.default_rng(9).normal(0.0, 0.0001, 200) if moves else np.zeros(200)
    source = made()
    source.held_bars["ELSE"] = make_bars("ELSE", SESSIONS, 10 + noise)
    with pytest.raises(DataError, match=r"^ELSE doesn't follow CORE: name what it is a multiple of, or its leverage$"):
        fit(source, "ELSE", "CORE")


def test_names_that_are_not_there_are_told() -> None:
    with pytest.raises(DataError, match="neither bars nor a series of CORD, did you mean CORE"):
        fit(made(), "FUND", "CORD")
    with pytest.raises(DataError, match="no bars of FUNDS"):
        fit(made(), "FUNDS", "CORE")


# The demo market


@pytest.mark.parametrize(("fund", "spread"), [("SOXS", 0.010), ("SOXL", 0.010 + (0.0101 - 0.0075) * 360 / 365 / 3)])
def test_the_demo_market_s_funds_are_what_they_were_made_of(fund: str, spread: float) -> None:
    fitted = fit(DemoSource(), fund, "SOXX")
    assert fitted.whole.slope == pytest.approx(fitted.leverage, abs=0.005)
    assert fitted.spread == pytest.approx(spread, abs=5e-4)
    assert fitted.whole.monthly_error < 0.002
    assert max(abs(year.difference) for year in fitted.years) < 0.01


# Real history


@lru_cache
def real(fund, underlying="SOXX"):
    return fit(CsvSource(FOLDER), fund, underlying)


@needs_history
def test_soxs_on_soxx_is_as_it_is_known() -> None:
    fitted = real("SOXS")
    assert (fitted.leverage, fitted.fee, fitted.whole.first) == (-3.0, 0.0101, day("2010-06-02"))
    assert fitted.whole.slope == pytest.approx(-3.002, abs=0.001)
    assert fitted.whole.slope_error < 0.003
    assert fitted.whole.r2 == pytest.approx(0.997, abs=5e-4)
    assert fitted.spread == pytest.approx(0.0103, abs=5e-4)
    assert fitted.whole.monthly_error == pytest.approx(0.007, abs=2e-4)
    assert abs(fitted.whole.monthly_mean) < 1e-4
    assert abs(fitted.whole.worst) < 0.0211
    assert fitted.whole.actual_a_year - fitted.whole.model_a_year == pytest.approx(0.0, abs=0.002)


@needs_history
def test_soxs_on_its_index_pays_the_same_spread_in_both_eras() -> None:
    fitted = real("SOXS")
    before, since = fitted.eras
    assert (before.last, since.first) == (day("2021-08-24"), day("2021-08-25"))
    assert (before.driver, since.driver) == ("SOX + 1.62 % dividends", "SOXX + 0.46 % fee")
    assert [before.spread, since.spread, fitted.index.spread] == pytest.approx([0.0068] * 3, abs=3e-4)
    assert since.slope == pytest.approx(-2.993, abs=0.001)
    assert since.r2 == pytest.approx(0.998, abs=5e-4)
    assert max(before.monthly_error, since.monthly_error, fitted.index.monthly_error) < 0.005


@needs_history
def test_soxs_keeps_to_the_model_year_by_year() -> None:
    """2010 is out: SOXX had another index until October. 2022 gained, so its points are larger."""
    apart = {int(str(year.last)[:4]): year.difference for year in real("SOXS").years}
    assert list(apart) == list(range(2010, 2027))
    assert apart[2022] == pytest.approx(-0.06, abs=0.001)
    assert max(abs(apart[year]) for year in apart if year != 2022) < 0.021
    assert max(abs(apart[year]) for year in range(2013, 2026) if year != 2022) < 0.007


@needs_history
@pytest.mark.parametrize(("years", "a_year"), [(3, -77.51), (5, -71.38), (10, -68.14)])
def test_the_fund_s_growth_is_the_issuer_s_and_the_model_s_near_it(years: int, a_year: float) -> None:
    """To 29 November 2022."""
    fitted = real("SOXS")
    last = np.searchsorted(fitted.dates, day("2022-11-29"))
    first = np.searchsorted(fitted.dates, day(f"{2022 - years}-11-29"), side="right") - 1
    actual, model = (100 * ((path[last] / path[first]) ** (1 / years) - 1) for path in (fitted.actual, fitted.model))
    assert actual == pytest.approx(a_year, abs=0.1)
    assert model == pytest.approx(a_year, abs=0.8)


@needs_history
def test_soxl_and_a_pair_that_no_one_named_are_fitted_too() -> None:
    assert real("SOXL").whole.slope == pytest.approx(2.96, abs=0.01)
    assert real("SOXL").spread == pytest.approx(0.0096, abs=5e-4)
    assert real("SOXS", "SMH").leverage == -3.0
    assert real("SOXS", "SOX").whole.slope == pytest.approx(-2.967, abs=0.005)


@pytest.mark.parametrize(
    "given",
    [
        {"leverage": 0.0},
        {"leverage": math.nan},
        {"leverage": 1e300},
        {"fee": 2.0},
        {"fee": {"2010-01-04": -9}},
        {"rate": 5},
    ],
)
def test_a_number_out_of_its_range_is_refused(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(UserError, match=f"^{name}=.*: has to be a number from "):
        fit(made(), "FUND", "CORE", **given)
