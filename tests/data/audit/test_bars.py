"""Checks of one instrument's bars by themselves, by hand-made ones."""

from dataclasses import replace

import numpy as np
import pytest
from markets import make_bars, nyse, source_of

from data.audit.bars import in_cents
from data.audit.finding import ERROR, INFO, WARNING
from data.audit.run import audit

DATES = nyse("2017-01-03", 600)
RNG = np.random.default_rng(1)
CLOSE = np.round(40.0 * np.exp(np.cumsum(RNG.normal(0.0, 0.01, 600))), 2)
VOLUME = np.round(RNG.uniform(1e5, 2e5, 600))


def bars(**columns):
    return make_bars("X", DATES, CLOSE, **{"high": 1.005 * CLOSE, "low": 0.995 * CLOSE, "volume": VOLUME, **columns})


def kinds(held, **asked):
    return {one.kind: one for one in audit(source_of(held), **asked)}


def test_plain_bars_are_silent():
    assert not kinds(bars())


def test_missing_sessions_are_one_line():
    keep = np.ones(600, dtype=bool)
    keep[[100, 101, 300, 400]] = False
    one = kinds(bars().rows(keep))["missing"]
    assert (one.severity, len(one.dates), one.first) == (WARNING, 4, DATES[100])
    named = f"{DATES[100]}, {DATES[101]}, {DATES[300]} and 1 more"
    assert one.message == f"4 sessions of the NYSE are missing: {named}"


def test_weekly_bars_aren_t_daily():
    one = kinds(bars().rows(slice(0, None, 5)))["missing"]
    assert (one.severity, one.message) == (ERROR, "isn't daily: 120 bars in 596 sessions")


@pytest.mark.parametrize(("factor", "told"), [(1 - 1e-7, False), (0.99, True)])
def test_a_high_below_the_close_is_told_unless_it_is_rounding(factor, told):
    held = bars(high=np.where(np.arange(600) == 50, factor * CLOSE, 1.005 * CLOSE))
    assert ("range" in kinds(held)) is told


def test_a_far_high_is_told_by_part_and_by_what_is_usual():
    held = bars(high=np.where(np.arange(600) == 50, 1.3 * CLOSE, 1.005 * CLOSE))
    assert kinds(held)["high"].first == DATES[50]
    wild = replace(held, close=np.round(40.0 * np.exp(np.cumsum(RNG.normal(0.0, 0.08, 600))), 2))
    wild = replace(wild, open=wild.close, high=wild.close * np.where(np.arange(600) == 50, 1.3, 1.005), low=wild.close)
    assert "high" not in kinds(wild)


@pytest.mark.parametrize(("count", "severity"), [(40, WARNING), (5, INFO)])
def test_no_volume_is_one_line(count, severity):
    volume = VOLUME.copy()
    volume[200 : 200 + count] = 0.0
    one = kinds(bars(volume=volume))["zero-volume"]
    assert (one.severity, len(one.dates)) == (severity, count)
    assert "yet its price moved" in one.message


def test_a_vendor_s_rounding_is_told_from_its_steps():
    volume = np.round(VOLUME / 20_000) * 20_000
    volume[100:130] = 0.0
    assert "the vendor's rounding to 20,000 shares or more" in kinds(bars(volume=volume))["zero-volume"].message


def test_volume_that_isn_t_known_is_no_fault():
    assert not kinds(bars(volume=np.full(600, np.nan)))


def test_days_without_a_trade_are_no_fault():
    flat = np.where(np.arange(600) == 50, 1.0, 1.005)
    held = bars(high=flat * CLOSE, low=CLOSE / flat, volume={row: VOLUME[row] * (row != 50) for row in range(600)})
    assert not kinds(held)


def test_billions_a_share_are_told_as_adjusted():
    fall = np.geomspace(1e8, 1.0, 600)
    one = kinds(make_bars("X", DATES, CLOSE * fall, high=1.005 * CLOSE * fall, low=CLOSE * fall, volume=VOLUME))[
        "adjusted"
    ]
    assert one.severity == WARNING
    assert one.message.startswith("costs $4.0 billion a share in 2017-01")


def test_prices_that_were_multiplied_are_no_cents():
    close = np.where(np.arange(600) < 300, CLOSE / 3, CLOSE)
    one = kinds(make_bars("X", DATES, close, volume=VOLUME, split={300: 1 / 3}))["adjusted"]
    assert (one.severity, one.first) == (INFO, DATES[0])
    assert one.message.endswith("adjusted for later splits or dividends, and no dividend is recorded")


@pytest.mark.parametrize(
    ("prices", "part"),
    [([1.25, 10.01, 99.99], 1.0), ([48 + 5 / 64, 7.125], 1.0), ([1.2345, 1.23], 0.5), ([766.04999], 1.0)],
)
def test_cents_and_64ths_are_prices_that_trade(prices, part):
    assert in_cents(np.array(prices)) == part


QUARTERLY = {100: 0.2, 160: 0.2, 220: 0.2, 340: 0.2, 400: 0.2, 460: 0.2}


@pytest.mark.parametrize(
    ("dividend", "words", "factor"),
    [
        ({300: 6.0}, "never paid or 100 times too high or 10 times too high", None),
        (QUARTERLY | {280: 2.0}, "10 times too high", 0.1),
        (QUARTERLY | {250: 6.0, 280: 0.2}, "never paid", 0.0),
        (QUARTERLY | {280: 20.0}, "100 times too high", 0.01),
    ],
    ids=["by itself", "10 times one that is due", "never due", "100 times one that is due"],
)
def test_a_dividend_out_of_size_that_the_price_didn_t_fall_by_is_mended_where_one_cause_is_clear(
    dividend, words, factor
):
    one = kinds(bars(dividend=dividend))["dividend"]
    assert one.severity == ERROR
    assert "yet the price didn't fall by it" in one.message
    assert words in (one.message if factor != 0 else "never paid")
    assert (one.repair and one.repair.factor) == factor


def test_several_dividends_out_of_size_have_a_cause_that_no_single_repair_mends():
    found = [one for one in audit(source_of(bars(dividend={100: 6.0, 160: 6.0, 220: 6.0}))) if one.kind == "dividend"]
    assert [one.repair for one in found] == [None] * 3


def test_one_that_the_price_fell_by_is_a_warning():
    fell = np.where(np.arange(600) < 300, CLOSE + 6.0, CLOSE)
    held = make_bars("X", DATES, fell, high=1.005 * fell, low=0.995 * fell, volume=VOLUME, dividend={300: 6.0})
    one = kinds(held)["dividend"]
    assert (one.severity, one.repair) == (WARNING, None)


def test_a_crash_is_no_split_for_sure():
    """-50 %, on ten times the volume: a person looks it up."""
    close = np.where(np.arange(600) < 300, CLOSE, np.round(0.5 * CLOSE, 2))
    volume = np.where(np.arange(600) == 300, 2e6, VOLUME)
    one = kinds(make_bars("X", DATES, close, high=1.005 * close, low=0.995 * close, volume=volume))["step"]
    assert (one.severity, one.repair, one.first) == (WARNING, None, DATES[300])
    assert one.message.startswith("moved -50.")


def test_a_history_of_two_bars_has_nothing_to_tell():
    assert not kinds(bars().rows(slice(0, 2)))
    assert not kinds(bars().rows(slice(0, 1)))
