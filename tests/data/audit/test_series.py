"""Checks of series, by hand-made ones."""

import numpy as np
import pytest
from markets import days, make_series, nyse, source_of

from data.arrays import DAY, day
from data.audit.finding import ERROR, INFO, WARNING
from data.audit.run import audit

DATES = nyse("2017-01-03", 1500)
RNG = np.random.default_rng(1)
BILLS = np.round(1.0 + 1.5 * np.arange(1500) / 1500 + RNG.normal(0, 0.01, 1500), 3)


def told(name, values, dates=DATES, rates=(), first=None):
    return audit(source_of(make_series(name, dates, values)), rates=rates, first=first)


@pytest.mark.parametrize("name", ["IRX", "DTB3", "DFF", "DGS10", "TNX", "SOFR"])
def test_a_rate_in_percent_is_silent_and_a_fraction_or_basis_points_are_errors(name):
    assert not told(name, BILLS)
    for factor in (0.01, 100.0):
        (one,) = told(name, BILLS * factor)
        assert (one.id, one.severity) == (f"{name}-percent", ERROR)


def test_a_run_may_take_any_series_for_a_rate():
    assert not told("MY_RATE", BILLS / 100)
    (one,) = told("MY_RATE", BILLS / 100, rates=("MY_RATE",))
    assert one.kind == "percent"
    assert one.message == "isn't in percent a year: its yearly median is at most 0.01628, as a fraction would be"


def test_years_in_which_bills_paid_nothing_tell_nothing():
    dates = nyse("2010-01-04", 1000)
    assert not told("IRX", np.round(RNG.uniform(0.01, 0.15, 1000), 3), dates)


def test_futures_prices_of_rates_are_no_rates():
    (one,) = told("IRX", 100.0 - BILLS)
    assert one.kind == "percent"


@pytest.mark.parametrize(("name", "level", "fine"), [("VIX", 18.0, True), ("VIX", 0.18, False), ("VVIX", 18.0, False)])
def test_an_index_of_volatility_has_a_range(name, level, fine):
    values = np.round(level * np.exp(RNG.normal(0, 0.05, 1500)), 4)
    found = told(name, values)
    assert fine == (not found)
    assert fine or [(one.kind, one.severity) for one in found] == [("range", ERROR)]


def test_single_values_out_of_range_are_a_warning():
    values = np.round(18.0 * np.exp(RNG.normal(0, 0.05, 1500)), 2)
    values[[700, 800]] = [300.0, 0.5]
    found = {one.kind: one for one in told("VIX", values)}
    assert found["range"].severity == WARNING
    assert [str(date) for date in found["range"].dates] == [str(DATES[700]), str(DATES[800])]
    assert len(found["spike"].dates) == 2


def test_a_rate_spikes_by_points_not_by_parts():
    """From 0.01 to 0.03 and back is how bills trade near 0."""
    low = np.full(1000, 0.01)
    low[::7], low[::5] = 0.03, 0.02
    assert not told("IRX", low, nyse("2010-01-04", 1000))
    spiked = BILLS.copy()
    spiked[900] += 3.0
    (one,) = told("IRX", spiked)
    assert (one.id, one.severity) == (f"IRX-spike-{DATES[900]}", WARNING)


def test_values_that_count_as_known_before_their_quarter_was_over_are_told():
    quarters = np.arange("2010-01", "2020-01", 3, dtype="datetime64[M]").astype("datetime64[D]")
    growth = RNG.normal(2.0, 0.5, len(quarters))
    (one,) = told("GDP", growth, quarters)
    assert (one.id, one.severity, len(one.dates)) == ("GDP-early", WARNING, len(quarters))
    assert one.message == (
        "its dates are the first days of quarters, and it is published about 30 days after the quarter (BEA, GDP, "
        "advance estimate): with a lag of 0 sessions they count as known too early"
    )
    assert one.remedy == "import it with --lag 85, or set data.lag.GDP=85 in the run"
    assert not audit(source_of(make_series("GDP", quarters, growth, lag=85)))
    (known,) = audit(source_of(make_series("GDP", quarters, growth, known=quarters)))
    assert known.message == "its column known has days before the quarters were over"
    assert known.remedy == "correct them, or leave them if each value was set on its day, as a rate is"
    assert not audit(source_of(make_series("GDP", quarters, growth, known=quarters + 120 * DAY)))
    (later,) = told("GDP", growth, quarters, first=quarters[-4])
    assert len(later.dates) == 4
    assert not told("GDP", growth, quarters, first=quarters[-1] + DAY)


def test_a_spread_may_be_negative():
    assert not told("T10Y2Y", BILLS - 1.5)


def test_what_stands_still_is_told_unless_it_always_does():
    values = np.round(18.0 * np.exp(RNG.normal(0, 0.05, 1500)), 2)
    values[500:520] = values[500]
    (one,) = told("VIX", values)
    assert (one.kind, len(one.dates), one.first) == ("stale", 19, DATES[501])
    assert not told("DFF", np.repeat([1.16, 1.41, 1.66], 500))
    assert not told("EARNINGS", np.repeat(np.arange(15.0) + 1, 100))


def test_gaps_are_measured_by_what_is_usual():
    monthly = np.array([day("2017-01-01") + 30 * at * DAY for at in range(60)])
    assert not told("PE", np.arange(60.0) + 10, monthly)
    keep = (np.arange(1500) < 700) | (np.arange(1500) > 740)
    (one,) = told("PE", np.arange(1500.0)[keep] + 10, DATES[keep])
    assert (one.kind, one.severity, one.first) == ("gap", INFO, DATES[741])


def test_revisions_share_dates_and_are_no_fault():
    dates = days("2017-01-03", "2017-01-03", "2017-01-04")
    series = make_series("GDP", dates, [1.0, 2.0, 3.0], known=days("2017-02-01", "2017-03-01", "2017-02-02"))
    assert not audit(source_of(series))


def test_only_what_is_asked_for_is_told():
    values = np.round(18.0 * np.exp(RNG.normal(0, 0.05, 1500)), 2)
    values[900] = 100.0
    assert told("VIX", values)
    assert not told("VIX", values, first=DATES[1000])
